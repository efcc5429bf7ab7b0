// The reason why an operation on components failed: one line for the user, written where the failure is understood.

/// A failure of an operation on components, in one line.
package struct ComponentError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The reason.
    package let description: String

    /// Creates the error from its one-line reason.
    package init(_ description: String) {
        self.description = description
    }
}
