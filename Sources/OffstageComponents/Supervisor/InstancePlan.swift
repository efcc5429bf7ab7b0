// What it takes to run one process of a component, made afresh for each start: a web process gets another port each
// time.

import OffstageSystem

/// One start of a process.
package struct InstancePlan: Sendable {
    /// What is started.
    package var launch: ComponentLaunch
    /// When it is up.
    package var readiness: Readiness
    /// How long it has to stop.
    package var stopTimeout: Duration
    /// What tells it to stop: SIGTERM, or the signal by which a server goes as it should.
    package var stopSignal = SIGTERM
    /// Where it is to listen; nil if it is not to.
    package var port: Int?
    /// Lines of its errors that are not worth showing; nil if all are.
    var isNoise: (@Sendable (String) -> Bool)?
    /// What is to be cleaned up once it has ended.
    var cleanUp: (@Sendable () -> Void)?

    /// Names all of it.
    package init(launch: ComponentLaunch, readiness: Readiness, stopTimeout: Duration, port: Int? = nil) {
        self.launch = launch
        self.readiness = readiness
        self.stopTimeout = stopTimeout
        self.port = port
    }
}
