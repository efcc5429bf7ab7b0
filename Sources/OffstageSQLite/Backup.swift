// Copies a store that is in use. The copy is made from one read transaction, so writers do not wait for it and do not
// make it start over, as they do with SQLite's page-by-page backup. Meanwhile the WAL cannot be checkpointed and grows
// by what is written. The copy gets its name only once it is complete, checked and synced.
public import OffstageCore
import OffstageSystem

/// The size of a finished backup.
public struct BackupReport: Sendable, Hashable {
    /// The number of jobs in it, in all states.
    public var jobs: Int
    /// Its size in bytes.
    public var bytes: Int
}

extension SQLiteStore {
    /// Copies the store at `path` into the new file `file`, which is a complete store. Returns the copy's number of
    /// jobs and its size. Throws StoreError.unusable if `file` exists or cannot be written, StoreError.full if it does
    /// not fit on the disk, and StoreError.lost if the copy is damaged.
    public static func backUp(
        _ path: String, to file: String, options: StoreOptions = StoreOptions()
    ) async throws -> BackupReport {
        let path = try StoreFile.check(path, for: .look)
        return try await withCheckedThrowingContinuation { continuation in
            SystemThread.startEventually("offstage-backup") {
                continuation.resume(with: Result { try Backup(path: path, file: file, options: options).run() })
            }
        }
    }
}

private struct Backup {
    let path: String
    let file: String
    let options: StoreOptions

    func run() throws -> BackupReport {
        guard FileStamp(path: file) == nil else {
            throw StoreError.unusable("\(file) exists already: name a new file")
        }
        let part = "\(file).part-\(getpid())"
        defer { unlink(part) }
        try makeEmpty(part)
        let lock = try? WriterLock(of: path, creating: false, time: options.time)
        do {
            let source = try StoreFile.openForLooking(path, lock: lock, options: options)
            try source.execute("PRAGMA query_only=0")
            let statement = try source.prepareOnce("VACUUM INTO ?1")
            statement.bind(1, part)
            try statement.run()
            guard !source.hasMoved else { throw OpenFiles.lost(path) }
        } catch StoreError.full {
            throw StoreError.full("there is no room for \(file)")
        }
        let report = try check(part)
        try keep(part)
        return report
    }

    // The store may hold data that only its service may read, so the copy is private to this user until it has the
    // store's owner and mode.
    private func makeEmpty(_ part: String) throws {
        unlink(part)
        let descriptor = create(part)
        guard descriptor >= 0 else { throw failure("written") }
        defer { close(descriptor) }
        var status = stat()
        guard stat(path, &status) == 0 else { return }
        _ = fchown(descriptor, status.st_uid, status.st_gid)
        _ = fchmod(descriptor, status.st_mode & 0o666)
    }

    private func check(_ part: String) throws -> BackupReport {
        let copy = try Connection(path: part, role: .readerOfUnchanging)
        let verdict = try copy.text("PRAGMA integrity_check(1)")
        guard verdict == "ok" else {
            throw StoreError.lost("\(path) is damaged, and no copy of it was made: \(verdict); restore a backup")
        }
        return BackupReport(
            jobs: Int(try copy.integer("SELECT count(*) FROM jobs")), bytes: Int(FileStamp(path: part)?.size ?? 0))
    }

    /// Syncs the copy and gives it its final name. Throws StoreError.unusable if a file of that name has appeared
    /// meanwhile, which a file system without hard links cannot detect.
    private func keep(_ part: String) throws {
        try sync(part)
        if link(part, file) != 0 {
            guard errno != EEXIST else { throw StoreError.unusable("\(file) exists already: name a new file") }
            // The file system has no hard links.
            guard rename(part, file) == 0 else { throw failure("written") }
        }
        unlink(part)
        let folder = file.contains("/") ? String(file[..<(file.lastIndex(of: "/") ?? file.startIndex)]) : "."
        try sync(folder.isEmpty ? "/" : folder)
    }

    private func sync(_ path: String) throws {
        let descriptor = openToSync(path)
        guard descriptor >= 0 else { throw failure("synced") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 || errno == EINVAL else { throw failure("synced") }
    }

    private func failure(_ verb: String) -> StoreError {
        .unusable("\(file) cannot be \(verb): \(LibC.reason(errno))")
    }

    private func create(_ path: String) -> Int32 {
        let flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        return LibC.open(path, flags, 0o600)
    }

    private func openToSync(_ path: String) -> Int32 {
        LibC.open(path, O_RDONLY | O_CLOEXEC)
    }
}
