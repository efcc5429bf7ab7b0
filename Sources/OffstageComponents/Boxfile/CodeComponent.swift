// A component that runs the app's own code: a web or a worker component. Both have the same options, except that only a
// web component has routes, because only it can be reached from outside.

/// A `web.NAME` or `worker.NAME` component.
public struct CodeComponent: Sendable, Hashable {
    /// A command that the component runs.
    public struct Process: Sendable, Hashable {
        /// The process's name in a `start` with several commands; nil for a single command.
        public let name: String?
        /// The command for `/bin/sh -c`.
        public let command: String
        /// The command's place in the file.
        public let place: BoxfilePlace
    }

    /// A file whose lines are read together with the component's own output.
    public struct WatchedLog: Sendable, Hashable {
        /// The name that marks its lines.
        public let name: String
        /// The file's path, absolute or relative to the app's folder.
        public let path: String
        /// Its place in the file.
        public let place: BoxfilePlace
    }

    /// Folders that the component shares with others through a storage component.
    public struct NetworkFolders: Sendable, Hashable {
        /// The storage component, always one that the file declares.
        public let storage: ComponentName
        /// Paths relative to the app's folder, without `..`; none is inside another.
        public let folders: [String]
        /// Its place in the file.
        public let place: BoxfilePlace
    }

    /// Its full name; the kind is `web` or `worker`.
    public let name: ComponentName
    /// The place where the component begins.
    public let place: BoxfilePlace
    /// The commands that it runs, at least one, in the file's order.
    public var processes: [Process] = []
    /// The folder in which its commands start, absolute or relative to the app's folder; nil means the app's folder.
    public var workingDirectory: String?
    /// Its own variables, in the file's order, as written: `${NAME}` is not replaced yet.
    public var variables: [EnvironmentVariable] = []
    /// The files whose lines belong to its log.
    public var watchedLogs: [WatchedLog] = []
    /// How long its processes have to stop before they are killed; 30 s by default.
    public var stopTimeout = Self.defaultStopTimeout
    /// How many times each of its processes runs.
    public var scale = 1
    /// Its limits on the machine's resources.
    public var limits = ComponentLimits()
    /// The routes of its requests: at least one for a web component, none for a worker.
    public var routes: [Route] = []
    /// The folders that it shares with others.
    public var networkFolders: [NetworkFolders] = []

    /// The default of `stop_timeout`. A worker's default grace of 25 s fits into it.
    public static let defaultStopTimeout = Duration.seconds(30)
    /// The bounds of `stop_timeout`: one second to one day.
    public static let stopTimeoutRange = 1...86_400
    /// The bounds of `scale`.
    public static let scaleRange = 1...256
    /// The most processes that one `start` may name.
    public static let mostProcesses = 32
}
