// One sequence of bytes for all ways of writing the same value, so the hash of a job's arguments does not depend on who
// wrote them. It follows RFC 8785, except that numbers keep all their digits and names are ordered by code points.

extension JSON {
    /// Returns the value's canonical bytes: equal for any two texts that mean the same.
    ///
    /// Members are sorted by the UTF-8 bytes of their names, which is the order of code points. There is no white
    /// space. Strings escape only quotes, backslashes and control characters. Numbers have one spelling: 1, 1.0 and 1e0
    /// are all 1, and integers of any length stay exact.
    public func canonical() -> [UInt8] {
        var writer = JSONWriter()
        writeCanonical(to: &writer)
        return writer.bytes
    }

    private func writeCanonical(to writer: inout JSONWriter) {
        switch self {
        case .number(let text):
            writer.raw(JSONNumber.normalised(text).utf8)
        case .array(let elements):
            writer.beginArray()
            for element in elements { element.writeCanonical(to: &writer) }
            writer.endArray()
        case .object(let members):
            writer.beginObject()
            for member in members.sorted(by: { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }) {
                writer.key(member.name)
                member.value.writeCanonical(to: &writer)
            }
            writer.endObject()
        case .null, .bool, .string:
            writer.value(self)
        }
    }
}
