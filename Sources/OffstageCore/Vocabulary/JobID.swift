// A job's name for its whole life: a version 7 UUID, made by the enqueuer before the store is asked. That makes
// enqueueing idempotent: a caller that lost the reply sends the same id again. The time in the first 48 bits keeps
// neighbours together in every index. The ids of a job's children are derived from the parent's id, so a parent that
// runs again names the same children again.

/// A job's identifier, a UUID made by the enqueuer.
public struct JobID: Hashable, Sendable, Comparable {
    /// The first eight bytes, most significant first.
    public let high: UInt64
    /// The last eight bytes, most significant first.
    public let low: UInt64

    /// Creates an identifier from its two halves.
    @inlinable
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Makes a version 7 UUID: 48 bits of Unix time in milliseconds, then 74 random bits (RFC 9562, section 5.7).
    public init(at time: Timestamp, random: (UInt64, UInt64)) {
        let milliseconds = UInt64(max(0, time.microseconds / 1000)) & 0xFFFF_FFFF_FFFF
        high = milliseconds << 16 | 0x7000 | (random.0 & 0x0FFF)
        low = 0x8000_0000_0000_0000 | (random.1 >> 2)
    }

    /// Derives a child's identifier from its parent's and a key: the parent's time, then 74 bits of SHA-256(parent,
    /// key).
    public init(childOf parent: JobID, key: String) {
        var material = parent.bytes
        material.append(contentsOf: Array(key.utf8))
        let digest = SHA256.hash(material)
        let first = digest[0..<8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let second = digest[8..<16].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        high = (parent.high & ~0xFFFF) | 0x7000 | (first & 0x0FFF)
        low = 0x8000_0000_0000_0000 | (second >> 2)
    }

    /// The 12 bits after the version, from 0 to 4095. A store that is spread over partitions finds the job's partition
    /// by them.
    @inlinable
    public var home: Int { Int(high & 0x0FFF) }

    /// Returns the identifier with these 12 bits after the version and everything else unchanged.
    @inlinable
    public func moved(to home: Int) -> JobID {
        JobID(high: (high & ~0x0FFF) | (UInt64(truncatingIfNeeded: home) & 0x0FFF), low: low)
    }

    /// Orders identifiers as their bytes, which for version 7 is by time.
    @inlinable
    public static func < (a: JobID, b: JobID) -> Bool { a.high != b.high ? a.high < b.high : a.low < b.low }

    /// The sixteen bytes.
    public var bytes: [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 16) { buffer, count in
            for i in 0..<8 {
                buffer[i] = UInt8(truncatingIfNeeded: high >> UInt64(56 - 8 * i))
                buffer[8 + i] = UInt8(truncatingIfNeeded: low >> UInt64(56 - 8 * i))
            }
            count = 16
        }
    }
}

extension JobID: LosslessStringConvertible, Codable {
    /// The usual text of 36 characters in lower case.
    public var description: String {
        String(unsafeUninitializedCapacity: 36) { buffer in
            var at = 0
            for index in 0..<32 {
                if index == 8 || index == 12 || index == 16 || index == 20 {
                    buffer[at] = UInt8(ascii: "-")
                    at += 1
                }
                let half = index < 16 ? high : low
                let digit = UInt8(truncatingIfNeeded: half >> UInt64(60 - 4 * (index % 16))) & 0xF
                buffer[at] = digit < 10 ? 48 + digit : 87 + digit
                at += 1
            }
            return 36
        }
    }

    /// Reads the text of 36 characters, in either case; returns nil for anything else.
    public init?(_ text: String) {
        var halves: (UInt64, UInt64) = (0, 0)
        var digits = 0
        var position = 0
        for byte in text.utf8 {
            defer { position += 1 }
            if position == 8 || position == 13 || position == 18 || position == 23 {
                guard byte == UInt8(ascii: "-") else { return nil }
                continue
            }
            guard let digit = hexDigit(byte), digits < 32 else { return nil }
            if digits < 16 { halves.0 = halves.0 << 4 | digit } else { halves.1 = halves.1 << 4 | digit }
            digits += 1
        }
        guard digits == 32, position == 36 else { return nil }
        self.init(high: halves.0, low: halves.1)
    }

    /// Reads the text form.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let id = JobID(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a UUID")
        }
        self = id
    }

    /// Writes the text form.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

package func hexDigit(_ byte: UInt8) -> UInt64? {
    switch byte {
    case 48...57: UInt64(byte - 48)
    case 97...102: UInt64(byte - 87)
    case 65...70: UInt64(byte - 55)
    default: nil
    }
}
