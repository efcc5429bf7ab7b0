// The folders of one component of one app. The folders of all components are in the app's state folder. A component can
// access only its own parts of it: a private folder, a temporary folder, and the shared folders that the app gives it.
import OffstageCore

/// The folders of one component.
public struct ComponentFolders: Sendable, Hashable {
    /// The app's own folder, with its programs. The component can read it but not write to it.
    public var app: String
    /// The app's state folder. It may be inside the app's folder, with the restriction described in docs/isolation.md.
    public var state: String
    /// The component's name, such as `worker.main`.
    public var component: String
    /// The folders of storage components that this component may use.
    public var network: [String]

    /// Creates the value. Does not create or check any folder.
    public init(app: String, state: String, component: String, network: [String] = []) {
        self.app = app
        self.state = state
        self.component = component
        self.network = network
    }

    /// Its private folder, which no other component can read.
    public var privateFolder: String { "\(state)/private/\(component)" }
    /// Its temporary folder, the `TMPDIR` of its processes.
    public var temporaryFolder: String { "\(state)/tmp/\(component)" }
}
