// Lists and maps in one column are JSON text, so that a person can read them in the sqlite3 shell.
import OffstageCore

enum ColumnTexts {
    static func list(_ words: [String]) -> String? {
        guard !words.isEmpty else { return nil }
        var writer = JSONWriter()
        writer.beginArray()
        for word in words { writer.string(word) }
        writer.endArray()
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    static func list(_ text: String?) -> [String] {
        guard let text, case .array(let items) = try? JSON.parse(text) else { return [] }
        return items.compactMap(\.stringValue)
    }

    static func map(_ facts: [String: String]) -> String? {
        guard !facts.isEmpty else { return nil }
        var writer = JSONWriter()
        writer.beginObject()
        for key in facts.keys.sorted() { writer.member(key, facts[key]) }
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    static func map(_ text: String?) -> [String: String] {
        guard let text, case .object(let members) = try? JSON.parse(text) else { return [:] }
        return Dictionary(members.map { ($0.name, $0.value.stringValue ?? "") }, uniquingKeysWith: { $1 })
    }

    static func errors(_ errors: [JobError]) -> String? {
        guard !errors.isEmpty else { return nil }
        var writer = JSONWriter()
        writer.beginArray()
        for error in errors {
            writer.beginObject()
            writer.member("at", Int(error.at.microseconds))
            writer.member("attempt", error.attempt)
            writer.member("kind", error.kind.rawValue)
            writer.member("message", error.message)
            writer.endObject()
        }
        writer.endArray()
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    static func errors(_ text: String?) -> [JobError] {
        guard let text, case .array(let items) = try? JSON.parse(text) else { return [] }
        return items.map { item in
            JobError(
                at: Timestamp(microseconds: Int64(item["at"]?.integerValue ?? 0)),
                attempt: item["attempt"]?.integerValue ?? 0,
                kind: item["kind"]?.stringValue.flatMap(FailureKind.init(rawValue:)) ?? .failed,
                message: item["message"]?.stringValue ?? "")
        }
    }
}
