// How a call finds its server. Two kinds: one master, be it fixed or the one that Sentinels name; and a cluster, where
// each slot has its master.
import OffstageCore

/// Knows which connection serves a slot.
protocol RedisRoute: AnyObject, Sendable {
    /// Finds out what has to be known before the first call. Throws `unusable` or `busy` when the deadline, on the
    /// client's clock, is over.
    func learn(until deadline: Int64) async throws
    /// Hands a call to the connection that serves its slot and role.
    func send(_ exchange: Exchange)
    /// Makes a connection that listens to what the slot's master publishes.
    func subscribe(slot: Int, hooks: RedisConnection.Hooks) -> RedisConnection
    /// Looks whether all keys of a slot lie on the master that serves it.
    func inspect(slot: Int) async -> SlotState
    /// Where the slot's calls go now, for people.
    func address(slot: Int) -> String
    /// Ends all connections as soon as their calls are answered, and waits for that.
    func close() async
    /// Begins to end them, and waits for nothing.
    func shut()
}

/// Whether a slot is in one piece.
enum SlotState: Sendable, Hashable {
    /// Its master has all its keys.
    case whole
    /// It is on the way from one node to another, or nobody can say that it is not; why.
    case open(String)
}
