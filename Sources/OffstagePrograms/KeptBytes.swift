// Two ways to keep a bounded part of an unbounded stream: its head, which is a result, and its tail, which shows what
// went wrong last.

/// The first bytes of a stream, and how many there were.
struct HeadBytes {
    let limit: Int
    private var bytes: [UInt8] = []
    private var total = 0

    init(limit: Int) { self.limit = limit }

    /// Takes the next bytes. One byte more than the limit is kept, because it may be the newline that does not count.
    mutating func feed(_ more: ArraySlice<UInt8>) {
        total += more.count
        let room = limit + 1 - bytes.count
        if room > 0 { bytes.append(contentsOf: more.prefix(room)) }
    }

    /// The stream up to the limit, without one newline at its end, and whether there was more.
    var value: (bytes: [UInt8], truncated: Bool) {
        var kept = bytes
        if total == bytes.count, kept.last == UInt8(ascii: "\n") { kept.removeLast() }
        let truncated = total > bytes.count || kept.count > limit
        if kept.count > limit { kept.removeLast(kept.count - limit) }
        return (kept, truncated)
    }
}

/// The last bytes of a stream.
struct TailBytes {
    let limit: Int
    private var bytes: [UInt8] = []

    init(limit: Int) { self.limit = limit }

    /// Takes the next bytes.
    mutating func feed(_ more: ArraySlice<UInt8>) {
        bytes.append(contentsOf: more.suffix(limit))
        if bytes.count > limit { bytes.removeFirst(bytes.count - limit) }
    }

    /// The text without trailing white space, and without the rest of a character that was cut in two.
    var text: String {
        let whole = bytes.count == limit ? bytes.drop { $0 & 0xC0 == 0x80 } : bytes[...]
        let end = whole.lastIndex { $0 > 32 }.map { $0 + 1 } ?? whole.startIndex
        return String(decoding: whole[..<end], as: UTF8.self)
    }
}
