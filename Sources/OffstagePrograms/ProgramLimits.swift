// A program may say as much as it likes; these are the bounds of what is kept, so that no output fills this process'
// memory.

/// How much of what a program says is kept, in bytes.
public struct ProgramLimits: Sendable, Hashable {
    /// Of standard output, which is the result; the rest is read and thrown away.
    public var outputBytes = 64 << 10
    /// Of the end of standard error, for the error message.
    public var errorTailBytes = 4 << 10
    /// Of one line of standard error; longer ones are told in pieces.
    public var errorLineBytes = 4 << 10
    /// Of one line on descriptor 3 that is no checkpoint; longer ones are bad.
    public var reportLineBytes = 4 << 10
    /// Of a checkpoint.
    public var checkpointBytes = 1 << 20

    /// The limits the project ships with.
    public init() {}
}
