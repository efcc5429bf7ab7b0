// Why something about components did not come about: one line for the user, written by the one who knows.

/// A failure around components, in one line.
package struct ComponentError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The reason.
    package let description: String

    /// Creates the error from its line.
    package init(_ description: String) {
        self.description = description
    }
}
