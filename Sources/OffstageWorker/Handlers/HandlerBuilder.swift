// The list of handlers in a worker's trailing closure: job types by their name, handlers as values.
public import OffstageCore

/// Collects a worker's handlers.
@resultBuilder
public enum HandlerBuilder {
    /// A job type.
    public static func buildExpression<J: Job>(_ type: J.Type) -> [Handler] { [Handler(type)] }
    /// A handler.
    public static func buildExpression(_ handler: Handler) -> [Handler] { [handler] }
    /// A list of handlers.
    public static func buildExpression(_ handlers: [Handler]) -> [Handler] { handlers }
    /// All handlers of a block.
    public static func buildBlock(_ parts: [Handler]...) -> [Handler] { parts.flatMap(\.self) }
    /// The handlers of an `if` without `else`.
    public static func buildOptional(_ part: [Handler]?) -> [Handler] { part ?? [] }
    /// The handlers of an `if`.
    public static func buildEither(first part: [Handler]) -> [Handler] { part }
    /// The handlers of an `else`.
    public static func buildEither(second part: [Handler]) -> [Handler] { part }
    /// The handlers of a `for`.
    public static func buildArray(_ parts: [[Handler]]) -> [Handler] { parts.flatMap(\.self) }
}
