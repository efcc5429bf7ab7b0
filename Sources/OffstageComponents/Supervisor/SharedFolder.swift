// A folder that components share lies with its storage component; where a component looks for it, in the app's folder,
// stands a link. A folder that is there already is not touched unless it is empty: its files are somebody's. A link
// that we made when the app, or its state, lay elsewhere is made anew: it leads nowhere, or to the data of another app,
// of which this one is a copy.
import OffstageCore
import OffstageSystem

/// The folders of storage components.
enum SharedFolder {
    /// Makes the shared folder and the link to it.
    static func link(_ folder: String, _ storage: ComponentName, _ folders: AppFolders) throws(ComponentError) {
        let place = folders.storage(storage, folder)
        try folders.make(place)
        let path = "\(folders.app)/\(folder)"
        if SystemFolders.realPath(path) == SystemFolders.realPath(place) { return }
        if let slash = path.lastIndex(of: "/") { try folders.make(String(path[..<slash])) }
        // Only an empty folder goes away by this.
        rmdir(path)
        if isFormer(path, "/storage/\(storage)/\(folder)") { unlink(path) }
        guard symlink(target(folder, place, folders), path) != 0 else {
            folders.owner?.take(path)
            return
        }
        guard errno == EEXIST else {
            throw ComponentError("cannot link \(Names.quoted(path)): \(LibC.reason(errno))")
        }
        throw ComponentError(
            "\(Names.quoted(path)) is to be shared through \(storage), but is there already; move what is in it to"
                + " \(Names.quoted(place)) and remove it")
    }

    /// From the folder that the link lies in, if the state moves with the app; links above it would lead it astray.
    private static func target(_ folder: String, _ place: String, _ folders: AppFolders) -> String {
        let above = folder.split(separator: "/").dropLast()
        let parent = ([folders.app] + above.map(String.init)).joined(separator: "/")
        guard folders.state == folders.app + "/.offstage", SystemFolders.realPath(parent) == parent else {
            return place
        }
        return String(repeating: "../", count: above.count) + place.dropFirst(folders.app.utf8.count + 1)
    }

    /// Whether a link leads to this place in a state folder of ours, which need not be there any more.
    private static func isFormer(_ path: String, _ ending: String) -> Bool {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink(path, &buffer, buffer.count)
        guard count > 0 else { return false }
        let target = String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        guard target.hasSuffix(ending) else { return false }
        if !SystemFolders.exists(path) { return true }
        let state = target.dropLast(ending.utf8.count).split(separator: "/")
        return state.last == ".offstage" || state.dropLast().last == "offstage"
    }
}
