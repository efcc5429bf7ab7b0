// What `doctor` reports about the file and its surroundings.
import CSQLite
import OffstageCore
import OffstageSystem

struct Examination {
    let session: ReadSession
    let path: String
    let lock: WriterLock?
    /// Whether the store was opened for writing, too.
    let isWritten: Bool

    func findings() throws -> [Finding] {
        let connection = session.connection
        var findings = [
            Finding(
                .info,
                "\(path): schema \(SchemaSteps.shipped.latest), SQLite \(String(cString: sqlite3_libversion())), "
                    + "every accepted job is synced to disk"
            )
        ]
        let mode = try connection.text("PRAGMA journal_mode")
        if mode != "wal", !isWritten {
            let what = session.isOfUnchanging ? "it cannot be written" : "it is a copy that nobody has written to yet"
            findings.append(Finding(.info, what))
        } else if mode != "wal" {
            findings.append(
                Finding(.error, "the journal mode is \(mode), not wal: the file was changed by another program"))
        }
        let pages = try connection.integer("PRAGMA page_count") * connection.integer("PRAGMA page_size")
        findings.append(Finding(.info, "the file has \(pages / 1024) KiB"))
        findings.append(room())
        findings += log()
        let check = try connection.text("PRAGMA quick_check(1)")
        let fault = check == "ok" ? try Consistency.fault(in: connection) : check
        findings.append(
            fault.map { Finding(.error, "the file is damaged: \($0); restore a backup") }
                ?? Finding(.info, "the file's structure is sound"))
        if let lock, let waited = lock.waitingMicroseconds {
            findings.append(
                Finding(.warning, "process \(lock.holder) holds the writer lock, for \(waited / 1000) ms now"))
        }
        return findings
    }

    /// The WAL is checkpointed and restarted unless a reader still needs its old content.
    private func log() -> [Finding] {
        guard let size = FileStamp(path: path + "-wal")?.size, size > Connection.logLimit * 5 / 4 else { return [] }
        let text = "\(path)-wal has \(size >> 20) MiB"
        let readers = LogReaders.of(path)
        guard !readers.isEmpty else {
            return [Finding(.info, text + ", and shrinks with the next commits of a worker")]
        }
        return [
            Finding(
                .warning,
                text + ", as it cannot be copied back while others read: \(readers.joined(separator: ", "));"
                    + " if one of them has read for long, end it")
        ]
    }

    /// The WAL alone grows to 64 MiB before it is checkpointed into the file, which grows with it.
    private static let leastRoom: UInt64 = 128 << 20

    private func room() -> Finding {
        var disk = statvfs()
        guard statvfs(path, &disk) == 0 else {
            return Finding(.warning, "the disk's free room cannot be read: \(LibC.reason(errno))")
        }
        let free = UInt64(disk.f_bavail) * UInt64(disk.f_frsize)
        let text = "the disk has \(free >> 20) MiB free"
        if free == 0 { return Finding(.error, text + ": nothing more can be accepted; make room") }
        return free < Self.leastRoom
            ? Finding(.warning, text + ": a busy queue needs \(Self.leastRoom >> 20) MiB; make room")
            : Finding(.info, text)
    }
}
