// What a benchmark run is told: how much, over what, and how to make and reach a fresh store of the kind that is
// measured.
public import OffstageCore

/// The settings of a benchmark run.
public struct BenchSettings: Sendable {
    /// How many jobs each part handles.
    public var jobs = 100_000
    /// Bytes of each job's arguments, at least 16.
    public var payloadBytes = 64
    /// How many jobs the draining worker runs at once.
    public var concurrency = 16
    /// How many tasks store single jobs at once.
    public var tasks = 64
    /// How many pick-ups are timed.
    public var pickups = 500
    /// How long the idle worker is watched.
    public var idle = Duration.seconds(5)
    /// The backlogs in front of which draining is timed.
    public var backlogs = [10_000, 1_000_000]
    /// How this program is started again as the idle worker: its arguments. Where the store is it finds in the
    /// environment, in OFFSTAGE_STORE, because arguments are there for everybody to see and an address has passwords.
    public var peerArguments: [String] = []

    /// The defaults.
    public init() {}
}

/// Makes fresh stores to measure, and cleans up after them.
public protocol BenchTarget: Sendable {
    /// Opens a new, empty store that keeps `keep` completed jobs.
    func open(_ name: String, keep: Int) async throws -> any Store
    /// The address by which another process opens the store of this name, with its password.
    func location(_ name: String) -> String
    /// How many bytes the store of this name takes, durable log not counted; nil if it is a server's.
    func bytes(_ name: String) -> Int?
    /// What the server has used since it began; nil if there is none.
    func usage() async throws -> ServerUsage?
    /// Stores and then completes jobs in a bare loop over the backing itself, and answers both rates in jobs a second.
    func raw(jobs: Int, arguments: [UInt8], keep: Int) async throws -> (enqueue: Double, drain: Double)?
    /// Sends messages with nothing around them, a while apart, to a process that runs `BareWakePeer` at the location of
    /// this name.
    func sendBare(_ name: String, count: Int) async throws
    /// Removes the store of this name, which is closed.
    func remove(_ name: String) async
    /// Removes everything the target has made.
    func cleanUp() async
}

/// What a store's server has used.
public struct ServerUsage: Sendable {
    /// CPU time of the server's process, in microseconds.
    public var cpuMicroseconds: Double
    /// Bytes of memory that it holds for data, now.
    public var bytes: Int
}
