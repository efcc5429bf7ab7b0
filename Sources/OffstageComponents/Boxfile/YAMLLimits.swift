// How large a file may be, in each way in which a file can be large. A boxfile that people write stays far below; the
// limits are there so that a hostile one costs no more than reading it.

/// The bounds of a YAML file.
struct YAMLLimits: Sendable, Hashable {
    /// Most bytes of the file: 1 MiB.
    var bytes = 1 << 20
    /// How deep values may stand within each other.
    var depth = 32
    /// Most values of the tree, each alias counted as all that it stands for.
    var nodes = 10_000
}
