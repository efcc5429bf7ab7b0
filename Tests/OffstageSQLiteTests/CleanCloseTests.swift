// After the last process has closed the store properly, the one file holds everything. A restored file is never mixed
// with a log that its predecessor left. A backup is a complete store.
import Foundation
import OffstageCore
import OffstageTesting
import TestProcesses
import Testing

@testable import OffstageSQLite

@Suite(.timeLimit(.minutes(3))) struct CleanCloseTests {
    private let scratch: ScratchDirectory
    private let path: String

    init() throws {
        scratch = try ScratchDirectory()
        path = scratch.file("jobs.db")
    }

    /// The number of jobs in a copy of the file alone.
    private func copied(_ name: String) async throws -> Int {
        let copy = scratch.file(name)
        try FileManager.default.copyItem(atPath: path, toPath: copy)
        let store = try await SQLiteStore.open(copy, for: .look)
        let waiting = try await store.waiting()
        await store.close()
        return waiting
    }

    @Test func theLastOneToCloseLeavesEverythingInTheFile() async throws {
        let first = try await openStore(path)
        _ = try await first.enqueue((0..<100).map { plain($0) })
        let second = try await openStore(path)
        await first.close()
        #expect(WriteAheadLog.size(path) > 0)
        _ = try await second.enqueue((100..<200).map { plain($0) })
        await second.close()
        #expect(WriteAheadLog.size(path) == 0)
        #expect(try await copied("copy.db") == 200)
    }

    @Test func itMayBeOneWhoOnlyLooked() async throws {
        let store = try await openStore(path)
        _ = try await store.enqueue([plain(1)])
        let look = try await SQLiteStore.open(path, for: .look)
        #expect(try await look.waiting() == 1)
        await store.close()
        #expect(WriteAheadLog.size(path) > 0)
        await look.close()
        #expect(WriteAheadLog.size(path) == 0)
        #expect(try await copied("copy.db") == 1)
    }

    @Test func aProcessThatWasKilledLeavesItToTheNext() async throws {
        let crew = try Crew(store: path)
        defer { crew.end() }
        let child = try crew.start("enqueue", ["from": "0", "count": "100000", "batch": "10", "kind": "plain"])
        try await child.hears("accepted")
        child.end()
        #expect(WriteAheadLog.size(path) > 0)
        let store = try await openStore(path)
        let waiting = try await store.waiting()
        #expect(waiting >= 10)
        await store.close()
        #expect(try await copied("copy.db") == waiting)
    }

    // MARK: A log of another file

    /// Makes a crashed store: the file and its log, after the log was restarted more than once.
    private func crash() async throws {
        for round in 0..<3 {
            let store = try await openStore(path)
            for part in 0..<10 {
                _ = try await store.enqueue((0..<100).map { plain(round * 1000 + part * 100 + $0, bytes: 300) })
            }
            let jobs = try await store.take(400, firstCounter: UInt64(round * 1000 + 1))
            var random: any RandomSource = SeededRandom(seed: 1)
            _ = try await store.settle(
                jobs.map { job in
                    Settlement.of(
                        .returned(result: nil, truncated: false), job: job, policy: .standard, ranMicroseconds: 1,
                        random: &random)
                })
            if round == 2 {
                for suffix in ["", "-wal"] {
                    try FileManager.default.copyItem(atPath: path + suffix, toPath: scratch.file("crashed") + suffix)
                }
            }
            await store.close()
            if round == 0 { try FileManager.default.copyItem(atPath: path, toPath: scratch.file("cp.db")) }
            if round == 1 { _ = try await SQLiteStore.backUp(path, to: scratch.file("backup.db")) }
        }
        for suffix in ["", "-wal"] { rename(scratch.file("crashed") + suffix, path + suffix) }
        unlink(path + "-shm")
    }

    @Test(arguments: ["backup.db", "cp.db"])
    func aBackupIsNotMixedWithAnOldLog(backup: String) async throws {
        try await crash()
        let log = try Data(contentsOf: URL(filePath: path + "-wal"))
        try #require(!log.isEmpty)
        try Data(contentsOf: URL(filePath: scratch.file(backup))).write(to: URL(filePath: path))
        for access in [StoreAccess.make, .change, .look] {
            let text = await storeError { _ = try await SQLiteStore.open(path, for: access) }?.description
            #expect(text?.contains("do not belong together") == true, "\(text ?? "it was opened")")
        }
        #expect(try Data(contentsOf: URL(filePath: path + "-wal")) == log)
        for suffix in ["-wal", "-shm"] { unlink(path + suffix) }
        let store = try await openStore(path)
        #expect(try await store.waiting() == (backup == "cp.db" ? 600 : 1200))
        #expect(try await store.examine().allSatisfy { $0.level < .error })
        await store.close()
    }

    @Test func aCrashIsRecoveredFromWhateverOthersDidToTheFile() async throws {
        try await crash()
        // The file has a different inode and time now, but the log still belongs to it.
        let store = try await openStore(path)
        #expect(try await store.waiting() == 1800)
        #expect(try await store.examine().allSatisfy { $0.level < .error })
        await store.close()
    }

    // MARK: Backup

    @Test func aBackupIsAStoreByItselfAndAsPrivate() async throws {
        let store = try await openStore(path)
        _ = try await store.enqueue((0..<100).map { plain($0) })
        #expect(try await store.take(10).count == 10)
        chmod(path, 0o600)
        let file = scratch.file("backup.db")
        let report = try await SQLiteStore.backUp(path, to: file)
        #expect(report.jobs == 100)
        var status = stat()
        try #require(stat(file, &status) == 0)
        #expect((status.st_mode & 0o777, Int(status.st_size)) == (0o600, report.bytes))
        let again = await storeError { _ = try await SQLiteStore.backUp(path, to: file) }?.description
        #expect(again?.contains("exists already") == true)
        let names = try FileManager.default.contentsOfDirectory(atPath: scratch.path)
        #expect(!names.contains { $0.contains(".part") })
        await store.close()
        let copy = try await openStore(file)
        #expect(try await copy.examine().allSatisfy { $0.level < .error })
        let counts = try await copy.counts()
        #expect((counts.total(.available), counts.total(.running)) == (90, 10))
        await copy.close()
    }

    @Test func writersNeitherDelayABackupNorWaitForIt() async throws {
        let isLong = Crew.isLong("a backup beside writers")
        let crew = try Crew(onDisk: true)
        defer { crew.end() }
        let store = try await openStore(crew.store)
        let size = isLong ? 20_000 : 4000
        for first in stride(from: 0, to: size, by: 500) {
            _ = try await store.enqueue((first..<first + 500).map { plain($0, bytes: 4000) })
        }
        let isDone = TestSignal()
        async let written = {
            var next = 1_000_000
            while !isDone.isSet {
                _ = try await store.enqueue([plain(next)])
                next += 1
            }
            return next - 1_000_000
        }()
        for round in 0..<3 {
            let report = try await SQLiteStore.backUp(crew.store, to: crew.folder.file("backup-\(round).db"))
            #expect(report.jobs >= size)
        }
        isDone.set()
        #expect(try await written > 10)
        await store.close()
    }

    @Test func aBackupOfADamagedFileIsNotMade() async throws {
        let store = try await openStore(path)
        for first in stride(from: 0, to: 2000, by: 500) {
            _ = try await store.enqueue((first..<first + 500).map { plain($0, bytes: 300) })
        }
        await store.close()
        let file = try #require(FileHandle(forWritingAtPath: path))
        try file.seek(toOffset: 4096 * 40)
        try file.write(contentsOf: Data(repeating: 0xA5, count: 4096 * 20))
        try file.close()
        #expect(await storeError { _ = try await SQLiteStore.backUp(path, to: scratch.file("b.db")) } != nil)
        #expect(!FileManager.default.fileExists(atPath: scratch.file("b.db")))
    }
}
