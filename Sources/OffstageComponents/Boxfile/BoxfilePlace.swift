// A place in the file, counted as an editor counts. Everything read from the file carries its place, so that an error
// found later, even by comparison with another part, can point at it.

/// A place in a file: line and column, both counted from 1, the column in characters.
public struct BoxfilePlace: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The line, from 1.
    public let line: Int
    /// The column in characters (Unicode scalars), from 1.
    public let column: Int

    /// Creates the place.
    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    /// The first character of a file.
    public static let start = BoxfilePlace(line: 1, column: 1)

    /// Orders by line, then by column.
    public static func < (one: BoxfilePlace, other: BoxfilePlace) -> Bool {
        (one.line, one.column) < (other.line, other.column)
    }

    /// The place in the form of compiler messages: `12:5`.
    public var description: String { "\(line):\(column)" }
}
