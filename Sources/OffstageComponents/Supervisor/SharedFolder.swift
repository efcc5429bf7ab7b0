// A shared folder is stored with its storage component; a link in the app's folder leads to it. An existing folder is
// replaced only if it is empty, because its files are a user's. A link that we made when the app or its state was
// elsewhere is replaced: it leads nowhere, or to the data of another app, of which this one is a copy.
import OffstageCore
import OffstageSystem

/// The folders of storage components.
enum SharedFolder {
    /// Creates the shared folder and the link to it. Throws if something else is in the link's place.
    static func link(_ folder: String, _ storage: ComponentName, _ folders: AppFolders) throws(ComponentError) {
        let place = folders.storage(storage, folder)
        try folders.make(place)
        let path = "\(folders.app)/\(folder)"
        if SystemFolders.realPath(path) == SystemFolders.realPath(place) { return }
        if let slash = path.lastIndex(of: "/") { try folders.make(String(path[..<slash])) }
        // This removes only an empty folder.
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

    /// Returns the link's target. It is relative to the link's folder if the state moves with the app. Links above that
    /// folder would break a relative target, so then it is absolute.
    private static func target(_ folder: String, _ place: String, _ folders: AppFolders) -> String {
        let above = folder.split(separator: "/").dropLast()
        let parent = ([folders.app] + above.map(String.init)).joined(separator: "/")
        guard folders.state == folders.app + "/.offstage", SystemFolders.realPath(parent) == parent else {
            return place
        }
        return String(repeating: "../", count: above.count) + place.dropFirst(folders.app.utf8.count + 1)
    }

    /// Returns whether a link leads to this place in one of our state folders, which may no longer exist.
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
