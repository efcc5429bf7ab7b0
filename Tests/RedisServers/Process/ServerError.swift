// Errors of servers that tests start, in one line, so that the test's output contains everything.

/// The reason why a server or a tool of these tests failed.
public struct ServerError: Error, CustomStringConvertible {
    /// The reason, in one line.
    public let description: String
    init(_ description: String) { self.description = description }
}
