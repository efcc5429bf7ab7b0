// A checked app: the components it consists of. A file that names a missing storage component, gives two web components
// the same requests, or has an empty command is refused, with every mistake and its place, so users of a Boxfile need
// not check again. Facts about the outside world (does the command exist? is the port free?) are checked when the
// component is started.

/// A checked `boxfile.yml`.
public struct Boxfile: Sendable, Hashable {
    /// The file's name in messages.
    public let file: String
    /// The settings for all web and worker components.
    public let runConfig: RunConfig
    /// The web components, in the file's order.
    public let webs: [CodeComponent]
    /// The worker components, in the file's order.
    public let workers: [CodeComponent]
    /// The data components, in the file's order.
    public let data: [DataComponent]
    /// The names of all components, in the file's order.
    public let order: [ComponentName]
    /// The warnings and notes: what has no effect, or another effect than one may expect, in the file's order.
    public let warnings: [BoxfileMessage]

    /// The file's default name.
    public static let defaultName = "boxfile.yml"

    /// Returns the web or worker component of this name; nil if there is none.
    public func code(_ name: ComponentName) -> CodeComponent? {
        (name.kind == .web ? webs : workers).first { $0.name == name }
    }

    /// Returns the data component of this name; nil if there is none.
    public func data(_ name: ComponentName) -> DataComponent? { data.first { $0.name == name } }
}
