// One line of a file.

/// A line of a file.
struct Line {
    /// The line number, from 1.
    var number: Int
    /// The bytes without the line end; empty if the line is too long.
    var bytes: ArraySlice<UInt8>
    /// Whether the line was longer than the reader keeps.
    var isTooLong = false

    /// Whether the line contains only white space.
    var isBlank: Bool { !isTooLong && bytes.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D } }
}
