// Settings that are not in the boxfile but depend on how the app is run.

/// The options for running an app.
package struct SupervisorOptions: Sendable {
    /// The proxy's address; an empty one means all of this machine's.
    package var address = ""
    /// The proxy's port.
    package var port = 8080
    /// The supervisor's environment. References are looked up in it, and a few plain variables are passed on.
    package var surroundings: [String: String] = [:]
    /// How long to wait for a process to be up before the next kind is started without it.
    package var readyLimit = Duration.seconds(60)
    /// How long a worker must have run to count as up.
    package var workerAge = Duration.milliseconds(500)
    /// How often memory is checked.
    package var memoryPause = Duration.seconds(2)
    /// How long a process must have run before it is replaced for its memory.
    package var memoryAge = InstanceLife.goodAge
    /// Returns the workers' heartbeats from the store that the data components' variables name; nil if it does not
    /// answer.
    package var heartbeats: (@Sendable ([String: String]) async -> [Heartbeat]?)?
    /// How often heartbeats are checked.
    package var heartbeatPause = Duration.seconds(10)
    /// How long a worker may go without a heartbeat.
    package var silence = Duration.seconds(60)

    /// The defaults.
    package init() {}

    /// The variables of the supervisor that every component gets if they are set.
    static let passedOn = ["PATH", "LANG", "LANGUAGE", "TZ", "USER", "LOGNAME", "SHELL", "NO_COLOR"]

    /// The variables of the surroundings that are passed on.
    var plain: [String: String] {
        surroundings.filter { Self.passedOn.contains($0.key) || $0.key.hasPrefix("LC_") }
    }
}
