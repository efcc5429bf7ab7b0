// A job and its handler that do not agree on the arguments: an old job after a deploy, or a wrong enqueue.

/// Thrown when a job's arguments cannot be decoded as its handler's type; counts as a failed attempt, so that a
/// deploy can mend it.
struct UnfitArguments: Error, Sendable, CustomStringConvertible {
    let description: String

    init(_ type: String, _ error: any Error) {
        let reason =
            switch error {
            case DecodingError.keyNotFound(let key, let context): "\(Self.path(context)) lacks \"\(key.stringValue)\""
            case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context),
                DecodingError.dataCorrupted(let context):
                "\(Self.path(context)): \(context.debugDescription)"
            default: "\(error)"
            }
        description = "the arguments do not fit \(type): \(reason)"
    }

    private static func path(_ context: DecodingError.Context) -> String {
        let path = context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? ".\($0.stringValue)" }.joined()
        return path.isEmpty ? "the value" : path
    }
}
