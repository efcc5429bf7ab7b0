// Where an app lives: its own folder, and the state folder that `.offstage` in it leads to. The state belongs to this
// user alone, as it holds sockets and databases. It lies outside of the app's folder if that can be, because a worker
// may read the whole of the app and nothing of others' state, and the kernel's rules know no exceptions: with the state
// inside, a worker could not list the app's folder, and Python would find no module in it.
import CSystem
import OffstageCore
import OffstageSystem

/// The folders of one app.
package struct AppFolders: Sendable, Hashable {
    /// The app's folder, without links.
    package let app: String
    /// The folder of all state: where the link `.offstage` in the app's leads, or a folder of this name.
    package let state: String
    /// Who is given what is made; nil: who makes it.
    package var owner: FolderOwner?

    /// The folder of the app, which must exist and must not be a copy that shares another one's state.
    package init(app: String) throws(ComponentError) {
        guard let real = SystemFolders.realPath(app), SystemFolders.isFolder(real) else {
            throw ComponentError("there is no folder \(Names.quoted(app))")
        }
        self.app = real
        state = SystemFolders.realPath(real + "/.offstage") ?? real + "/.offstage"
        try checkOwner()
    }

    /// Sockets and locks of what runs.
    package var run: String { state + "/run" }
    /// Where logs are kept.
    package var logs: String { state + "/logs" }
    /// Where the control socket is.
    package var control: String { run + "/control" }
    /// What a request at the control socket must bear; a confined worker can connect, but not read it.
    package var token: String { run + "/control.token" }
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

    /// The folder of the app, with the folders that every app has made; throws one line if that cannot be, as on a
    /// read-only disk. A new app's state is kept below `$XDG_STATE_HOME` or `~/.local/state`, if those can be had.
    package static func prepared(app: String, surroundings: [String: String]) throws(ComponentError) -> AppFolders {
        var folders = try AppFolders(app: app)
        folders.makeStateElsewhere(surroundings)
        // Once more in any case: another process may have been quicker with its link.
        folders = try AppFolders(app: app)
        try folders.make(folders.state)
        try folders.closeToOthers()
        for folder in [folders.run, folders.logs] { try folders.make(folder) }
        try folders.noteOwner()
        return folders
    }

    /// A state folder that was there already may be another user's, or open to all.
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

    /// Whether the state lies in the app's folder.
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
            // So that one finds out whose it is when the link is gone.
            (try? SmallFile.write(app + "\n", to: real + "/app")) != nil, symlink(real, link) == 0
        else {
            SmallFile.remove(place + "/app")
            rmdir(place)
            return
        }
    }

    /// Makes a folder of one user alone, and those above it.
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
        // What mkdir does not tell: a folder that is there already may still be closed to this user.
        guard access(folder, W_OK | X_OK) == 0 else {
            throw ComponentError("cannot write in the folder \(Names.quoted(folder)): \(LibC.reason(errno))")
        }
    }
}
