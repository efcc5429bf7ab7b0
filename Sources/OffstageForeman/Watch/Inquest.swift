// What follows from a child's end, from how the process ended and what it had written on its board: a pure function,
// because the cases are many and each decides over other people's jobs. A worker that has come to its end in order
// has its post closed or filled again whatever status its program then ends with; only what dies at work is a crash.

import OffstageSystem

/// The judgement on an ended child.
struct Inquest: Sendable {
    /// How far the worker had come, as the board's word says it.
    enum Course: UInt64, Sendable {
        /// It lives, or died in the middle of it.
        case working = 0
        /// Its run returned.
        case finished = 1
        /// Its run threw.
        case failed = 2
    }

    /// How the process ended: 0...255 an exit status, 256 + n the signal n.
    var ending: Int
    /// Whether the foreman has killed it for not stopping.
    var wasKilled = false
    var course = Course.working
    /// Whether the store has taken back all that the worker held.
    var hasRetired = false
    /// Whether it has done as many jobs as it may.
    var hasServed = false
    /// Whether a handler was ever started.
    var hasRun = false
    /// Whether the store may know of the worker.
    var isKnown = false

    init(ending: Int) { self.ending = ending }

    /// Whether its worker was done, so that nothing it was to do is missing.
    var hasStopped: Bool { course == .finished || course == .working && hasRetired }

    /// Whether somebody ended it as processes are ended who are not to blame.
    private var wasDismissed: Bool {
        wasKilled || [SIGTERM, SIGINT, SIGHUP].contains { Int($0) + 256 == ending }
    }

    /// Whether what ran in it has crashed.
    var isCrash: Bool { !hasStopped && course == .working && !wasDismissed }

    /// Whether the store must hear of it: it may still hold jobs.
    var isToBeReported: Bool { isKnown && !hasRetired }

    /// What it means for the post.
    var ended: Roster.Ending {
        hasStopped ? .finished(replace: hasServed) : .died(hadJobs: isCrash && hasRun)
    }
}
