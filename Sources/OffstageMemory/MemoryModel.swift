// What every store does, as plain code: docs/stores.md is this model in words. It is synchronous and knows no lock, no
// thread and no clock of its own: the time is set before each verb, and everything follows from that and the calls
// made so far. What becomes of a job, it decides itself (OffstageCore, Life.swift). Each verb has a file; this one
// holds the state and `save`, which keeps the lines right and sees to what an end means for others.
import OffstageCore

/// The state of a store in memory.
struct MemoryModel {
    /// The wall clock's now.
    var now = Timestamp(microseconds: 0)
    /// The monotonic clock's now, in microseconds.
    var monotonic: Int64 = 0
    /// How long a lease lasts, in microseconds.
    let leaseTime: Int64
    /// The clock that leases run by; nil before the first write.
    var leaseClock: LeaseClock?
    let options: StoreOptions
    /// How long things are kept.
    var retention: Retention { options.retention }

    /// Every record there is.
    var jobs: [JobID: StoredJob] = [:]
    /// The last acceptance number.
    var lastSeq: Int64 = 0
    /// The jobs that wait for a worker, in their order.
    var lines: [Lane: MemoryLine] = [:]
    /// The jobs under a lease.
    var leased: Set<JobID> = []
    /// Who holds which unique key.
    var keys: [UniqueKey: Hold] = [:]
    /// Ids whose records have gone: callers' own, with a digest, and others that may be sent again.
    var tombstones: [JobID: Tombstone] = [:]
    /// The queues that give out nothing.
    var paused: Set<String> = []
    /// The workers that were heard of.
    var workers: [WorkerID: Crew] = [:]
    /// Until when workers have the turn to run a suspect of a crash, by the monotonic clock.
    var turns: [WorkerID: Int64] = [:]
    /// The return queues.
    var returns: [String: ReturnQueue] = [:]
    /// The last number and nonce given to an announcement.
    var lastAnnouncement: Int64 = 0
    var lastNonce: Int64 = 0
    /// What ended, by minute and type.
    var minutes: [HistoryKey: HistoryRow] = [:]
    /// Writes refused for a stale token.
    var staleRefused = 0
    /// The lanes that jobs became reservable in since this was last emptied; the store wakes somebody for each.
    var reservable: [Lane] = []

    init(_ options: StoreOptions) {
        leaseTime = options.lease.microseconds
        self.options = options
    }

    /// The lease time, which stands still while nobody can use the store.
    var leaseNow: Int64 { leaseClock?.now(at: monotonic) ?? monotonic }

    /// Notes that somebody writes: the lease clock moves on. Every verb of a job's life begins with it.
    mutating func moveLeaseClock() {
        var clock = leaseClock ?? LeaseClock(at: monotonic, lease: .microseconds(leaseTime))
        _ = clock.advance(to: monotonic)
        leaseClock = clock
    }

    /// Writes a job down, and puts it in line, moves it or takes it out as its state asks.
    mutating func save(_ job: StoredJob) {
        let id = job.record.id
        let old = jobs[id].flatMap(standing)
        let new = standing(of: job)
        jobs[id] = job
        if job.lease != nil { leased.insert(id) } else { leased.remove(id) }
        guard old != new else { return }
        if let old { leave(old) }
        if let new {
            lines[new.lane, default: MemoryLine()].insert(new.place)
            if new.isDue(at: now), !paused.contains(new.lane.queue) { reservable.append(new.lane) }
        }
    }

    /// Lets a job decide what becomes of it. An event that cannot happen is a fault of the model.
    func decide<Answer>(_ body: () throws -> Answer) -> Answer {
        do { return try body() } catch { preconditionFailure("\(error)") }
    }

    /// Writes a decision down with all that it means: the end of a job frees whoever waits for it, is announced and
    /// counted.
    mutating func save(_ job: StoredJob, after turn: LifeTurn) {
        save(job)
        switch turn {
        case .goesOn: break
        case .failed(let ran): count(.retryable, of: job.record.type, ran: ran)
        case .ended(let ran):
            unlink(job)
            if job.unique?.release != .window || job.key.flatMap({ keys[$0]?.successor }) != nil { giveUp(job) }
            announce(job, as: job.record.state)
            count(job.record.state, of: job.record.type, ran: ran)
        }
    }

    /// Takes a record away; a caller's own id is remembered for a while after the job's end, and any id of a job that
    /// ended just now, for its enqueuer may send it again.
    mutating func forget(_ job: StoredJob) {
        let id = job.record.id
        if let standing = standing(of: job) { leave(standing) }
        jobs[id] = nil
        let ended = job.record.finishedAt ?? now
        var until = options.acceptedIDEnd(endedAt: ended, now: now)
        if job.callerChoseID { until = max(until, ended + retention.callerIDAge) }
        // What is over already is not begun, or a clock that is put back would show it.
        guard until > now else { return }
        // Who removed a job before its end meant that it shall not run: to a repeated enqueue it is cancelled.
        tombstones[id] = Tombstone(
            digest: job.callerChoseID ? job.digest : nil,
            state: job.record.state.isEnded ? job.record.state : .cancelled, until: until)
    }

    /// A job's line and place, if it waits for a worker.
    private func standing(of job: StoredJob) -> Standing? {
        guard job.record.state.isWaiting else { return nil }
        let record = job.record
        let lane = Lane(
            queue: record.queue, type: record.type, priority: record.priority, isSuspect: record.isSuspect,
            isTimed: record.state != .available)
        return Standing(lane: lane, place: Place(runAt: record.runAt, seq: job.seq, id: record.id))
    }

    private mutating func leave(_ standing: Standing) {
        lines[standing.lane]?.remove(standing.place)
        if lines[standing.lane]?.first == nil { lines[standing.lane] = nil }
    }

    private struct Standing: Equatable {
        let lane: Lane
        let place: Place

        func isDue(at now: Timestamp) -> Bool { !lane.isTimed || place.runAt <= now }
    }
}

/// What is left of a job whose record has gone.
struct Tombstone {
    /// What was asked for under an id that the caller chose; nil for any other id, which nobody else makes.
    let digest: UInt64?
    let state: JobState
    let until: Timestamp
}
