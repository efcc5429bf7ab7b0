// What is wrong with a text that should have been JSON, and where, as an editor counts lines and columns. A person has
// to find the place in a file that may have a million lines.

/// The reason why bytes are not acceptable JSON, and the place of the error.
public struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The line of the place, from 1; only line feeds end a line.
    public var line: Int
    /// The column of the place, from 1, counted in Unicode characters (code points), not in bytes.
    public var column: Int
    /// The place, as a number of bytes from the start.
    public var offset: Int
    /// What is wrong, in a few words, without the place.
    public var message: String

    /// Makes an error for the byte at `offset` of `bytes`.
    init(_ message: String, at offset: Int, of bytes: UnsafeBufferPointer<UInt8>) {
        var line = 1
        var column = 1
        for byte in bytes.prefix(offset) {
            if byte == 0x0A {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
        }
        self.line = line
        self.column = column
        self.offset = offset
        self.message = message
    }

    /// The place and the message in one line.
    public var description: String { "line \(line), column \(column): \(message)" }
}
