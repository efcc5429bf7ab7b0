// What the foreman's thread is told by others.
import OffstageSystem

/// An order for the foreman's thread.
enum ForemanOrder: Sendable {
    case advance(Roster.Stage)
    /// A death was reported, or will not be; with how many of its jobs are suspects.
    case reported(suspects: Int)
}

typealias ForemanMailbox = Mailbox<ForemanOrder>
