// What is not in the boxfile but in the hands of who runs it.

/// How an app is run.
package struct SupervisorOptions: Sendable {
    /// Where the proxy listens; an empty address is all of this machine's.
    package var address = ""
    /// The proxy's port.
    package var port = 8080
    /// The environment of the supervisor: references find their values there, and a few plain variables are passed on.
    package var surroundings: [String: String] = [:]
    /// How long a process may take to be up before the next kind is started without it.
    package var readyLimit = Duration.seconds(60)
    /// How long a worker must have lived to count as up.
    package var workerAge = Duration.milliseconds(500)
    /// How often memory is looked at.
    package var memoryPause = Duration.seconds(2)
    /// How long a process must have run before it is replaced for its memory.
    package var memoryAge = InstanceLife.goodAge
    /// Asks the store, found by the data components' variables, for its workers' heartbeats; nil if it does not answer.
    package var heartbeats: (@Sendable ([String: String]) async -> [Heartbeat]?)?
    /// How often heartbeats are looked at.
    package var heartbeatPause = Duration.seconds(10)
    /// How long a worker may be silent.
    package var silence = Duration.seconds(60)

    /// The defaults.
    package init() {}

    /// Variables of the supervisor that every component gets, as far as they are set.
    static let passedOn = ["PATH", "LANG", "LANGUAGE", "TZ", "USER", "LOGNAME", "SHELL", "NO_COLOR"]

    /// Those of the surroundings that are passed on.
    var plain: [String: String] {
        surroundings.filter { Self.passedOn.contains($0.key) || $0.key.hasPrefix("LC_") }
    }
}
