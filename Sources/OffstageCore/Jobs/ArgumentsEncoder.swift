// How a job's value becomes bytes. The same value must become the same bytes in every process and at every time, for an
// enqueue with the same id again, or a child's by a parent that runs again, is told from a different job by its bytes.
// JSONEncoder writes members in an order that changes from one call to the next unless it is told to sort them.
#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Encodes a job's arguments, the same bytes for the same value; throws what the value's own encoding throws.
package enum ArgumentsEncoder {
    package static func encode(_ value: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return [UInt8](try encoder.encode(value))
    }
}
