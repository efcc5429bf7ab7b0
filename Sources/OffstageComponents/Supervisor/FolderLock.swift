// One `up` a folder. The lock belongs to an open file, so it ends with its holder, of `kill -9` too, and there is no
// stale one to be found; who holds it stands in the file for the message only.
import CSystem
import OffstageCore
import OffstageSystem

/// A lock on a file, held until it is released or its holders are gone.
package final class FolderLock: Sendable {
    /// The open file; a child that gets it holds the lock as well.
    let descriptor: Int32

    private init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    deinit {
        _ = close(descriptor)
    }

    /// Takes the lock and writes this process' id into the file, and what it is; nil if somebody holds it.
    package static func take(_ path: String, by command: String = "") throws(ComponentError) -> FolderLock? {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw ComponentError("cannot open \(Names.quoted(path)): \(LibC.reason(errno))")
        }
        let problem = offstage_ofd_trylock(descriptor, 0)
        guard problem == 0 else {
            _ = close(descriptor)
            if problem == EAGAIN || problem == EACCES { return nil }
            throw ComponentError("cannot lock \(Names.quoted(path)): \(LibC.reason(problem))")
        }
        let text = Array("\(getpid()) \(command)\n".utf8)
        _ = ftruncate(descriptor, 0)
        _ = pwrite(descriptor, text, text.count, 0)
        return FolderLock(descriptor: descriptor)
    }

    /// The process that took it last, and what that is; nil if there is none.
    package static func holder(_ path: String) -> (process: Int, command: String)? {
        guard let line = SmallFile.read(path)?.prefix(while: { $0 != "\n" }) else { return nil }
        let parts = line.split(separator: " ", maxSplits: 1)
        guard let process = parts.first.flatMap({ Int($0) }) else { return nil }
        return (process, parts.count > 1 ? String(parts[1]) : "")
    }
}
