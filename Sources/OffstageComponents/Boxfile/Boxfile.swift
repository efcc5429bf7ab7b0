// An app on one page: the components it is made of, checked. Whoever holds a Boxfile need not ask again whether a
// storage component exists, whether two web components want the same requests, or whether a command is empty: such a
// file was refused, with every mistake and its place. What it says of the outside world (is the command there? is the
// port free?) is for those to find out who start it.

/// A checked `boxfile.yml`.
public struct Boxfile: Sendable, Hashable {
    /// The file's name, as messages give it.
    public let file: String
    /// What holds for all web and worker components.
    public let runConfig: RunConfig
    /// The web components, in the file's order.
    public let webs: [CodeComponent]
    /// The worker components, in the file's order.
    public let workers: [CodeComponent]
    /// The data components, in the file's order.
    public let data: [DataComponent]
    /// The names of all components, in the file's order.
    public let order: [ComponentName]
    /// What has no effect or another than may be thought, in the file's order.
    public let warnings: [BoxfileMessage]

    /// The name that the file has by default.
    public static let defaultName = "boxfile.yml"

    /// The web or worker component of the name.
    public func code(_ name: ComponentName) -> CodeComponent? {
        (name.kind == .web ? webs : workers).first { $0.name == name }
    }

    /// The data component of the name.
    public func data(_ name: ComponentName) -> DataComponent? { data.first { $0.name == name } }
}
