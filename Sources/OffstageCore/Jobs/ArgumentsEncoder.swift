// How a job's value becomes bytes. The same value must become the same bytes in every process and at any time: when an
// id is enqueued again, or a parent that runs again enqueues its child again, the bytes tell whether it is the same
// job. Unless JSONEncoder is told to sort members, their order changes from call to call.
#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Encodes a job's arguments, with the same bytes for the same value. Throws what the value's own encoding throws.
package enum ArgumentsEncoder {
    package static func encode(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return [UInt8](try encoder.encode(value))
    }
}
