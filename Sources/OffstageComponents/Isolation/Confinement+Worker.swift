// The confinement of a worker component. Landlock rules can only add access, so "the app's folder without its state" is
// written as every entry of the app's folder except the state. Every path is resolved first, so that a link, perhaps
// made by the component itself, grants access to nothing but the path that its name suggests.
import OffstageCore

extension Confinement {
    /// Returns the confinement of a worker with these folders, which must exist. Throws if one is missing or leads
    /// elsewhere.
    public static func worker(_ folders: ComponentFolders, alsoReadable: [String] = []) throws -> Confinement {
        let state = try real(folders.state)
        let app = try real(folders.app)
        var confinement = Confinement()
        confinement.devices = SystemFolders.devices
        let readable = SystemFolders.readable + [app] + alsoReadable
        confinement.readable = try readable.flatMap { try parts(of: real($0), without: state) }
        let own = [
            (folders.privateFolder, "\(state)/private/\(folders.component)"),
            (folders.temporaryFolder, "\(state)/tmp/\(folders.component)"),
        ]
        for (path, place) in own {
            guard try real(path) == place else {
                throw ConfinementError("\(Names.quoted(path)) is a link; a component's own folder must not be one")
            }
            confinement.writable.append(place)
        }
        confinement.writable += try folders.network.map { try network($0, state: state) }
        confinement.niceness = 10
        confinement.isBatch = true
        confinement.environment = [
            "TMPDIR": "\(state)/tmp/\(folders.component)", "HOME": "\(state)/private/\(folders.component)",
        ]
        return confinement
    }

    private static func real(_ path: String) throws -> String {
        guard let real = SystemFolders.realPath(path) else {
            throw ConfinementError("\(Names.quoted(path)) is not there")
        }
        return real
    }

    /// Resolves a shared folder, which must be in the state's `storage` or outside the state.
    private static func network(_ path: String, state: String) throws -> String {
        let place = try real(path)
        let isShared = SystemFolders.isAt(place, orBelow: "\(state)/storage") || !overlap(place, state)
        guard isShared else {
            throw ConfinementError(
                "\(Names.quoted(path)) leads to \(Names.quoted(place)), which components do not share")
        }
        return place
    }

    /// Splits a folder into the largest parts that do not contain the hole.
    static func parts(of folder: String, without hole: String) throws -> [String] {
        if SystemFolders.isAt(folder, orBelow: hole) { return [] }
        guard SystemFolders.isAt(hole, orBelow: folder) else { return [folder] }
        guard let names = SystemFolders.names(in: folder) else {
            throw ConfinementError("cannot read the folder \(Names.quoted(folder))")
        }
        let prefix = folder == "/" ? "/" : folder + "/"
        return try names.flatMap { name -> [String] in
            // A dangling link has nothing to read.
            guard let place = SystemFolders.realPath(prefix + name) else { return [] }
            // A link that leads back up would recurse forever.
            if SystemFolders.isAt(folder, orBelow: place) { return [] }
            return try parts(of: place, without: hole)
        }
    }

    private static func overlap(_ one: String, _ other: String) -> Bool {
        SystemFolders.isAt(one, orBelow: other) || SystemFolders.isAt(other, orBelow: one)
    }
}
