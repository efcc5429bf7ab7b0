// What the watcher's thread is told by others.
import OffstageSystem

/// An order for the watcher's thread.
enum WatcherOrder: Sendable {
    case start(UInt64, ProgramLaunch, ProgramChannel)
    case stop(UInt64)
    /// Look at the channels again.
    case look
    /// End when no program runs.
    case close
}

typealias WatcherMailbox = Mailbox<WatcherOrder>
