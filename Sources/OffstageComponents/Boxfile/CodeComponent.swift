// A component that runs the app's own code: a web component or a worker component. They have the same options but one:
// only a web component has routes, for only it is reached from outside.

/// A `web.NAME` or `worker.NAME` component.
public struct CodeComponent: Sendable, Hashable {
    /// A command that the component runs.
    public struct Process: Sendable, Hashable {
        /// The process's name in a `start` of several; nil for the only one.
        public let name: String?
        /// What `/bin/sh -c` is given.
        public let command: String
        /// Where the command stands.
        public let place: BoxfilePlace
    }

    /// A file that is read along with the component's own output.
    public struct WatchedLog: Sendable, Hashable {
        /// What its lines are marked with.
        public let name: String
        /// The file's path, absolute or from the app's folder.
        public let path: String
        /// Where it stands.
        public let place: BoxfilePlace
    }

    /// Folders that the component shares with others through a storage component.
    public struct NetworkFolders: Sendable, Hashable {
        /// The storage component, always one that the file declares.
        public let storage: ComponentName
        /// Paths from the app's folder, without `..`, none within another.
        public let folders: [String]
        /// Where it stands.
        public let place: BoxfilePlace
    }

    /// Its full name; the kind is `web` or `worker`.
    public let name: ComponentName
    /// Where the component begins.
    public let place: BoxfilePlace
    /// What it runs, at least one, in the file's order.
    public var processes: [Process] = []
    /// The folder its commands start in, absolute or from the app's folder; nil is the app's folder.
    public var workingDirectory: String?
    /// Its own variables, in the file's order, as written: `${NAME}` is not yet replaced.
    public var variables: [EnvironmentVariable] = []
    /// Files whose lines belong to its log.
    public var watchedLogs: [WatchedLog] = []
    /// How long its processes have to stop before they are killed; 30 s unless told otherwise.
    public var stopTimeout = Self.defaultStopTimeout
    /// How many times each of its processes runs.
    public var scale = 1
    /// What it may use of the machine.
    public var limits = ComponentLimits()
    /// Which requests are its own: at least one for a web component, none for a worker.
    public var routes: [Route] = []
    /// What it shares with others.
    public var networkFolders: [NetworkFolders] = []

    /// The time to stop where the file gives none; a worker's own default grace of 25 s fits in.
    public static let defaultStopTimeout = Duration.seconds(30)
    /// The bounds of `stop_timeout`: one second to one day.
    public static let stopTimeoutRange = 1...86_400
    /// The bounds of `scale`.
    public static let scaleRange = 1...256
    /// The most processes that one `start` may name.
    public static let mostProcesses = 32
}
