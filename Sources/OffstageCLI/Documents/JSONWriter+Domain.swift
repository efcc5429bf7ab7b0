// How the domain's small values stand in documents: times as RFC 3339 in UTC, durations as seconds, ids as text.
import OffstageCore

extension JSONWriter {
    /// Writes a member whose value is a time, or null.
    mutating func member(_ name: String, _ time: Timestamp?) {
        member(name, time?.description)
    }

    /// Writes a member whose value is a job's id, or null.
    mutating func member(_ name: String, _ id: JobID?) {
        member(name, id?.description)
    }

    /// Writes a member whose value is a number of seconds made of microseconds, or null.
    mutating func member(_ name: String, seconds microseconds: Int64?) {
        member(name, microseconds.map { Double($0) / 1_000_000 })
    }

    /// Writes a member whose value is JSON if the bytes are that, else the bytes as a string; null without bytes.
    mutating func member(_ name: String, payload bytes: [UInt8]?) {
        key(name)
        guard let bytes else { return null() }
        if (try? JSON.validate(bytes)) != nil {
            raw(bytes)
        } else {
            string(String(decoding: bytes, as: UTF8.self))
        }
    }

    /// Writes a member whose value is an object of strings, in the order of their names.
    mutating func member(_ name: String, _ pairs: [String: String]) {
        key(name)
        beginObject()
        for (name, value) in pairs.sorted(by: { $0.key < $1.key }) { member(name, value) }
        endObject()
    }
}
