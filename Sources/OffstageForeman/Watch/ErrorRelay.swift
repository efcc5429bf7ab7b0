// Forwards what a child writes to its standard error, in whole lines so that the lines of several children do not mix.
// It also keeps the end of the output, because that contains the reason when the child dies.

/// One child's standard error.
struct ErrorRelay {
    private static let kept = 64 << 10
    private static let longest = 64 << 10

    private var tail: [UInt8] = []
    /// The beginning of a line whose end has not arrived.
    private var begun: [UInt8] = []

    /// The last 64 KiB.
    var lastWords: [UInt8] { Array(tail.suffix(Self.kept)) }
    /// Whether bytes are held back that should not wait for long.
    var holdsBack: Bool { !begun.isEmpty }

    /// Takes bytes. Returns what to forward now.
    mutating func take(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        tail += bytes
        if tail.count > 2 * Self.kept { tail.removeFirst(tail.count - Self.kept) }
        guard let end = bytes.lastIndex(of: 10) else {
            begun += bytes
            return begun.count > Self.longest ? flush() : []
        }
        let whole = begun + bytes[...end]
        begun = Array(bytes[(end + 1)...])
        return whole
    }

    /// Returns what is held back.
    mutating func flush() -> [UInt8] {
        defer { begun = [] }
        return begun
    }
}
