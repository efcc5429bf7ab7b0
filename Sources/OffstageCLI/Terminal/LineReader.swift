// Cuts a file into lines and holds at most one piece of the file and one line. A line that is too long is reported as
// such and skipped.

/// A reader of lines.
struct LineReader: ~Copyable {
    private static let pieceSize = 256 * 1024

    private let file: InputFile
    private let limit: Int
    private var buffer: [UInt8] = []
    private var start = 0
    private var number = 0
    private var isSkipping = false
    private var isAtEnd = false
    private var bytesTaken = 0

    /// The fraction of the file that has been read; nil if it has no size.
    var fraction: Double? { file.size.map { Double(bytesTaken) / Double(max(1, $0)) } }

    /// Creates a reader that keeps lines of up to `limit` bytes.
    init(file: consuming InputFile, limit: Int) {
        self.file = file
        self.limit = limit
    }

    /// Returns the next line; nil at the end.
    mutating func next() throws(CommandFailure) -> Line? {
        var searched = start
        while true {
            if let end = buffer[searched...].firstIndex(of: 0x0A) { return take(upTo: end, then: end + 1) }
            searched = buffer.count
            if buffer.count - start > limit {
                isSkipping = true
                buffer.removeAll(keepingCapacity: true)
                (start, searched) = (0, 0)
            }
            if isAtEnd {
                guard start < buffer.count || isSkipping else { return nil }
                return take(upTo: buffer.count, then: buffer.count)
            }
            let piece = try file.read(Self.pieceSize)
            isAtEnd = piece.isEmpty
            bytesTaken += piece.count
            buffer.removeSubrange(..<start)
            searched -= start
            start = 0
            buffer += piece
        }
    }

    private mutating func take(upTo end: Int, then next: Int) -> Line {
        number += 1
        let isTooLong = isSkipping || end - start > limit
        let line = Line(number: number, bytes: isTooLong ? [] : buffer[start..<end], isTooLong: isTooLong)
        isSkipping = false
        start = next
        return line
    }
}
