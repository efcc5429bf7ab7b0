// The names of components: `web.main`, `worker.mail`, `data.queue`. The kind decides what a component may do. The name
// after the dot becomes part of folders, log prefixes and environment variables, so its form is restricted.

/// The kind of a component.
public enum ComponentKind: String, Sendable, Hashable, CaseIterable {
    /// Serves requests from outside.
    case web
    /// Works in the background; nothing from outside reaches it.
    case worker
    /// Keeps what the others share: a queue, a database, files.
    case data
}

/// The full name of a component, such as `worker.main`.
public struct ComponentName: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The part before the dot.
    public let kind: ComponentKind
    /// The part after the dot: `[A-Za-z][A-Za-z0-9_-]{0,31}`.
    public let name: String

    /// Creates the name; nil if the text is not `KIND.NAME` with a known kind and a valid name.
    public init?(_ text: String) {
        guard let dot = text.firstIndex(of: "."), let kind = ComponentKind(rawValue: String(text[..<dot])) else {
            return nil
        }
        let name = String(text[text.index(after: dot)...])
        guard Self.isWellFormed(name) else { return nil }
        self.kind = kind
        self.name = name
    }

    /// Returns whether a text can be the name of a component or of one of its processes.
    static func isWellFormed(_ name: String) -> Bool {
        guard (1...32).contains(name.utf8.count), let first = name.utf8.first, isLetter(first) else { return false }
        return name.utf8.allSatisfy { isLetter($0) || ($0 >= 48 && $0 <= 57) || $0 == 95 || $0 == 45 }
    }

    /// The rule for names, as part of a message.
    static let shape = "begin with a letter and use at most 32 of A-Z a-z 0-9 _ -"

    private static func isLetter(_ byte: UInt8) -> Bool {
        (byte >= 65 && byte <= 90) || (byte >= 97 && byte <= 122)
    }

    /// The prefix of the component's variables in the environment of the others: `DATA_QUEUE` for `data.queue`.
    public var environmentPrefix: String {
        description.uppercased().replacing(".", with: "_").replacing("-", with: "_")
    }

    /// Orders by kind, then by name.
    public static func < (one: ComponentName, other: ComponentName) -> Bool {
        one.description < other.description
    }

    /// The name as the file writes it.
    public var description: String { "\(kind.rawValue).\(name)" }
}
