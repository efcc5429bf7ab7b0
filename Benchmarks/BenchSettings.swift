// The settings of a benchmark run, and the protocol to make and reach fresh stores of the kind that is measured.
public import OffstageCore

/// The settings of a benchmark run.
public struct BenchSettings: Sendable {
    /// The number of jobs that each part handles.
    public var jobs = 100_000
    /// The size of each job's arguments in bytes, at least 16.
    public var payloadBytes = 64
    /// The number of jobs that the draining worker runs at once.
    public var concurrency = 16
    /// The number of tasks that store single jobs at once.
    public var tasks = 64
    /// The number of timed pick-ups.
    public var pickups = 500
    /// How long the idle worker is observed.
    public var idle = Duration.seconds(5)
    /// The backlogs with which draining is timed.
    public var backlogs = [10_000, 1_000_000]
    /// The arguments that start this program again as the idle worker. That process gets the store's location from the
    /// environment, in OFFSTAGE_STORE, because every user can read arguments and an address may contain a password.
    public var peerArguments: [String] = []

    /// Creates the default settings.
    public init() {}
}

/// Makes fresh stores to measure, and cleans up after them.
public protocol BenchTarget: Sendable {
    /// Opens a new, empty store that keeps `keep` completed jobs.
    func open(_ name: String, keep: Int) async throws -> any Store
    /// Returns the address by which another process opens the store of this name, including its password.
    func location(_ name: String) -> String
    /// Returns the size in bytes of the store of this name, without its durable log; nil for a store on a server.
    func bytes(_ name: String) -> Int?
    /// Returns what the server has used since it started; nil if there is no server.
    func usage() async throws -> ServerUsage?
    /// Stores and then completes jobs in a bare loop over the backing itself. Returns both rates in jobs per second;
    /// nil if there is no such loop.
    func raw(jobs: Int, arguments: [UInt8], keep: Int) async throws -> (enqueue: Double, drain: Double)?
    /// Sends messages with nothing around them, a while apart, to a process that runs `BareWakePeer` at the location of
    /// this name.
    func sendBare(_ name: String, count: Int) async throws
    /// Removes the store of this name, which is closed.
    func remove(_ name: String) async
    /// Removes everything that the target has made.
    func cleanUp() async
}

/// The resources that a store's server has used.
public struct ServerUsage: Sendable {
    /// CPU time of the server's process, in microseconds.
    public var cpuMicroseconds: Double
    /// The memory that it currently holds for data, in bytes.
    public var bytes: Int
}
