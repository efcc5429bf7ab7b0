// Decides what follows from a child's end, given how the process ended and what it had written on its board. It is a
// pure function, because the cases are many and each affects other users' jobs. If the worker had ended in order, its
// post is closed or filled again, whatever status its program then ends with. Only a process that dies at work is a
// crash.

import OffstageSystem

/// The verdict on an ended child.
struct Inquest: Sendable {
    /// How far the worker had come, as recorded on the board.
    enum Course: UInt64, Sendable {
        /// Its `run` is still going on, or the process died during it.
        case working = 0
        /// Its `run` returned.
        case finished = 1
        /// Its `run` threw.
        case failed = 2
    }

    /// How the process ended: an exit status from 0 to 255, or 256 + n for the signal n.
    var ending: Int
    /// Whether the foreman has killed it for not stopping.
    var wasKilled = false
    var course = Course.working
    /// Whether the store has taken back everything the worker held.
    var hasRetired = false
    /// Whether it has done as many jobs as it may.
    var hasServed = false
    /// Whether a handler was ever started.
    var hasRun = false
    /// Whether the store may know the worker.
    var isKnown = false

    init(ending: Int) { self.ending = ending }

    /// Whether its worker had stopped, so that none of its work is missing.
    var hasStopped: Bool { course == .finished || course == .working && hasRetired }

    /// Whether it was ended in a way that blames no job: killed by the foreman, or by SIGTERM, SIGINT or SIGHUP.
    private var wasDismissed: Bool {
        wasKilled || [SIGTERM, SIGINT, SIGHUP].contains { Int($0) + 256 == ending }
    }

    /// Whether what ran in it has crashed.
    var isCrash: Bool { !hasStopped && course == .working && !wasDismissed }

    /// Whether its death must be reported to the store, because it may still hold jobs.
    var isToBeReported: Bool { isKnown && !hasRetired }

    /// What its end means for the post.
    var ended: Roster.Ending {
        hasStopped ? .finished(replace: hasServed) : .died(hadJobs: isCrash && hasRun)
    }
}
