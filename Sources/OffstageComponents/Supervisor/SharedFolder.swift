// A folder that components share lies with its storage component; where a component looks for it, in the app's folder,
// stands a link. A folder that is there already is not touched unless it is empty: its files are somebody's.
import OffstageCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

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
        guard symlink(place, path) != 0 else { return }
        guard errno == EEXIST else {
            throw ComponentError("cannot link \(Names.quoted(path)): \(SystemErrors.reason(errno))")
        }
        throw ComponentError(
            "\(Names.quoted(path)) is to be shared through \(storage), but is there already; move what is in it to"
                + " \(Names.quoted(place)) and remove it")
    }
}
