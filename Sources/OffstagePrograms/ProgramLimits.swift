// A program may write as much as it likes. These limits bound what is kept, so that no output fills this process's
// memory.

/// How much of a program's output is kept, in bytes.
public struct ProgramLimits: Sendable, Hashable {
    /// The limit for standard output, which is the result; the rest is read and dropped.
    public var outputBytes = 64 << 10
    /// The limit for the end of standard error, which goes into the error message.
    public var errorTailBytes = 4 << 10
    /// The limit for one line of standard error; longer lines are reported in pieces.
    public var errorLineBytes = 4 << 10
    /// The limit for one line on descriptor 3 that is not a checkpoint; longer lines are reported as bad.
    public var reportLineBytes = 4 << 10
    /// The limit for a checkpoint.
    public var checkpointBytes = 1 << 20

    /// Creates the default limits.
    public init() {}
}
