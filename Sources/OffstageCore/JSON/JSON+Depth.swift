// One limit for all who store JSON. Arguments are bytes and need not be JSON, so the limit holds only for those that
// are: what is nested deeper could be enqueued by one way in and not by another, and would be shown as text.

extension JSON {
    /// Throws if the bytes are JSON that is nested deeper than `Limits.nesting`; bytes that are no JSON pass.
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

    /// Whether more brackets are open at once than the limit allows, if the bytes are JSON.
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
