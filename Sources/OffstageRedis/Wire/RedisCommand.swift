// One command to Redis, stored as the bytes that go over the wire. It is encoded here and not by hiredis' formatter,
// which needs all words as pointers at once: a batch of two thousand words would be copied twice, and each pointer
// would have to stay valid meanwhile. The format is simple: `*` count, then for each word `$` length and the word.

/// A Redis command: words, each a string of any bytes, gathered in one buffer.
struct RedisCommand: Sendable {
    /// The maximum number of words that Redis accepts in one command.
    static let mostWords = 1 << 20

    // The words as on the wire. The line with their count precedes them, and is written when the count is final.
    private var buffer: [UInt8] = []
    /// The number of words.
    private(set) var count = 0
    /// Its name in error messages: the first word, or the script's name.
    let name: String
    /// The script that it evaluates. The connection loads it if the server does not know it.
    let script: RedisScript?

    /// Creates a command from its first words.
    init(_ words: String...) {
        name = words.first ?? ""
        script = nil
        for word in words { append(word) }
    }

    /// Creates the call of a script; appended words are its arguments.
    init(_ script: RedisScript, keys: [String]) {
        name = script.name
        self.script = script
        buffer.reserveCapacity(512)
        append("EVALSHA")
        append(script.sha)
        append(keys.count)
        for key in keys { append(key) }
    }

    /// Adds a word, copying its bytes.
    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        beginWord(bytes.count)
        buffer.append(contentsOf: bytes.bindMemory(to: UInt8.self))
        endLine()
    }

    /// Adds a word, copying its bytes.
    mutating func append(_ bytes: some Collection<UInt8>) {
        beginWord(bytes.count)
        buffer.append(contentsOf: bytes)
        endLine()
    }

    /// Adds a word: the text as UTF-8.
    mutating func append(_ text: String) {
        beginWord(text.utf8.count)
        buffer.append(contentsOf: text.utf8)
        endLine()
    }

    /// Adds a word: the number in decimal digits.
    mutating func append(_ number: Int) {
        let magnitude = number.magnitude
        beginWord(Self.digits(of: magnitude) + (number < 0 ? 1 : 0))
        if number < 0 { buffer.append(UInt8(ascii: "-")) }
        Self.appendDigits(magnitude, to: &buffer)
        endLine()
    }

    /// Its size on the wire, in bytes.
    var size: Int { buffer.count + Self.digits(of: UInt(count)) + 3 }

    /// Appends its bytes as they go over the wire.
    func write(into out: inout [UInt8]) {
        out.append(UInt8(ascii: "*"))
        Self.appendDigits(UInt(count), to: &out)
        out.append(13)
        out.append(10)
        out.append(contentsOf: buffer)
    }

    private mutating func beginWord(_ length: Int) {
        count += 1
        buffer.append(UInt8(ascii: "$"))
        Self.appendDigits(UInt(length), to: &buffer)
        endLine()
    }

    private mutating func endLine() {
        buffer.append(13)
        buffer.append(10)
    }

    private static func appendDigits(_ number: UInt, to buffer: inout [UInt8]) {
        if number < 10 {
            buffer.append(48 + UInt8(number))
            return
        }
        let end = buffer.count + digits(of: number)
        buffer.append(contentsOf: repeatElement(48, count: end - buffer.count))
        var place = end
        var rest = number
        while rest > 0 {
            place -= 1
            buffer[place] = 48 + UInt8(rest % 10)
            rest /= 10
        }
    }

    private static func digits(of number: UInt) -> Int {
        var count = 1
        var rest = number / 10
        while rest > 0 {
            count += 1
            rest /= 10
        }
        return count
    }
}
