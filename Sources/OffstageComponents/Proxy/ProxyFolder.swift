// HAProxy's folder, which has an unguessable name. A process that can reach the runtime socket controls all requests,
// and the kernel lets confined workers connect to any socket whose path they know. Workers cannot list the parent
// folder, and nothing else reveals the name. HAProxy starts in the folder and binds the socket by a relative name, so
// the folder is not among its arguments. We use a descriptor, because opening the folder by name would be visible to a
// watcher of the parent (inotify).
import OffstageCore
import OffstageSystem

/// The folder of one app's HAProxy, created for each `up`.
final class ProxyFolder: Sendable {
    private static let prefix = "proxy-"

    /// Its path.
    let path: String
    private let descriptor: Int32

    /// Creates one in a folder, and removes those of an earlier `up`.
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

    /// Returns the path of a file in it; only this process can use the path.
    func file(_ name: String) -> String {
        #if os(Linux)
            "/proc/self/fd/\(descriptor)/\(name)"
        #else
            "\(path)/\(name)"
        #endif
    }
}
