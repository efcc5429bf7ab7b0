// The words of one Redis command, one after the other in memory that the next command reuses. The bare loop writes
// thirteen words for each job that it drains, and their cost must not come from Swift.

/// The words of a command for a bare connection.
struct BareWords {
    private(set) var bytes: [UInt8] = []
    private(set) var lengths: [Int] = []

    /// Starts another command.
    mutating func begin(_ words: String...) {
        bytes.removeAll(keepingCapacity: true)
        lengths.removeAll(keepingCapacity: true)
        for word in words { add(word) }
    }

    /// Adds a word.
    mutating func add(_ text: String) {
        bytes.append(contentsOf: text.utf8)
        lengths.append(text.utf8.count)
    }

    /// Adds a word.
    mutating func add(_ word: ArraySlice<UInt8>) {
        bytes.append(contentsOf: word)
        lengths.append(word.count)
    }

    /// Adds a word that consists of two parts.
    mutating func add(_ first: ArraySlice<UInt8>, _ second: ArraySlice<UInt8>) {
        bytes.append(contentsOf: first)
        bytes.append(contentsOf: second)
        lengths.append(first.count + second.count)
    }

    /// Adds a word that consists of a number's eight bytes, big-endian, and the bytes of `rest`.
    mutating func add(_ number: UInt64, _ rest: ArraySlice<UInt8> = []) {
        withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
        bytes.append(contentsOf: rest)
        lengths.append(8 + rest.count)
    }
}
