// The name of one process of a component: `worker.main.2`, or `worker.main.mail.2` if `start` names several commands.
// The number counts from 1 for each command. The proxy's name has the same form, though it is not a component.

/// The name of one process under supervision.
package struct InstanceName: Sendable, Hashable, CustomStringConvertible {
    /// The component's full name.
    package var component: String
    /// The name of its command; nil for a single command without a name.
    package var process: String?
    /// From 1 up to the component's scale.
    package var number: Int

    /// Creates a name.
    package init(_ component: String, process: String? = nil, number: Int = 1) {
        self.component = component
        self.process = process
        self.number = number
    }

    /// The name without the component, as in logs and `ps`: `2` or `mail.2`.
    package var short: String { process.map { "\($0).\(number)" } ?? "\(number)" }

    /// The full name.
    package var description: String { "\(component).\(short)" }
}
