// Decoding with errors that state what is wrong and where. For 1.5 where an Int should be, or 300 for an Int8,
// Foundation reports "not valid JSON", without a place. In that case our own parser reads the text. If it finds no
// fault, the code searches for the offending number by decoding again with some of the numbers replaced by 0.
#if canImport(FoundationEssentials)
    package import FoundationEssentials
#else
    package import Foundation
#endif

/// Decodes JSON as a Swift type.
package enum JSONReading {
    /// Decodes a value. Throws what Foundation's decoder throws, but adds the reason and the place where that has none.
    package static func decode<Value: Decodable>(
        _ type: Value.Type, from bytes: [UInt8], with decoder: JSONDecoder = JSONDecoder()
    ) throws -> Value {
        do {
            return try decoder.decode(type, from: Data(bytes))
        } catch let error where isBare(error) {
            throw explained(error, bytes) { try decoder.decode(type, from: Data($0)) }
        }
    }

    /// Returns the reason for a failed decoding in one line, with the path to the value.
    package static func reason(_ error: any Error) -> String {
        switch error {
        case DecodingError.keyNotFound(let key, let context): "\(path(context)) lacks \"\(key.stringValue)\""
        case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context),
            DecodingError.dataCorrupted(let context):
            "\(path(context)): \(context.debugDescription)"
        default: "\(error)"
        }
    }

    private static func path(_ context: DecodingError.Context) -> String {
        let path = context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? ".\($0.stringValue)" }.joined()
        return path.isEmpty ? "the value" : path
    }

    /// Returns whether it is the error without a place. A type's own `init(from:)` may also throw one, with its own
    /// text.
    private static func isBare(_ error: any Error) -> Bool {
        guard case DecodingError.dataCorrupted(let context) = error else { return false }
        return context.codingPath.isEmpty && context.debugDescription.hasSuffix("not valid JSON.")
    }

    private static func explained(
        _ error: any Error, _ bytes: [UInt8], _ decode: ([UInt8]) throws -> some Any
    ) -> any Error {
        func corrupted(_ path: [any CodingKey], _ text: String) -> any Error {
            DecodingError.dataCorrupted(.init(codingPath: path, debugDescription: text, underlyingError: error))
        }
        let tree: JSON
        do throws(JSONError) {
            tree = try JSON.parse(bytes, maxDepth: JSONParser.hardLimit)
        } catch {
            return corrupted([], "not JSON that can be read: \(error)")
        }
        var numbers = NumberWalk()
        numbers.walk(tree, [])
        func fails(keeping count: Int) -> Bool {
            var walk = NumberWalk(keeps: count)
            var writer = JSONWriter(reservingCapacity: bytes.count)
            writer.value(walk.walk(tree, []))
            do {
                _ = try decode(writer.bytes)
                return false
            } catch {
                return isBare(error)
            }
        }
        guard !fails(keeping: 0), fails(keeping: numbers.found.count) else {
            return corrupted([], "it has a value that does not fit")
        }
        // Find the first number that must not be kept.
        var (fitting, failing) = (0, numbers.found.count)
        while failing - fitting > 1 {
            let middle = (fitting + failing) / 2
            if fails(keeping: middle) { failing = middle } else { fitting = middle }
        }
        let (path, text) = numbers.found[failing - 1]
        return corrupted(path, complaint(of: text))
    }

    private static func complaint(of number: String) -> String {
        let normal = JSONNumber.normalised(number)
        let shown = number.count > 40 ? number.prefix(40) + "…" : number[...]
        let isFraction = normal.contains("e-") || (normal.contains(".") && !normal.contains("e"))
        return isFraction ? "\(shown) is not a whole number" : "\(shown) is out of the range of its type"
    }
}

/// A walk through a value that collects its numbers in order and replaces all but the first few of them by 0.
private struct NumberWalk {
    /// A step on the path to a value.
    private struct Step: CodingKey {
        var stringValue: String
        var intValue: Int?

        init(stringValue: String) { self.stringValue = stringValue }
        init(intValue: Int) { (stringValue, self.intValue) = ("\(intValue)", intValue) }
    }

    var keeps = Int.max
    private(set) var found: [(path: [any CodingKey], text: String)] = []

    init(keeps: Int = .max) { self.keeps = keeps }

    @discardableResult
    mutating func walk(_ value: JSON, _ path: [any CodingKey]) -> JSON {
        switch value {
        case .number(let text):
            found.append((path, text))
            return found.count <= keeps ? value : .number("0")
        case .array(let elements):
            var walked: [JSON] = []
            for (index, element) in elements.enumerated() {
                walked.append(walk(element, path + [Step(intValue: index)]))
            }
            return .array(walked)
        case .object(let members):
            var walked: [JSONMember] = []
            for member in members {
                walked.append(JSONMember(member.name, walk(member.value, path + [Step(stringValue: member.name)])))
            }
            return .object(walked)
        case .null, .bool, .string: return value
        }
    }
}
