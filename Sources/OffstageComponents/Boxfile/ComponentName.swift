// The names of components: `web.main`, `worker.mail`, `data.queue`. The kind decides what a component may do; the name
// after the dot becomes folders, log prefixes and names of environment variables, so its shape is narrow.

/// What a component is for.
public enum ComponentKind: String, Sendable, Hashable, CaseIterable {
    /// Serves what comes in from outside.
    case web
    /// Works where nobody waits; nothing from outside reaches it.
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

    /// Creates the name; nil if the text is not `KIND.NAME` with a known kind and a well-formed name.
    public init?(_ text: String) {
        guard let dot = text.firstIndex(of: "."), let kind = ComponentKind(rawValue: String(text[..<dot])) else {
            return nil
        }
        let name = String(text[text.index(after: dot)...])
        guard Self.isWellFormed(name) else { return nil }
        self.kind = kind
        self.name = name
    }

    /// Whether a text can be the name of a component or of a process in it.
    static func isWellFormed(_ name: String) -> Bool {
        guard (1...32).contains(name.utf8.count), let first = name.utf8.first, isLetter(first) else { return false }
        return name.utf8.allSatisfy { isLetter($0) || ($0 >= 48 && $0 <= 57) || $0 == 95 || $0 == 45 }
    }

    /// The shape of names, for a message.
    static let shape = "begin with a letter and use at most 32 of A-Z a-z 0-9 _ -"

    private static func isLetter(_ byte: UInt8) -> Bool {
        (byte >= 65 && byte <= 90) || (byte >= 97 && byte <= 122)
    }

    /// What names a component in the environment of the others: `DATA_QUEUE` for `data.queue`.
    public var environmentPrefix: String {
        description.uppercased().replacing(".", with: "_").replacing("-", with: "_")
    }

    /// Orders by kind, then by name.
    public static func < (one: ComponentName, other: ComponentName) -> Bool {
        one.description < other.description
    }

    /// The name as it stands in the file.
    public var description: String { "\(kind.rawValue).\(name)" }
}
