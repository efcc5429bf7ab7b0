// Where an app lives: its own folder, and the state folder `.offstage` in it. The state belongs to this user alone,
// as it holds sockets and databases.
import CSystem
import OffstageCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The folders of one app.
package struct AppFolders: Sendable, Hashable {
    /// The app's folder, without links.
    package let app: String
    /// The folder of all state: `.offstage` in the app's, or where a link of this name leads.
    package let state: String

    /// The folder of the app, which must exist.
    package init(app: String) throws(ComponentError) {
        guard let real = SystemFolders.realPath(app), SystemFolders.isFolder(real) else {
            throw ComponentError("there is no folder \(Names.quoted(app))")
        }
        self.app = real
        state = SystemFolders.realPath(real + "/.offstage") ?? real + "/.offstage"
    }

    /// Sockets and locks of what runs.
    package var run: String { state + "/run" }
    /// Where logs are kept.
    package var logs: String { state + "/logs" }
    /// Where the control socket is.
    package var control: String { run + "/control" }
    /// What only a running `up` has locked; it holds its process id.
    package var lock: String { run + "/up.lock" }

    /// Where a data component keeps its data.
    package func data(_ component: ComponentName) -> String { "\(state)/data/\(component)" }
    /// A component's own folder.
    package func privateFolder(_ component: ComponentName) -> String { "\(state)/private/\(component)" }
    /// A component's temporary folder.
    package func temporary(_ component: ComponentName) -> String { "\(state)/tmp/\(component)" }
    /// A shared folder of a storage component.
    package func storage(_ component: ComponentName, _ folder: String) -> String {
        "\(state)/storage/\(component)/\(folder)"
    }

    /// Makes the folders that every app has; throws one line if that cannot be, as on a read-only disk.
    package func prepare() throws(ComponentError) {
        for folder in [state, run, logs] { try make(folder) }
    }

    /// Makes a folder of this user alone, and those above it.
    package func make(_ folder: String) throws(ComponentError) {
        var path = ""
        for part in folder.split(separator: "/") {
            path += "/" + part
            guard mkdir(path, 0o700) != 0, !SystemFolders.isFolder(path) else { continue }
            let reason = SystemErrors.reason(errno)
            throw ComponentError("cannot make the folder \(Names.quoted(path)): \(reason)")
        }
        // What mkdir does not tell: a folder that is there already may still be closed to this user.
        guard access(folder, W_OK | X_OK) == 0 else {
            throw ComponentError("cannot write in the folder \(Names.quoted(folder)): \(SystemErrors.reason(errno))")
        }
    }
}
