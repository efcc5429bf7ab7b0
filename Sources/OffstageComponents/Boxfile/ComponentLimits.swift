// What a component may use of the machine. What is not set is not limited by the file.

/// The `limits` of a component.
public struct ComponentLimits: Sendable, Hashable {
    /// Most bytes of memory of one process and its children; nil is no limit.
    public var memoryBytes: Int?
    /// Its share of the CPU when there is not enough for all, relative to the others; 100 is the usual one.
    public var cpuShare: Int?
    /// Most files and sockets that one process may have open; nil is the machine's own limit.
    public var openFiles: Int?

    /// No limits.
    public init() {}

    /// The bounds of `memory`: 1 MiB to 1 TiB.
    public static let memoryRange = (1 << 20)...(1 << 40)
    /// The bounds of `cpu_share`, those of a cgroup's weight.
    public static let cpuShareRange = 1...10_000
    /// The bounds of `open_files`.
    public static let openFilesRange = 16...1_048_576
}
