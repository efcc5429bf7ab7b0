// The heart of a worker, without any I/O: which slots run what, what is prefetched, which ends wait to be settled,
// and what the reserver does next. Methods change the state and return what is to be done; the Dispatcher holds this
// under a lock and acts outside it.
//
// A job's way: `deliver` puts it into the buffer, `take` into a slot, `finish` turns it into a settlement in the
// outbox, `plan` moves that into a call to the store, `settled` forgets it. Until then it is held: it is on every
// renewal, however it will have ended.
import OffstageCore

/// What a worker holds and what happens next.
struct DispatchState: Sendable {
    /// Where the reserver is.
    enum Reserver: Sendable {
        /// Busy, or about to look again.
        case working
        /// In the store's waiter: nothing is due.
        case awaitingNews
        /// Until a handler ends: there is no room.
        case awaitingWork
    }

    /// Whom to wake, and which slots' handlers to cancel.
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
    /// What the call under way settles.
    var inFlight: [Settlement] = []
    /// The number of the next lease.
    var nextCounter: UInt64 = 1
    /// The first number the call under way may grant; nil without one.
    var callCounter: UInt64?
    /// Leases below this number were answered or lost before the last heartbeat.
    var answeredBefore: UInt64 = 1
    /// Whether a reply with leases may have been lost since the last renewal.
    var mayHaveLostReply = false

    var reserver = Reserver.working
    var isQuiet = false
    var isClosing = false
    var isStoreFailing = false
    /// The store had nothing more when it was last asked, and nothing has happened since.
    var isDrained = false
    /// When the next job is due, in microseconds from the last reservation, if it said so.
    var nextDue: Int64?
    /// The last reservation brought less than asked for, so that the next may bring nothing.
    var expectsNothing = true
    var suspects: SuspectWatch
    var starts = StartLimit()
    var rate: FinishRate
    /// Handlers that ended since the reserver last came round.
    var finished = 0
    /// Whether slots had nothing to run when the last reservation arrived.
    var ranDry = false
    /// Jobs went back though slots were free: the runners get no time to run. Nothing is reserved until one of them
    /// has shown itself.
    var isStalled = false
    /// When Deadlines wakes by itself; `Int64.max` for never.
    var armedUntil = Int64.max

    init(slots: Int, timings: Timings) {
        self.timings = timings
        running = [RunningJob?](repeating: nil, count: slots)
        suspects = SuspectWatch(timings.suspects, patience: timings.suspectPatience, room: timings.suspectRoom)
        rate = FinishRate(windowMicroseconds: timings.prefetchWindow)
    }

    /// How many leases the worker holds, those being settled left out.
    var holding: Int { runningCount + buffer.count }

    /// Gives a free slot the next job.
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

    /// The next prefetched job whose lease is surely good. After the process was frozen, somebody else may run the
    /// others.
    private mutating func nextTrusted(at now: Int64, wake: inout Wake) -> BufferedJob? {
        while let next = buffer.popFirst() {
            if now < next.leaseFrom + timings.leaseTrusted { return next }
            post(.unstarted(next.job), wake: &wake)
        }
        return nil
    }

    /// Records that a slot's job has ended; answers whether the runner was told to stop and must be replaced.
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

    /// Puts a settlement where the reserver finds it.
    mutating func post(_ settlement: Settlement, wake: inout Wake) {
        outbox.append(settlement)
        wakeReserver(&wake)
    }

    mutating func wakeReserver(_ wake: inout Wake) {
        guard reserver != .working else { return }
        wake.reserver = reserver
        reserver = .working
    }

    /// Stops reserving, and gives back what has not started.
    mutating func quiet(wake: inout Wake) -> [JobID] {
        isQuiet = true
        let unstarted = buffer.remove { _ in true }
        for buffered in unstarted { outbox.append(.unstarted(buffered.job)) }
        wakeReserver(&wake)
        return unstarted.map(\.job.id)
    }
}
