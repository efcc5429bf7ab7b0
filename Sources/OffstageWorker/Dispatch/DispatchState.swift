// The core of a worker, without any I/O: which slot runs which job, what is prefetched, which ended attempts wait to be
// settled, and what the reserver does next. Methods change the state and return what to do. The Dispatcher holds this
// state under a lock and acts outside the lock.
//
// A job's path: `deliver` puts it into the buffer, `take` into a slot, `finish` turns it into a settlement in the
// outbox, `plan` moves that into a call to the store, and `answered` forgets it. Until then the lease is held and
// renewed, however the attempt ended.
import OffstageCore

/// What a worker holds and what it does next.
struct DispatchState: Sendable {
    /// What the reserver is doing.
    enum Reserver: Sendable {
        /// Working, or about to check again.
        case working
        /// Waiting in the store's waiter, because nothing is due.
        case awaitingNews
        /// Waiting for a handler to end, because there is no room.
        case awaitingWork
    }

    /// What to wake, and which slots' handlers to cancel.
    struct Wake: Sendable, Equatable {
        var reserver: Reserver?
        var deadlines = false
        var nothingRuns = false
        var cancelled: [Int] = []
    }

    let timings: Timings
    var running: [RunningJob?]
    var runningCount = 0
    var buffer = JobBuffer()
    var outbox: [Settlement] = []
    /// The settlements in the current call.
    var inFlight: [Settlement] = []
    /// The counter of the next lease.
    var nextCounter: UInt64 = 1
    /// The first counter that the current call may grant; nil if there is no call.
    var callCounter: UInt64?
    /// Leases below this counter were delivered or lost before the last heartbeat.
    var answeredBefore: UInt64 = 1
    /// Whether a reply with leases may have been lost since the last renewal.
    var mayHaveLostReply = false

    var reserver = Reserver.working
    var isQuiet = false
    var isClosing = false
    var isStoreFailing = false
    /// Whether the store had no more jobs at the last call, and nothing has happened since.
    var isDrained = false
    /// When the next job is due, in microseconds from the last reservation, if the store reported it.
    var nextDue: Int64?
    /// Whether the last reservation returned fewer jobs than requested, so the next may return none.
    var expectsNothing = true
    var suspects: SuspectWatch
    var starts = StartLimit()
    var rate: FinishRate
    /// How many handlers have ended since the reserver's last plan.
    var finished = 0
    /// Whether slots were idle when the last reservation arrived.
    var ranDry = false
    /// Jobs were handed back although slots were free, because the runners got no time to run. Nothing is reserved
    /// until a runner asks for a job again.
    var isStalled = false
    /// When Deadlines wakes by itself; `Int64.max` for never.
    var armedUntil = Int64.max

    init(slots: Int, timings: Timings) {
        self.timings = timings
        running = [RunningJob?](repeating: nil, count: slots)
        suspects = SuspectWatch(timings.suspects, patience: timings.suspectPatience, room: timings.suspectRoom)
        rate = FinishRate(windowMicroseconds: timings.prefetchWindow)
    }

    /// How many leases the worker holds, without those of ended jobs.
    var holding: Int { runningCount + buffer.count }

    /// Gives a free slot the next job; nil if there is none.
    mutating func take(_ slot: Int, at now: Int64, wake: inout Wake) -> ReservedJob? {
        precondition(running[slot] == nil, "a slot runs one job at a time")
        if isStalled {
            isStalled = false
            wakeReserver(&wake)
        }
        guard let next = nextTrusted(at: now, wake: &wake) else { return nil }
        let job = RunningJob(next, at: now)
        var moment = min(job.deadline, job.leaseFrom + timings.leaseTrusted)
        if !job.isNoted { moment = min(moment, now + timings.noteStartAfter) }
        if moment < armedUntil {
            armedUntil = moment
            wake.deadlines = true
        }
        running[slot] = job
        runningCount += 1
        return next.job
    }

    /// The next prefetched job whose lease is certainly valid. If the process was frozen, other workers may run the
    /// rest, which are handed back.
    private mutating func nextTrusted(at now: Int64, wake: inout Wake) -> BufferedJob? {
        while let next = buffer.popFirst() {
            if now < next.leaseFrom + timings.leaseTrusted { return next }
            post(.unstarted(next.job), wake: &wake)
        }
        return nil
    }

    /// Records that a slot's job has ended. Returns whether the runner was told to stop and must be replaced.
    mutating func finish(_ slot: Int, _ settlement: Settlement, wake: inout Wake) -> Bool {
        guard let job = running[slot] else { preconditionFailure("a slot that runs nothing cannot finish") }
        running[slot] = nil
        runningCount -= 1
        finished += 1
        if runningCount == 0 {
            wake.nothingRuns = isQuiet
            if buffer.isEmpty { suspects.nothingRuns() }
        }
        post(settlement, wake: &wake)
        return job.stop != nil
    }

    /// Queues a settlement for the reserver.
    mutating func post(_ settlement: Settlement, wake: inout Wake) {
        outbox.append(settlement)
        wakeReserver(&wake)
    }

    mutating func wakeReserver(_ wake: inout Wake) {
        guard reserver != .working else { return }
        wake.reserver = reserver
        reserver = .working
    }

    /// Stops reserving and hands back the jobs that have not started. Returns them.
    mutating func quiet(wake: inout Wake) -> [JobID] {
        isQuiet = true
        let unstarted = buffer.remove { _ in true }
        for buffered in unstarted { outbox.append(.unstarted(buffered.job)) }
        wakeReserver(&wake)
        return unstarted.map(\.job.id)
    }
}
