// Everything that starting a component's process takes, as a value; ComponentProcess starts it.

/// One process of a component, not yet started.
public struct ComponentLaunch: Sendable {
    /// What lies on the standard descriptors.
    public enum Streams: Sendable, Hashable {
        /// Input is empty, output and errors come to the supervisor through pipes.
        case captured
        /// As captured, and the input is a pipe too.
        case piped
        /// The supervisor's own.
        case inherited
    }

    /// The program's file.
    public var program: String
    /// Its words, without its name.
    public var arguments: [String]
    /// All its variables; those of its confinement go over them.
    public var environment: [String: String]
    /// The folder it starts in; nil: the supervisor's.
    public var folder: String?
    /// What it may do; nil: what the supervisor may.
    public var confinement: Confinement?
    /// What lies on the standard descriptors.
    public var streams = Streams.captured
    /// Open descriptors that it gets besides, from 3 on in this order; at most 7. All others are closed.
    public var keptDescriptors: [Int32] = []

    /// A program by its path; nothing is looked up.
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

    /// A command line as `start` in a boxfile has it, run by `/bin/sh`.
    public init(
        command: String, environment: [String: String] = [:], folder: String? = nil, confinement: Confinement? = nil
    ) {
        self.init(
            program: "/bin/sh", arguments: ["-c", command], environment: environment, folder: folder,
            confinement: confinement)
    }
}
