// The settings for all web and worker components of an app.

/// The `run.config` section.
public struct RunConfig: Sendable, Hashable {
    /// The language the app is written in, for the reader only; nil if the file does not name one.
    public var engine: String?
    /// Variables of every web and worker component, in the file's order; a component's own variables override them.
    public var variables: [EnvironmentVariable] = []
    /// Variables that development adds (`offstage run`); they override all other variables of the file.
    public var developmentVariables: [EnvironmentVariable] = []
}
