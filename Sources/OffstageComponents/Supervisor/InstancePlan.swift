// Everything needed to run one process of a component. It is created for each start, because a web process gets another
// port each time.

import OffstageSystem

/// The plan for one start of a process.
package struct InstancePlan: Sendable {
    /// What to start.
    package var launch: ComponentLaunch
    /// When it counts as up.
    package var readiness: Readiness
    /// How long it has to stop.
    package var stopTimeout: Duration
    /// The signal that tells it to stop: SIGTERM, or the signal for a server's orderly shutdown.
    package var stopSignal = SIGTERM
    /// The port on which it must listen; nil if it must not listen.
    package var port: Int?
    /// Returns whether a line of its errors is not worth showing; nil shows all.
    var isNoise: (@Sendable (String) -> Bool)?
    /// Cleans up after it has ended.
    var cleanUp: (@Sendable () -> Void)?

    /// Creates a plan.
    package init(launch: ComponentLaunch, readiness: Readiness, stopTimeout: Duration, port: Int? = nil) {
        self.launch = launch
        self.readiness = readiness
        self.stopTimeout = stopTimeout
        self.port = port
    }
}
