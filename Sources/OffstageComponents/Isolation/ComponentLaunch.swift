// Everything needed to start a component's process, as a value; ComponentProcess starts it.

/// The launch of one component process.
public struct ComponentLaunch: Sendable {
    /// What the standard descriptors are connected to.
    public enum Streams: Sendable, Hashable {
        /// Input is empty; output and errors go to the supervisor through pipes.
        case captured
        /// As `captured`, and input is a pipe too.
        case piped
        /// The supervisor's own descriptors.
        case inherited
    }

    /// The program's path.
    public var program: String
    /// The program's arguments, without its name.
    public var arguments: [String]
    /// All environment variables. Those of the confinement override them.
    public var environment: [String: String]
    /// The folder in which it starts; nil means the supervisor's.
    public var folder: String?
    /// What it may do; nil means whatever the supervisor may.
    public var confinement: Confinement?
    /// What the standard descriptors are connected to.
    public var streams = Streams.captured
    /// Further open descriptors for the program, numbered from 3 in this order; at most 7. All others are closed.
    public var keptDescriptors: [Int32] = []

    /// Launches a program by its path, without a search in PATH.
    public init(
        program: String, arguments: [String] = [], environment: [String: String] = [:], folder: String? = nil,
        confinement: Confinement? = nil
    ) {
        self.program = program
        self.arguments = arguments
        self.environment = environment
        self.folder = folder
        self.confinement = confinement
    }

    /// Launches a command line, such as `start` in a boxfile, with `/bin/sh`.
    public init(
        command: String, environment: [String: String] = [:], folder: String? = nil, confinement: Confinement? = nil
    ) {
        self.init(
            program: "/bin/sh", arguments: ["-c", command], environment: environment, folder: folder,
            confinement: confinement)
    }
}
