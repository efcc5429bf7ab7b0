// Splits what comes from a pipe into lines, in bounded memory whatever the input is.

/// Bytes that are not a complete line yet.
struct LineBuffer {
    /// A piece of output.
    enum Piece: Equatable {
        /// A line without its newline; with `.split` possibly a piece of a long line.
        case line([UInt8])
        /// The beginning of a line that was too long and is dropped up to its newline.
        case overlong([UInt8])
    }

    /// What happens to a line over its limit.
    enum Excess {
        case split
        case drop
    }

    /// A higher limit for lines that begin with certain bytes.
    struct Exception {
        var start: [UInt8]
        var limit: Int
    }

    let limit: Int
    let excess: Excess
    let exception: Exception?
    private var line: [UInt8] = []
    private var isDropping = false

    /// Whether a line has begun whose end has not arrived.
    var isInLine: Bool { !line.isEmpty || isDropping }

    init(limit: Int, excess: Excess, exception: Exception? = nil) {
        self.limit = limit
        self.excess = excess
        self.exception = exception
    }

    /// Takes bytes and emits each line that they complete.
    mutating func feed(_ bytes: ArraySlice<UInt8>, _ emit: (Piece) -> Void) {
        var rest = bytes
        while let newline = rest.firstIndex(of: UInt8(ascii: "\n")) {
            append(rest[..<newline], emit)
            endLine(emit)
            rest = rest[(newline + 1)...]
        }
        append(rest, emit)
    }

    /// Emits what is left as the last line.
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
