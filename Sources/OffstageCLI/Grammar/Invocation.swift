// A parsed command line: the command and its values, each already checked against its declaration. The typed readers
// parse again. In practice they cannot fail; if they do, they throw the same error.

/// A parsed command line.
struct Invocation: Sendable {
    /// The command that was called.
    var command: CommandSpec
    var optionValues: [String: [String]] = [:]
    var argumentValues: [String: [String]] = [:]

    /// Whether an option was given.
    func has(_ option: String) -> Bool { optionValues[option] != nil }

    /// The value of an option; nil if it was not given.
    func text(_ option: String) -> String? { optionValues[option]?.last }

    /// All values of an option, in order.
    func texts(_ option: String) -> [String] { optionValues[option] ?? [] }

    /// The value of an option that takes a duration; nil if it was not given.
    func duration(_ option: String) throws -> Duration? { try text(option).map { try DurationText.parse($0) } }

    /// The value of an option that takes a whole number; nil if it was not given.
    func count(_ option: String) -> Int? { text(option).flatMap { Int($0) } }

    /// The value of an argument; nil if it was not given.
    func argument(_ name: String) -> String? { argumentValues[name]?.first }

    /// All values of an argument that may occur several times.
    func arguments(_ name: String) -> [String] { argumentValues[name] ?? [] }

    /// Whether the user asked for JSON.
    var wantsJSON: Bool { has("json") }
}
