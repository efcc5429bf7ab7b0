// Numbers in the records are big-endian, so that Redis sorts them as bytes. The scripts read the same layouts with
// Lua's struct library. `Scripts/records.lua` and the other scripts describe each layout once.
import OffstageCore

/// Writes a record.
struct ByteWriter {
    private(set) var bytes: [UInt8] = []

    init(capacity: Int = 0) { bytes.reserveCapacity(capacity) }

    /// Discards what was written and keeps the memory.
    mutating func clear() { bytes.removeAll(keepingCapacity: true) }

    mutating func add(_ number: some FixedWidthInteger) {
        withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func add(_ moment: Timestamp) { add(moment.capped) }

    mutating func add(_ id: JobID) {
        add(id.high)
        add(id.low)
    }

    mutating func add(_ text: String) { bytes.append(contentsOf: text.utf8) }

    mutating func add(_ raw: [UInt8]) { bytes.append(contentsOf: raw) }

    /// Adds bytes with a 32-bit length before them.
    mutating func addSized(_ raw: [UInt8]) {
        add(UInt32(raw.count))
        add(raw)
    }

    /// Adds a short text with an 8-bit length before it.
    mutating func addShort(_ text: String) {
        add(UInt8(truncatingIfNeeded: text.utf8.count))
        add(text)
    }

    /// Adds a time as nine bytes: 0 now, 1 a delay, 2 a moment, then its microseconds.
    mutating func add(_ when: When) {
        switch when {
        case .now:
            add(UInt8(0))
            add(Int64(0))
        case .after(let delay):
            add(UInt8(1))
            add(min(max(0, delay.microseconds), Timestamp.never))
        case .at(let moment):
            add(UInt8(2))
            add(moment)
        }
    }
}

extension Timestamp {
    /// The latest time that a script can handle, in the year 2255: Lua's numbers are exact up to here. It represents
    /// the latest possible time.
    static let never: Int64 = (1 << 53) - 1

    /// The microseconds as stored.
    var capped: Int64 { min(microseconds, Self.never) }

    /// Reads stored microseconds.
    init(kept: Int64) { self.init(microseconds: kept >= Self.never ? .max : kept) }
}
