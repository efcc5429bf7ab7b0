// One `up` or `run` a folder. The lock belongs to an open file, so it ends with its holder, even by `kill -9`, and
// never goes stale. The file's content names the holder, for messages only.
import CSystem
import OffstageCore
import OffstageSystem

/// A lock on a file, held until it is released or all its holders have ended.
package final class FolderLock: Sendable {
    /// The open file. A child that inherits it holds the lock too.
    let descriptor: Int32

    private init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    deinit {
        _ = close(descriptor)
    }

    /// Takes the lock, and writes this process's id and the command into the file. Returns nil if another process holds
    /// it.
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

    /// Returns the process that took it last, and its command; nil if there is none.
    package static func holder(_ path: String) -> (process: Int, command: String)? {
        guard let line = SmallFile.read(path)?.prefix(while: { $0 != "\n" }) else { return nil }
        let parts = line.split(separator: " ", maxSplits: 1)
        guard let process = parts.first.flatMap({ Int($0) }) else { return nil }
        return (process, parts.count > 1 ? String(parts[1]) : "")
    }
}
