// All errors of a file, reported at once, so that a user need not start the app once for each mistake.

/// The reason why a boxfile was refused: every error found, in the file's order; at least one.
public struct BoxfileError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The most messages for one file. If there are more, the last message gives their number.
    public static let mostMessages = 50

    /// The errors, in the order of their places.
    public let messages: [BoxfileMessage]

    init(_ message: BoxfileMessage) { messages = [message] }

    init(_ first: BoxfileMessage, and others: [BoxfileMessage]) {
        let all = ([first] + others).enumerated().sorted { one, other in
            let (before, after) = (one.element.place ?? .start, other.element.place ?? .start)
            return before == after ? one.offset < other.offset : before < after
        }.map(\.element)
        let told = Array(all.prefix(Self.mostMessages))
        guard all.count > told.count, let last = told.last else {
            messages = told
            return
        }
        let rest = BoxfileMessage(
            file: last.file, place: last.place, text: "and \(all.count - told.count) more errors after this one")
        messages = told + [rest]
    }

    /// The errors, one a line.
    public var description: String { messages.map(\.description).joined(separator: "\n") }
}
