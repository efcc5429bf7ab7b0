// Where HAProxy runs: a folder whose name nobody guesses. Who reaches its runtime socket moves all requests, and the
// kernel lets confined workers connect to any socket that they can name. They cannot list the folder above, and nothing
// else tells the name: the socket is bound by a name without folders, the folder is where HAProxy starts and is in none
// of its words, and we go through a descriptor, as opening a folder is told to whoever watches the one above (inotify).
import OffstageCore
import OffstageSystem

/// The folder of one app's HAProxy, made afresh for each `up`.
final class ProxyFolder: Sendable {
    private static let prefix = "proxy-"

    /// Its path.
    let path: String
    private let descriptor: Int32

    /// Makes one in a folder, and takes away those of an `up` before.
    init(in folder: String) throws(ComponentError) {
        for name in SystemFolders.names(in: folder) ?? [] where name.hasPrefix(Self.prefix) {
            let old = "\(folder)/\(name)"
            for file in SystemFolders.names(in: old) ?? [] { SmallFile.remove("\(old)/\(file)") }
            rmdir(old)
        }
        path = "\(folder)/\(Self.prefix)\(Secret.make())"
        guard mkdir(path, 0o700) == 0 else {
            throw ComponentError("cannot make the folder \(Names.quoted(path)): \(LibC.reason(errno))")
        }
        descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw ComponentError("cannot open the folder \(Names.quoted(path)): \(LibC.reason(errno))")
        }
    }

    deinit {
        _ = close(descriptor)
    }

    /// A file in it, by a path that only this process can use.
    func file(_ name: String) -> String {
        #if os(Linux)
            "/proc/self/fd/\(descriptor)/\(name)"
        #else
            "\(path)/\(name)"
        #endif
    }
}
