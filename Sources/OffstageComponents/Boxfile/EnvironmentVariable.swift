// A variable as the file gives it. Its value may refer to others by `${NAME}` and in no other way: a bare `$` is an
// ordinary character, because passwords and patterns contain many.

/// A variable of an `env` map.
public struct EnvironmentVariable: Sendable, Hashable {
    /// Its name: `[A-Za-z_][A-Za-z0-9_]*`.
    public let name: String
    /// Its value as written, references not yet replaced.
    public let value: String
    /// Its place in the file.
    public let place: BoxfilePlace

    /// A part of a value.
    enum Piece: Sendable, Hashable {
        case text(String)
        case reference(String)
    }

    /// The parts of the value; `$${` stands for a literal `${`.
    let pieces: [Piece]

    /// The names that the value refers to.
    public var references: [String] {
        pieces.compactMap { if case .reference(let name) = $0 { name } else { nil } }
    }

    init(name: String, value: String, place: BoxfilePlace) throws(BoxfileValueError) {
        self.name = name
        self.value = value
        self.place = place
        pieces = try Self.pieces(of: value)
    }

    static func isName(_ text: String) -> Bool {
        guard (1...128).contains(text.utf8.count), let first = text.utf8.first, first < 48 || first > 57 else {
            return false
        }
        return text.utf8.allSatisfy {
            ($0 >= 48 && $0 <= 57) || ($0 >= 65 && $0 <= 90) || ($0 >= 97 && $0 <= 122) || $0 == 95
        }
    }

    private static func pieces(of value: String) throws(BoxfileValueError) -> [Piece] {
        var pieces: [Piece] = []
        var text = ""
        var rest = value[...]
        while let dollar = rest.firstIndex(of: "$") {
            text += rest[..<dollar]
            rest = rest[dollar...]
            if rest.hasPrefix("$${") {
                text += "${"
                rest = rest.dropFirst(3)
            } else if rest.hasPrefix("${") {
                let body = rest.dropFirst(2)
                guard let end = body.firstIndex(of: "}"), isName(String(body[..<end])) else {
                    throw BoxfileValueError("has a ${ that no NAME} follows; write ${NAME}, or $${ for the characters")
                }
                if !text.isEmpty { pieces.append(.text(text)) }
                text = ""
                pieces.append(.reference(String(body[..<end])))
                rest = body[body.index(after: end)...]
            } else {
                text += "$"
                rest = rest.dropFirst()
            }
        }
        text += rest
        if !text.isEmpty { pieces.append(.text(text)) }
        return pieces
    }
}
