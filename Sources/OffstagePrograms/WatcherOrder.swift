// What other threads tell the watcher's thread.
import OffstageSystem

/// An order for the watcher's thread.
enum WatcherOrder: Sendable {
    case start(UInt64, ProgramLaunch, ProgramChannel)
    case stop(UInt64)
    /// Check again which channels have room.
    case look
    /// End when no program runs.
    case close
}

typealias WatcherMailbox = Mailbox<WatcherOrder>
