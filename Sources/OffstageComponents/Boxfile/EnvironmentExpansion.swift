// Replaces `${NAME}` in variables by the value of another variable or of the surroundings. A variable that refers to
// its own name gets the value it overrides (`PATH: bin:${PATH}`). Values are bounded, because twenty variables that
// each repeat the next one twice would fill the memory.

/// The values of the variables of one component.
struct EnvironmentExpansion {
    /// The reason why a value cannot be determined.
    struct Failure: Error, Hashable {
        var place: BoxfilePlace
        var text: String
    }

    /// The most bytes of a value: Linux's limit for one string of an environment.
    static let mostBytes = 131_071

    /// The most bytes of all values: about half of what Linux accepts when a program is started.
    static let mostBytesInAll = 1 << 20

    private struct Step: Hashable {
        var layer: Int
        var name: String
    }

    private let layers: [[String: EnvironmentVariable]]
    private let order: [EnvironmentVariable]
    private let given: (String) -> String?
    private var done: [Step: String] = [:]
    private var open: [Step] = []
    private var bytes = 0

    /// Creates the expansion. Earlier layers override later ones; `given` returns the value of a name that is in none.
    init(layers: [[EnvironmentVariable]], given: @escaping (String) -> String?) {
        self.layers = layers.map { Dictionary($0.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first }) }
        order = layers.flatMap { $0 }
        self.given = given
    }

    /// Returns all values, by name.
    mutating func values() throws(Failure) -> [String: String] {
        var values: [String: String] = [:]
        for variable in order where values[variable.name] == nil {
            values[variable.name] = try value(of: variable.name, from: 0)
        }
        return values
    }

    /// Returns the first reason why the values cannot be determined; nil if they can.
    mutating func firstFailure() -> Failure? {
        do throws(Failure) {
            _ = try values()
            return nil
        } catch {
            return error
        }
    }

    private mutating func value(of name: String, from first: Int) throws(Failure) -> String? {
        guard let layer = layers.indices.first(where: { $0 >= first && layers[$0][name] != nil }),
            let variable = layers[layer][name]
        else { return given(name) }
        let step = Step(layer: layer, name: name)
        if let value = done[step] { return value }
        if let index = open.firstIndex(of: step) {
            let circle = (open[index...].map(\.name) + [name]).joined(separator: " → ")
            throw Failure(place: variable.place, text: "\(name) refers to itself in a circle: \(circle)")
        }
        open.append(step)
        defer { open.removeLast() }
        var value = ""
        for piece in variable.pieces {
            switch piece {
            case .text(let text): value += text
            case .reference(let other):
                guard let part = try self.value(of: other, from: other == name ? layer + 1 : 0) else {
                    throw Failure(
                        place: variable.place, text: "\(name) refers to ${\(other)}, which is not set anywhere")
                }
                value += part
            }
            guard value.utf8.count <= Self.mostBytes else {
                throw Failure(place: variable.place, text: "\(name) grows beyond \(Self.mostBytes) bytes")
            }
        }
        bytes += value.utf8.count
        guard bytes <= Self.mostBytesInAll else {
            throw Failure(place: variable.place, text: "with \(name) all variables grow beyond 1 MiB")
        }
        done[step] = value
        return value
    }
}
