// A component's limits on the machine's resources. The file does not limit what it does not set.

/// The `limits` of a component.
public struct ComponentLimits: Sendable, Hashable {
    /// The most bytes of memory of one process and its children; nil means no limit.
    public var memoryBytes: Int?
    /// Its share of the CPU when there is not enough for all, relative to the other components; 100 is the usual share.
    public var cpuShare: Int?
    /// The most files and sockets that one process may have open; nil means the machine's own limit.
    public var openFiles: Int?

    /// Creates limits that limit nothing.
    public init() {}

    /// The bounds of `memory`: 1 MiB to 1 TiB.
    public static let memoryRange = (1 << 20)...(1 << 40)
    /// The bounds of `cpu_share`, those of a cgroup's weight.
    public static let cpuShareRange = 1...10_000
    /// The bounds of `open_files`.
    public static let openFilesRange = 16...1_048_576
}
