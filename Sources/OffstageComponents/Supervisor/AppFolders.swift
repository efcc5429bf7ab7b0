// The folders of an app: its own folder, and the state folder to which `.offstage` leads. The state contains sockets
// and databases, so only this user can access it. It is outside the app's folder if possible. A worker may read the
// whole app but not the state of others, and the kernel's rules have no exceptions. With the state inside, a worker
// could not list the app's folder, and Python would find no module there.
import CSystem
import OffstageCore
import OffstageSystem

/// The folders of one app.
package struct AppFolders: Sendable, Hashable {
    /// The app's folder, with links resolved.
    package let app: String
    /// The folder of all state: the target of the link `.offstage` in the app's folder, or a folder of that name.
    package let state: String
    /// The owner of the folders that are created; nil means the current user.
    package var owner: FolderOwner?

    /// Finds the app's folders. Throws if the app's folder does not exist, or is a copy that shares another app's
    /// state.
    package init(app: String) throws(ComponentError) {
        guard let real = SystemFolders.realPath(app), SystemFolders.isFolder(real) else {
            throw ComponentError("there is no folder \(Names.quoted(app))")
        }
        self.app = real
        state = SystemFolders.realPath(real + "/.offstage") ?? real + "/.offstage"
        try checkOwner()
    }

    /// The folder for sockets and locks of what runs.
    package var run: String { state + "/run" }
    /// The folder for logs.
    package var logs: String { state + "/logs" }
    /// The path of the control socket.
    package var control: String { run + "/control" }
    /// The path of the token that every request at the control socket must contain. A confined worker can connect to
    /// the socket, but cannot read this file.
    package var token: String { run + "/control.token" }
    /// The path of the file that a running `up` or `run` holds locked; it contains the process id and the command.
    package var lock: String { run + "/up.lock" }

    /// Returns the folder of a data component's data.
    package func data(_ component: ComponentName) -> String { "\(state)/data/\(component)" }
    /// Returns a component's private folder.
    package func privateFolder(_ component: ComponentName) -> String { "\(state)/private/\(component)" }
    /// Returns a component's temporary folder.
    package func temporary(_ component: ComponentName) -> String { "\(state)/tmp/\(component)" }
    /// Returns a shared folder of a storage component.
    package func storage(_ component: ComponentName, _ folder: String) -> String {
        "\(state)/storage/\(component)/\(folder)"
    }

    /// Returns the app's folders and creates those that every app has. Throws a one-line error if that fails, as on a
    /// read-only disk. A new app's state is created below `$XDG_STATE_HOME` or `~/.local/state` if they are usable.
    package static func prepared(app: String, surroundings: [String: String]) throws(ComponentError) -> AppFolders {
        var folders = try AppFolders(app: app)
        folders.makeStateElsewhere(surroundings)
        // Read again in any case: another process may have created its link first.
        folders = try AppFolders(app: app)
        try folders.make(folders.state)
        try folders.closeToOthers()
        for folder in [folders.run, folders.logs] { try folders.make(folder) }
        try folders.noteOwner()
        return folders
    }

    /// Closes an existing state folder to others; throws if it belongs to another user.
    private func closeToOthers() throws(ComponentError) {
        var facts = stat()
        guard stat(state, &facts) == 0, facts.st_uid == geteuid() else {
            throw ComponentError(
                "the folder \(Names.quoted(state)) belongs to another user; run offstage as that user, or remove it")
        }
        guard facts.st_mode & 0o777 == 0o700 || chmod(state, 0o700) == 0 else {
            throw ComponentError(
                "cannot close the folder \(Names.quoted(state)) to others: \(LibC.reason(errno))")
        }
    }

    /// Whether the state is inside the app's folder.
    package var isStateInApp: Bool { SystemFolders.isAt(state, orBelow: app) }

    private func makeStateElsewhere(_ surroundings: [String: String]) {
        let link = app + "/.offstage"
        var facts = stat()
        let home =
            surroundings["XDG_STATE_HOME"].flatMap { $0.isEmpty ? nil : $0 }
            ?? surroundings["HOME"].map { $0 + "/.local/state" }
        guard lstat(link, &facts) != 0, errno == ENOENT, access(app, W_OK | X_OK) == 0,
            let home, home.hasPrefix("/"), !SystemFolders.isAt(home, orBelow: app)
        else { return }
        var random = SystemRandom()
        let name = app.split(separator: "/").last ?? "app"
        let place = "\(home)/offstage/\(name)-\(String(random.next(), radix: 36))"
        guard (try? make(place)) != nil, let real = SystemFolders.realPath(place),
            !SystemFolders.isAt(real, orBelow: app),
            // Shows which app the state belongs to if the link is lost.
            (try? SmallFile.write(app + "\n", to: real + "/app")) != nil, symlink(real, link) == 0
        else {
            SmallFile.remove(place + "/app")
            rmdir(place)
            return
        }
    }

    /// Creates a folder for one user only, and its parents.
    package func make(_ folder: String) throws(ComponentError) {
        var path = ""
        for part in folder.split(separator: "/") {
            path += "/" + part
            if mkdir(path, 0o700) == 0 {
                owner?.take(path)
                continue
            }
            let reason = LibC.reason(errno)
            if SystemFolders.isFolder(path) {
                guard let owner, SystemFolders.isAt(path, orBelow: state), !owner.has(path) else { continue }
                throw ComponentError(
                    "\(Names.quoted(path)) is not \(owner.name)'s; chown -R \(owner.name) \(Names.quoted(state))")
            }
            throw ComponentError("cannot make the folder \(Names.quoted(path)): \(reason)")
        }
        // mkdir does not report this: an existing folder may still be inaccessible to this user.
        guard access(folder, W_OK | X_OK) == 0 else {
            throw ComponentError("cannot write in the folder \(Names.quoted(folder)): \(LibC.reason(errno))")
        }
    }
}
