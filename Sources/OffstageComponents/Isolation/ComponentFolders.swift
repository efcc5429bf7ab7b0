// Where one component of one app lives. The folders of all components lie in the app's state folder, which every
// component is kept out of, except for its own parts: a private folder, a temporary one, and the shared ones that the
// app names for it.
import OffstageCore

/// The folders of one component.
public struct ComponentFolders: Sendable, Hashable {
    /// The app's own folder, with its programs; read, not written.
    public var app: String
    /// The app's state folder; it may lie in the app's own, at the price that docs/isolation.md tells.
    public var state: String
    /// The component's name, such as `worker.main`.
    public var component: String
    /// The folders of storage components that this one may use.
    public var network: [String]

    /// Names them; nothing is made or looked at.
    public init(app: String, state: String, component: String, network: [String] = []) {
        self.app = app
        self.state = state
        self.component = component
        self.network = network
    }

    /// Its own folder, which no other component reads.
    public var privateFolder: String { "\(state)/private/\(component)" }
    /// Its temporary folder, the `TMPDIR` of its processes.
    public var temporaryFolder: String { "\(state)/tmp/\(component)" }
}
