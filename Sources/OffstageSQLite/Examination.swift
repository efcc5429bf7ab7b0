// What `doctor` says about the file and its surroundings.
import CSQLite
import OffstageCore

struct Examination {
    let session: ReadSession
    let path: String
    let lock: WriterLock

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
        if mode != "wal" {
            findings.append(
                Finding(.error, "the journal mode is \(mode), not wal: the file was changed by another program"))
        }
        let pages = try connection.integer("PRAGMA page_count") * connection.integer("PRAGMA page_size")
        findings.append(Finding(.info, "the file has \(pages / 1024) KiB"))
        let check = try connection.text("PRAGMA quick_check(1)")
        findings.append(
            check == "ok"
                ? Finding(.info, "the file's structure is sound") : Finding(.error, "the file is damaged: \(check)"))
        if let waited = lock.waitingMicroseconds {
            findings.append(
                Finding(.warning, "process \(lock.holder) holds the writer lock, for \(waited / 1000) ms now"))
        }
        return findings
    }
}
