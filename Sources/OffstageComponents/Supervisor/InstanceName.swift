// How one process of a component is called: `worker.main.2`, or `worker.main.mail.2` where `start` names several
// commands. The number counts from 1 within a command. The proxy is called in the same way, though it is no component.

/// The name of one process under supervision.
package struct InstanceName: Sendable, Hashable, CustomStringConvertible {
    /// The component's full name.
    package var component: String
    /// Which of its commands; nil if it has one without a name.
    package var process: String?
    /// From 1 up to the component's scale.
    package var number: Int

    /// Names a process.
    package init(_ component: String, process: String? = nil, number: Int = 1) {
        self.component = component
        self.process = process
        self.number = number
    }

    /// The name without the component, as logs and `ps` show it: `2` or `mail.2`.
    package var short: String { process.map { "\($0).\(number)" } ?? "\(number)" }

    /// The full name.
    package var description: String { "\(component).\(short)" }
}
