// One option of a command, as the command table declares it.

/// The declaration of an option.
struct OptionSpec: Sendable {
    /// The name, without the two hyphens.
    var name: String
    /// The value's name in help, such as `DURATION`; nil for a flag, which takes no value.
    var placeholder: String?
    /// The kind of value.
    var kind: ValueKind
    /// Whether it may be given more than once.
    var isRepeatable: Bool
    /// A one-line description.
    var help: String

    /// Declares an option that takes a value.
    static func value(
        _ name: String, _ placeholder: String, _ kind: ValueKind, repeatable: Bool = false, _ help: String
    ) -> OptionSpec {
        OptionSpec(name: name, placeholder: placeholder, kind: kind, isRepeatable: repeatable, help: help)
    }

    /// Declares a flag.
    static func flag(_ name: String, _ help: String) -> OptionSpec {
        OptionSpec(name: name, placeholder: nil, kind: .text, isRepeatable: false, help: help)
    }

    /// The option as help shows it, such as `--in DURATION`.
    var usage: String { placeholder.map { "--\(name) \($0)" } ?? "--\(name)" }

    /// The options that every command takes.
    static let common: [OptionSpec] = [
        .value(
            "store", "URL", .text,
            "where the jobs are: sqlite:PATH, redis://HOST:PORT and its like (default: $OFFSTAGE_STORE, else Redis at"
                + " $DATA_QUEUE_HOST, else sqlite:offstage.db)"
        ),
        .flag("json", "write JSON, for programs"),
        .flag("help", "show this help"),
    ]
}
