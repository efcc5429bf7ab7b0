// The files that we keep beside the database, `-lock` and `-wake`. Every user of the database must be able to use them,
// so they take its owner and mode: a command run by root must not lock the service out. Anyone who may write to the
// folder could also plant something under their names, so links are not followed and only a regular file is written to.
import OffstageCore
import OffstageSystem

enum SideFile {
    /// Opens a file beside a database for reading and writing, and returns its descriptor. Makes it if it is missing
    /// and `creating` is set. Throws StoreError.unusable with the reason.
    static func open(_ path: String, beside database: String, creating: Bool = true) throws -> Int32 {
        // Without O_NONBLOCK a named pipe at that path could block the caller.
        let flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | (creating ? O_CREAT : 0)
        let descriptor = openFile(path, flags)
        guard descriptor >= 0 else {
            let reason = errno == ELOOP ? "it is a symbolic link; remove it" : LibC.reason(errno)
            throw StoreError.unusable("\(path) cannot be opened: \(reason)")
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_nlink <= 1 else {
            close(descriptor)
            throw StoreError.unusable("\(path) cannot be opened: it is not a file of its own; remove it")
        }
        takeAfter(database, descriptor, status)
        return descriptor
    }

    /// Gives an open file the database's owner and mode, as far as this user may.
    private static func takeAfter(_ database: String, _ descriptor: Int32, _ own: stat) {
        var wanted = stat()
        guard stat(database, &wanted) == 0 else { return }
        if own.st_uid != wanted.st_uid || own.st_gid != wanted.st_gid,
            fchown(descriptor, wanted.st_uid, wanted.st_gid) != 0
        {
            // Only root can give files away, but a member of the group can share the file with the group.
            _ = fchown(descriptor, uid_t.max, wanted.st_gid)
        }
        let mode = wanted.st_mode & 0o666
        if own.st_mode & 0o777 != mode { _ = fchmod(descriptor, mode) }
    }

    private static func openFile(_ path: String, _ flags: Int32) -> Int32 {
        LibC.open(path, flags, 0o644)
    }
}
