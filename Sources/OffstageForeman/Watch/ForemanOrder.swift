// What other threads tell the foreman's thread.
import OffstageSystem

/// An order for the foreman's thread.
enum ForemanOrder: Sendable {
    case advance(Roster.Stage)
    /// The report of a death has ended, successfully or not; with how many of the jobs are suspects.
    case reported(suspects: Int)
}

typealias ForemanMailbox = Mailbox<ForemanOrder>
