// What holds for all web and worker components of an app.

/// The `run.config` section.
public struct RunConfig: Sendable, Hashable {
    /// The language the app is written in, for the reader only; nil if the file does not say.
    public var engine: String?
    /// Variables of every web and worker component, in the file's order; a component's own come before them.
    public var variables: [EnvironmentVariable] = []
    /// Variables that development adds (`offstage run`); they come before all others.
    public var developmentVariables: [EnvironmentVariable] = []
}
