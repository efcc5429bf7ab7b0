// The documents that the command line prints with --json and that a page shows, as pure functions from values to bytes.
// A document is one JSON object on one line, without a line feed at the end. Names are snake_case, absent values are
// null, and times are RFC 3339 UTC with six decimals. Every member is always present, in this order. Members may be
// added at the end; none is ever removed.
//
// Arguments, results and checkpoints are bytes that belong to the app. If they are JSON, the document contains them
// byte for byte, except that line breaks between tokens become spaces. Otherwise, if they are text, it contains them as
// a JSON string, and if they are not, as {"base64": "…"}. (JSON with a repeated name, or nested more than 128 deep,
// counts as text.)
import OffstageCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The JSON documents of the command line and the monitor.
public enum Documents {
    static func object(_ capacity: Int = 256, _ body: (inout JSONWriter) -> Void) -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: capacity)
        writer.beginObject()
        body(&writer)
        writer.endObject()
        return writer.bytes
    }
}

extension JSONWriter {
    /// Writes a member whose value is bytes of unknown kind, or null.
    mutating func member(_ name: String, bytes: [UInt8]?) {
        key(name)
        guard let bytes else { return null() }
        if (try? JSON.validate(bytes)) != nil {
            rawInLine(bytes)
        } else if let text = String(validating: bytes, as: UTF8.self) {
            string(text)
        } else {
            beginObject()
            member("base64", Data(bytes).base64EncodedString())
            endObject()
        }
    }

    /// Writes a member whose value is a moment, or null.
    mutating func member(_ name: String, _ moment: Timestamp?) { member(name, moment?.description) }

    /// Writes a member whose value is an object of strings, ordered by name.
    mutating func member(_ name: String, _ facts: [String: String]) {
        key(name)
        beginObject()
        for (name, value) in facts.sorted(by: { $0.key < $1.key }) { member(name, value) }
        endObject()
    }

    /// Writes a member whose value is a time in seconds, or null.
    mutating func member(_ name: String, seconds duration: Duration?) {
        member(name, duration.map { Double($0.microseconds) / 1_000_000 })
    }

    /// Writes a member whose value is a time in milliseconds, or null.
    mutating func member(_ name: String, milliseconds duration: Duration?) {
        member(name, duration.map { Double($0.microseconds) / 1000 })
    }

    /// Writes a member for each state, in the order of a job's life.
    mutating func members(byState counts: [Int]) {
        for state in JobState.allCases { member(state.name, counts[state.rawValue]) }
    }
}
