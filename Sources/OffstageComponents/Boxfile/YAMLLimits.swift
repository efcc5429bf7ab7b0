// The limits on a file's size, in every dimension. A real boxfile stays far below them; they ensure that a hostile file
// costs no more than reading it.

/// The limits of a YAML file.
struct YAMLLimits: Sendable, Hashable {
    /// The most bytes of the file: 1 MiB.
    var bytes = 1 << 20
    /// The most levels of nesting.
    var depth = 32
    /// The most values of the tree; each alias counts as all values that it stands for.
    var nodes = 10_000
}
