// One line of a file that is read line by line.

/// A line of a file.
struct Line {
    /// Its number, from 1.
    var number: Int
    /// Its bytes without the line's end; empty if it is too long.
    var bytes: ArraySlice<UInt8>
    /// Whether it was longer than the reader keeps.
    var isTooLong = false

    /// Whether there is nothing on it but white space.
    var isBlank: Bool { !isTooLong && bytes.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D } }
}
