// What every store does, as plain code; docs/stores.md describes this model in words. It is synchronous and uses no
// lock, no thread and no clock: the time is set before each verb, and everything follows from that and from the calls
// made so far. A job itself decides what happens to it (OffstageCore, Life.swift). Each verb has a file. This one
// contains the state and `save`, which keeps the lines correct and handles what a job's end means for other jobs.
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
    /// How long records are kept.
    var retention: Retention { options.retention }

    /// All records.
    var jobs: [JobID: StoredJob] = [:]
    /// The last acceptance number.
    var lastSeq: Int64 = 0
    /// The jobs that wait for a worker, in order.
    var lines: [Lane: MemoryLine] = [:]
    /// The jobs under a lease.
    var leased: Set<JobID> = []
    /// The holders of unique keys.
    var keys: [UniqueKey: Hold] = [:]
    /// Ids whose records were removed: callers' own ids, with a digest, and others that may be sent again.
    var tombstones: [JobID: Tombstone] = [:]
    /// The paused queues, which give out no jobs.
    var paused: Set<String> = []
    /// The known workers.
    var workers: [WorkerID: Crew] = [:]
    /// Until when workers have the turn to run a suspect of a crash, by the lease clock.
    var turns: [WorkerID: Int64] = [:]
    /// The return queues.
    var returns: [String: ReturnQueue] = [:]
    /// The last number and the last nonce given to an announcement.
    var lastAnnouncement: Int64 = 0
    var lastNonce: Int64 = 0
    /// What ended, by minute and type.
    var minutes: [HistoryKey: HistoryRow] = [:]
    /// Writes refused for a stale token.
    var staleRefused = 0
    /// The lanes in which jobs became reservable since this was last emptied; the store wakes a waiter for each.
    var reservable: [Lane] = []

    init(_ options: StoreOptions) {
        leaseTime = options.lease.microseconds
        self.options = options
    }

    /// The lease time, which stands still while the store cannot be used.
    var leaseNow: Int64 { leaseClock?.now(at: monotonic) ?? monotonic }

    /// Records a write: the lease clock advances. Every verb of a job's life begins with it.
    mutating func moveLeaseClock() {
        var clock = leaseClock ?? LeaseClock(at: monotonic, lease: .microseconds(leaseTime))
        _ = clock.advance(to: monotonic)
        leaseClock = clock
    }

    /// Stores a job, and adds it to a line, moves it or removes it, depending on its state.
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

    /// Lets a job decide what happens to it. An event that cannot happen is a bug in the model.
    func decide<Answer>(_ body: () throws -> Answer) -> Answer {
        do { return try body() } catch { preconditionFailure("\(error)") }
    }

    /// Stores a decision with all its consequences: the end of a job frees the job that waits for it, and is announced
    /// and counted.
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

    /// Removes a record. A caller's own id is remembered for a while after the job's end. Any id of a job that ended
    /// just now is also remembered, because its enqueuer may send it again.
    mutating func forget(_ job: StoredJob) {
        let id = job.record.id
        if let standing = standing(of: job) { leave(standing) }
        jobs[id] = nil
        let ended = job.record.finishedAt ?? now
        var until = options.acceptedIDEnd(endedAt: ended, now: now)
        if job.callerChoseID { until = max(until, ended + retention.callerIDAge) }
        // A period that has already passed is not started; otherwise a clock that is set back would revive it.
        guard until > now else { return }
        // A job that was removed before its end must not run, so a repeated enqueue finds it cancelled.
        tombstones[id] = Tombstone(
            digest: job.callerChoseID ? job.digest : nil,
            state: job.record.state.isEnded ? job.record.state : .cancelled, until: until)
    }

    /// Returns a job's line and place, if it waits for a worker.
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

/// What is left of a job whose record was removed.
struct Tombstone {
    /// The digest of the request, for an id that the caller chose; nil for any other id, which no other caller makes.
    let digest: UInt64?
    let state: JobState
    let until: Timestamp
}
