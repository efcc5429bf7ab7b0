// Cuts what comes from a pipe into lines, in bounded memory whatever comes.

/// Bytes that have not become a line yet.
struct LineBuffer {
    /// What came out.
    enum Piece: Equatable {
        /// A line without its newline, or with `.split` a piece of a long one.
        case line([UInt8])
        /// The beginning of a line that was too long and is thrown away up to its newline.
        case overlong([UInt8])
    }

    /// What becomes of a line over its limit.
    enum Excess {
        case split
        case drop
    }

    /// Lines that begin in a certain way may be longer.
    struct Exception {
        var start: [UInt8]
        var limit: Int
    }

    let limit: Int
    let excess: Excess
    let exception: Exception?
    private var line: [UInt8] = []
    private var isDropping = false

    /// Whether a line has begun whose end has not come.
    var isInLine: Bool { !line.isEmpty || isDropping }

    init(limit: Int, excess: Excess, exception: Exception? = nil) {
        self.limit = limit
        self.excess = excess
        self.exception = exception
    }

    /// Takes bytes and gives out each line that they complete.
    mutating func feed(_ bytes: ArraySlice<UInt8>, _ emit: (Piece) -> Void) {
        var rest = bytes
        while let newline = rest.firstIndex(of: UInt8(ascii: "\n")) {
            append(rest[..<newline], emit)
            endLine(emit)
            rest = rest[(newline + 1)...]
        }
        append(rest, emit)
    }

    /// Gives out what is left as a last line.
    mutating func finish(_ emit: (Piece) -> Void) {
        if !line.isEmpty { endLine(emit) }
    }

    private mutating func append(_ part: ArraySlice<UInt8>, _ emit: (Piece) -> Void) {
        guard !isDropping else { return }
        line.append(contentsOf: part)
        switch excess {
        case .split:
            while line.count > limit {
                emit(.line(Array(line[..<limit])))
                line.removeFirst(limit)
            }
        case .drop:
            guard line.count > limit, line.count > exceptionalLimit else { return }
            emit(.overlong(Array(line.prefix(80))))
            line = []
            isDropping = true
        }
    }

    private mutating func endLine(_ emit: (Piece) -> Void) {
        if !isDropping { emit(.line(line)) }
        line.removeAll(keepingCapacity: line.count <= limit)
        isDropping = false
    }

    private var exceptionalLimit: Int {
        guard let exception, line.starts(with: exception.start) else { return 0 }
        return exception.limit
    }
}
