// What goes wrong when a test starts servers, in one line, so that the test's output says it all.

/// Why a server or a tool of these tests was of no use.
public struct ServerError: Error, CustomStringConvertible {
    /// One line.
    public let description: String
    init(_ description: String) { self.description = description }
}
