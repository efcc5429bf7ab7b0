// Reads single values. Each message names the value, and says what it is and what it should be.

import OffstageCore

extension BoxfileReader {
    /// The most variables of one `env`.
    static let mostVariables = 256

    mutating func text(_ node: YAMLNode, _ what: String) -> String? {
        guard case .scalar(let text, _) = node.content else {
            error("\(what) must be text, not \(node.kindName)", at: node.place)
            return nil
        }
        guard !node.isNull else {
            error("\(what) is empty; give it a value, or leave the key out", at: node.place)
            return nil
        }
        guard !text.utf8.contains(0) else {
            error("\(what) holds a NUL character, which no command, path or variable can", at: node.place)
            return nil
        }
        guard text.utf8.count <= 65_536 else {
            error("\(what) has \(text.utf8.count) bytes, 65536 are the limit", at: node.place)
            return nil
        }
        return text
    }

    mutating func map(_ node: YAMLNode, _ what: String) -> [YAMLEntry]? {
        if case .mapping(let entries) = node.content { return entries }
        let problem = node.isNull ? "is empty; it needs keys below it, indented" : "must be a map, not \(node.kindName)"
        error("\(what) \(problem)", at: node.place)
        return nil
    }

    /// Returns the items of a list that needs at least one; a single text counts as a list of one item.
    mutating func list(_ node: YAMLNode, _ what: String) -> [YAMLNode]? {
        switch node.content {
        case .sequence(let items) where !items.isEmpty: return items
        case .scalar where !node.isNull: return [node]
        case .mapping: error("\(what) must be a list, not a map", at: node.place)
        default: error("\(what) is empty; list something, or leave the key out", at: node.place)
        }
        return nil
    }

    mutating func value<Value>(
        _ text: String, _ what: String, at place: BoxfilePlace,
        make: (String) throws(BoxfileValueError) -> Value
    ) -> Value? {
        do throws(BoxfileValueError) {
            return try make(text)
        } catch {
            self.error("\(what), \(Names.quoted(text)), \(error.message)", at: place)
            return nil
        }
    }

    mutating func integer(_ node: YAMLNode, _ what: String, in range: ClosedRange<Int>) -> Int? {
        guard let text = text(node, what) else { return nil }
        return value(text, what, at: node.place) { text throws(BoxfileValueError) in
            guard let number = BoxfileUnits.number(text[...]), range.contains(number) else {
                throw BoxfileValueError("must be a whole number from \(range.lowerBound) to \(range.upperBound)")
            }
            return number
        }
    }

    /// Returns a path, absolute or relative to the app's folder.
    mutating func path(_ node: YAMLNode, _ what: String) -> String? {
        guard let text = text(node, what) else { return nil }
        return value(text, what, at: node.place, make: BoxfileUnits.path)
    }

    /// Returns a folder below the app's folder.
    mutating func folder(_ node: YAMLNode, _ what: String) -> String? {
        guard let text = text(node, what) else { return nil }
        return value(text, what, at: node.place) { text throws(BoxfileValueError) in
            let path = try BoxfileUnits.path(text)
            guard !path.hasPrefix("/"), path != "." else {
                throw BoxfileValueError("must be a folder below the app's, such as public/uploads")
            }
            return path
        }
    }

    /// Returns the variables of an `env` map. `PORT` is reserved where each process gets its own.
    mutating func variables(_ node: YAMLNode, _ section: String, mayNamePort: Bool) -> [EnvironmentVariable] {
        guard !node.isNull, let entries = map(node, "env of \(section)") else { return [] }
        guard entries.count <= Self.mostVariables else {
            error(
                "env of \(section) has \(entries.count) variables, \(Self.mostVariables) are the limit", at: node.place)
            return []
        }
        return entries.compactMap { entry in
            guard EnvironmentVariable.isName(entry.key) else {
                let shown = Names.quoted(entry.key)
                error(
                    "\(shown) cannot name a variable in env of \(section); use A-Z a-z 0-9 _ and no digit first",
                    at: entry.place)
                return nil
            }
            if entry.key == "PORT", !mayNamePort {
                error(
                    "PORT in env of \(section) is taken: each web process is given its own; use $PORT in start",
                    at: entry.place)
                return nil
            }
            let what = "variable \(entry.key) in env of \(section)"
            if entry.value.isNull {
                error("\(what) is empty; write \"\" for no text, or ${NAME} for another's value", at: entry.value.place)
                return nil
            }
            guard let text = text(entry.value, what) else { return nil }
            return value(text, what, at: entry.value.place) { text throws(BoxfileValueError) in
                try EnvironmentVariable(name: entry.key, value: text, place: entry.place)
            }
        }
    }
}
