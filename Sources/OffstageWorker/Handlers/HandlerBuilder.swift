// The list of handlers in a worker's braces: job types by their name, handlers as values.
public import OffstageCore

/// Collects a worker's handlers.
@resultBuilder
public enum HandlerBuilder {
    /// A job type.
    public static func buildExpression<J: Job>(_ type: J.Type) -> [Handler] { [Handler(type)] }
    /// A handler.
    public static func buildExpression(_ handler: Handler) -> [Handler] { [handler] }
    /// Handlers made elsewhere.
    public static func buildExpression(_ handlers: [Handler]) -> [Handler] { handlers }
    /// All of them.
    public static func buildBlock(_ parts: [Handler]...) -> [Handler] { parts.flatMap(\.self) }
    /// Those of an `if` without `else`.
    public static func buildOptional(_ part: [Handler]?) -> [Handler] { part ?? [] }
    /// Those of an `if`.
    public static func buildEither(first part: [Handler]) -> [Handler] { part }
    /// Those of an `else`.
    public static func buildEither(second part: [Handler]) -> [Handler] { part }
    /// Those of a `for`.
    public static func buildArray(_ parts: [[Handler]]) -> [Handler] { parts.flatMap(\.self) }
}
