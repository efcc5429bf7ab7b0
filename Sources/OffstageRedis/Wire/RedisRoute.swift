// How a call finds its server. There are two kinds: one master, either fixed or named by Sentinels; and a cluster,
// where each slot has its master.
import OffstageCore

/// Knows which connection serves a slot.
protocol RedisRoute: AnyObject, Sendable {
    /// Learns what must be known before the first call. Throws `unusable` or `busy` when the deadline passes, in
    /// microseconds of the client's clock.
    func learn(until deadline: Int64) async throws
    /// Hands a call to the connection that serves its slot and role.
    func send(_ exchange: Exchange)
    /// Makes a connection that listens to what the slot's master publishes.
    func subscribe(slot: Int, hooks: RedisConnection.Hooks) -> RedisConnection
    /// Checks whether all keys of a slot are on the master that serves it.
    func inspect(slot: Int) async -> SlotState
    /// Returns where the slot's calls currently go, for display.
    func address(slot: Int) -> String
    /// Closes all connections as soon as their calls are answered. Returns when that is done.
    func close() async
    /// Starts closing them and returns at once.
    func shut()
}

/// Whether a slot is in one piece.
enum SlotState: Sendable, Hashable {
    /// Its master has all its keys.
    case whole
    /// The slot is moving from one node to another, or it could not be confirmed that it is not. Holds the reason.
    case open(String)
}
