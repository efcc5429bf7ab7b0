// Collects the members of one bulk line until all have been seen, because some are valid only in combination.
import OffstageCore

/// Collects the members of one line.
struct BulkMembers {
    private static let names = [
        "type", "args", "queue", "in", "at", "run_at", "priority", "unique", "unique_key", "unique_args",
        "unique_until",
        "unique_for", "on_conflict", "max_attempts", "timeout", "timeout_s", "expires", "expires_at", "tags", "meta",
        "return", "return_queue", "id",
    ]

    var options: EnqueueOptions
    var members: [(name: String, value: JSON)] = []
    var arguments = Array("{}".utf8)
    var type: String?
    private var source: Unique.Source?
    private var until: UniqueRule.Release?
    private var window: Duration?
    private var conflict: UniqueRule.Conflict?

    init(options: EnqueueOptions) { self.options = options }

    mutating func take(_ name: String, _ value: JSON) throws {
        switch name {
        case "args": break
        case "type": type = try text(name, value)
        case "queue": options.queue = try text(name, value)
        case "in": options.start = .after(try duration(name, value))
        case "at", "run_at": options.start = .at(try time(name, value))
        case "priority": options.priority = try number(name, value)
        case "max_attempts": options.maxAttempts = try number(name, value)
        case "timeout": options.timeout = try duration(name, value)
        case "timeout_s": options.timeout = .microseconds(Int64(try seconds(name, value) * 1_000_000))
        case "expires": options.expires = .after(try duration(name, value))
        case "expires_at": options.expires = .at(try time(name, value))
        case "return", "return_queue": options.returnQueue = try text(name, value)
        case "tags": options.tags = try texts(name, value)
        case "meta": options.metadata = try pairs(name, value)
        case "id": options.id = try id(name, value)
        case "unique", "unique_key": source = .key(try text(name, value))
        case "unique_args": if value == .bool(true) { source = .arguments }
        case "unique_until": until = try refine(name) { try EnqueueFlags.release(try text(name, value)) }
        case "unique_for": window = try duration(name, value)
        case "on_conflict": conflict = try refine(name) { try EnqueueFlags.conflict(try text(name, value)) }
        default:
            throw InvalidJob(UsageError("unknown member \"\(name)\"", given: name, known: Self.names).description)
        }
    }

    func finished() throws -> EnqueueOptions {
        guard let source = source ?? options.unique?.source else {
            guard until == nil, window == nil, conflict == nil else {
                throw InvalidJob("unique_until, unique_for and on_conflict need unique or unique_args")
            }
            return options
        }
        var options = options
        options.unique = Unique(
            source, until: until ?? options.unique?.until, for: window ?? options.unique?.window,
            onConflict: conflict ?? options.unique?.onConflict ?? .existing)
        return options
    }
}
