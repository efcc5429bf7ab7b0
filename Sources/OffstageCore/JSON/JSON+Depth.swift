// One limit for all places that store JSON. Arguments are bytes and need not be JSON, so the limit applies only to
// those that are. Otherwise deeper JSON could be enqueued in one way and not in another, and it would be shown as text.

extension JSON {
    /// Throws if the bytes are JSON that is nested deeper than `Limits.nesting`; accepts bytes that are not JSON.
    package static func checkDepth(_ bytes: [UInt8], _ what: String) throws(InvalidJob) {
        // Each level takes two brackets.
        guard bytes.count > 2 * Limits.nesting, bytes.withUnsafeBufferPointer(isDeep) else { return }
        do throws(JSONError) {
            try validate(bytes, maxDepth: JSONParser.hardLimit)
        } catch {
            guard error.message == JSONParser.tooDeep(JSONParser.hardLimit) else { return }
        }
        throw InvalidJob("\(what) are nested deeper than \(Limits.nesting) levels")
    }

    /// Returns whether more brackets are open at once than the limit allows, provided that the bytes are JSON.
    private static func isDeep(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        var depth = 0
        var index = bytes.firstIndex { $0 != 0x20 && !(0x09...0x0D).contains($0) } ?? bytes.count
        guard index < bytes.count, bytes[index] == UInt8(ascii: "{") || bytes[index] == UInt8(ascii: "[") else {
            return false
        }
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                if depth > Limits.nesting { return true }
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            case UInt8(ascii: "\""):
                index += 1
                while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
                    index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
                }
            default: break
            }
            index += 1
        }
        return false
    }
}
