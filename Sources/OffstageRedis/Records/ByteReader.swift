// Replies from the server are checked as they are read: a record that is too short or broken is an error of one line,
// never a crash.
import OffstageCore

/// Reads a record.
struct ByteReader {
    /// The error for a malformed record.
    static let broken = StoreError.failed("a record in Redis is broken: something else has written under these keys")

    private let raw: UnsafeRawBufferPointer
    private(set) var at = 0

    init(_ raw: UnsafeRawBufferPointer) { self.raw = raw }

    /// How many bytes are left.
    var left: Int { raw.count - at }

    mutating func number<Number: FixedWidthInteger>(_ type: Number.Type = Number.self) throws -> Number {
        let size = MemoryLayout<Number>.size
        guard left >= size else { throw Self.broken }
        defer { at += size }
        return Number(bigEndian: raw.loadUnaligned(fromByteOffset: at, as: Number.self))
    }

    mutating func slice(_ count: Int) throws -> UnsafeRawBufferPointer {
        guard count >= 0, left >= count else { throw Self.broken }
        defer { at += count }
        return UnsafeRawBufferPointer(rebasing: raw[at..<at + count])
    }

    mutating func bytes(_ count: Int) throws -> [UInt8] { Array(try slice(count)) }

    mutating func text(_ count: Int) throws -> String { String(decoding: try slice(count), as: UTF8.self) }

    /// Reads bytes with a 32-bit length before them.
    mutating func sized() throws -> UnsafeRawBufferPointer { try slice(Int(try number(UInt32.self))) }

    /// Reads a text with an 8-bit length before it.
    mutating func short() throws -> String { try text(Int(try number(UInt8.self))) }

    mutating func id() throws -> JobID { JobID(high: try number(), low: try number()) }

    mutating func moment() throws -> Timestamp { Timestamp(kept: try number()) }

    /// Reads a moment; 0 becomes nil.
    mutating func optionalMoment() throws -> Timestamp? {
        let microseconds = try number(Int64.self)
        return microseconds == 0 ? nil : Timestamp(kept: microseconds)
    }

    mutating func skip(_ count: Int) throws { _ = try slice(count) }
}
