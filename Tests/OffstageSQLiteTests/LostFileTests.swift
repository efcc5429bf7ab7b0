// The file, or one next to it, is removed or replaced under an open store: nothing is accepted that could not be found
// again, and every user of the store learns that the file is gone.
import Foundation
import OffstageCore
import OffstageTesting
import TestProcesses
import Testing

@testable import OffstageSQLite

@Suite(.timeLimit(.minutes(2))) struct LostFileTests {
    private let scratch: ScratchDirectory
    private let path: String

    init() throws {
        scratch = try ScratchDirectory()
        path = scratch.file("jobs.db")
    }

    private func expectLost(_ error: StoreError?, _ words: String, location: SourceLocation = #_sourceLocation) {
        guard case .lost(let text) = error else {
            Issue.record("the answer was \(String(describing: error))", sourceLocation: location)
            return
        }
        #expect(text.contains(words) && text.contains(path), "\(text)", sourceLocation: location)
    }

    /// A job that is queued although it has ended, and one that has no row: its real state cannot be determined.
    @Test(arguments: ["UPDATE jobs SET state = 5", "DELETE FROM jobs"])
    func aLineThatContradictsTheJobsIsDamage(change: String) async throws {
        let store = try await openStore(path)
        _ = try await store.enqueue([plain(1)])
        try runSQL(path, change)
        let wish = ReserveRequest(
            worker: WorkerID(bits: 1), selection: WorkSelection(queues: nil, types: [plain(1).type]), limit: 1,
            startNow: 1, holding: 0, firstCounter: 1)
        for _ in 0..<2 {
            expectLost(await storeError { _ = try await store.settle([], reserving: wish) }, "damaged")
        }
        await store.close()
    }

    @Test(arguments: [["", "-wal", "-shm", "-lock", "-wake"], [""], ["-wal", "-shm"], ["-wal"], ["-shm"]])
    func nothingIsAcceptedIntoAFileThatIsGone(suffixes: [String]) async throws {
        let store = try await openStore(path)
        _ = try await store.enqueue([plain(1)])
        #expect(try await store.waiting() == 1)
        for suffix in suffixes { unlink(path + suffix) }
        for _ in 0..<2 { expectLost(await storeError { _ = try await store.enqueue([plain(2)]) }, "was removed") }
        expectLost(await storeError { _ = try await store.waiting() }, "was removed")
        expectLost(await storeError { _ = try await store.maintain(limit: 10) }, "was removed")
        expectLost(await storeError { _ = try await store.examine() }, "was removed")
        expectLost(await storeError { _ = try await store.standing(of: plain(1).id) }, "was removed")
        await store.close()
        for suffix in suffixes { #expect(!FileManager.default.fileExists(atPath: path + suffix), "\(suffix)") }
    }

    @Test func aLockThatIsGoneExcludesNobody() async throws {
        let store = try await openStore(path)
        unlink(path + "-lock")
        expectLost(await storeError { _ = try await store.enqueue([plain(1)]) }, "-lock was removed")
        await store.close()
        let next = try await openStore(path)
        #expect(try await next.examine().allSatisfy { $0.level < .error })
        await next.close()
    }

    @Test(arguments: ["", "-wal", "-shm", "-lock"])
    func nothingIsAcceptedOnceAnotherFileStandsThere(suffix: String) async throws {
        let store = try await openStore(path)
        _ = try await store.enqueue([plain(1)])
        #expect(try await store.waiting() == 1)
        let other = scratch.file("other")
        try FileManager.default.copyItem(atPath: path + suffix, toPath: other)
        try #require(rename(other, path + suffix) == 0)
        let before = try Data(contentsOf: URL(filePath: path + suffix))
        expectLost(await storeError { _ = try await store.enqueue([plain(2)]) }, "was replaced")
        await store.close()
        // Nothing of the lost store is written into the file that replaced it.
        #expect(try Data(contentsOf: URL(filePath: path + suffix)) == before)
    }

    @Test func aNewStoreInTheOldPlaceIsLeftAlone() async throws {
        let old = try await openStore(path)
        _ = try await old.enqueue([plain(1)])
        for suffix in ["", "-wal", "-shm", "-lock", "-wake"] { unlink(path + suffix) }
        let new = try await openStore(path)
        _ = try await new.enqueue([plain(2), plain(3)])
        expectLost(await storeError { _ = try await old.enqueue([plain(4)]) }, "was replaced")
        await old.close()
        #expect(try await new.waiting() == 2)
        await new.close()
        let again = try await openStore(path)
        #expect(try await again.waiting() == 2)
        await again.close()
    }

    @Test func whatALogHeldIsSavedWhenOnlyTheLogIsRemoved() async throws {
        let store = try await openStore(path)
        _ = try await store.enqueue([plain(1), plain(2)])
        #expect(try await store.take().count == 1)
        for suffix in ["-wal", "-shm"] { unlink(path + suffix) }
        expectLost(await storeError { _ = try await store.maintain(limit: 10) }, "-wal was removed")
        await store.close()
        let next = try await openStore(path)
        let counts = try await next.counts()
        #expect((counts.total(.available), counts.total(.running)) == (1, 1))
        #expect(try await next.examine().allSatisfy { $0.level < .error })
        await next.close()
    }

    @Test func aTransactionOfTheCallersOwnNoticesToo() async throws {
        let store = try await openStore(path)
        let connection = try Connection(path: path, role: .writer)
        let work = try SQLiteTransactions(store, connection: connection.handle)
        try work.transaction { _ = try $0.enqueue([plain(1)]) }
        for suffix in ["", "-wal", "-shm"] { unlink(path + suffix) }
        expectLost(
            await storeError { try work.transaction { _ = try $0.enqueue([plain(2)]) } }, "was removed")
        await store.close()
    }

    @Test func aConnectionToAnotherFileIsRefused() async throws {
        let store = try await openStore(path)
        let connection = try Connection(path: scratch.file("other.db"), role: .writer)
        let text = await storeError { _ = try SQLiteTransactions(store, connection: connection.handle) }?.description
        #expect(text?.contains("is not one to the store's file") == true)
        await store.close()
    }

    // MARK: Files next to the database

    @Test func sideFilesAreAsPrivateAsTheDatabase() async throws {
        await (try await openStore(path)).close()
        for suffix in ["-lock", "-wake"] { unlink(path + suffix) }
        chmod(path, 0o640)
        if geteuid() == 0 { try #require(chown(path, 4242, 4343) == 0) }
        await (try await openStore(path)).close()
        for suffix in ["-lock", "-wake"] {
            var status = stat()
            try #require(stat(path + suffix, &status) == 0)
            #expect(status.st_mode & 0o777 == 0o640, "\(suffix)")
            if geteuid() == 0 { #expect((status.st_uid, status.st_gid) == (4242, 4343), "\(suffix)") }
        }
        // Files that root left earlier are corrected.
        if geteuid() == 0 {
            try #require(chown(path + "-wake", 0, 0) == 0)
            await (try await openStore(path)).close()
            var status = stat()
            try #require(stat(path + "-wake", &status) == 0)
            #expect(status.st_uid == 4242)
        }
    }

    @Test(arguments: ["-lock", "-wake"])
    func whatWasPlantedBesideIsNotWrittenTo(suffix: String) async throws {
        let target = scratch.file("target")
        try Data("precious".utf8).write(to: URL(filePath: target))
        for plant in [
            { symlink(target, path + suffix) }, { link(target, path + suffix) }, { mkfifo(path + suffix, 0o600) },
        ] {
            try #require(plant() == 0)
            let text = await storeError { _ = try await openStore(path) }?.description
            #expect(text?.contains(path + suffix) == true, "\(text ?? "it was opened")")
            #expect(try String(contentsOfFile: target, encoding: .utf8) == "precious")
            unlink(path + suffix)
        }
        await (try await openStore(path)).close()
    }
}
