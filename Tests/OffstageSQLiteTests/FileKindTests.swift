// What a store's path may name, and the error for anything else: always one line that contains the path. Another
// program's file is left unchanged.
import Foundation
import OffstageCore
import OffstageTesting
import TestProcesses
import Testing

@testable import OffstageSQLite

@Suite(.timeLimit(.minutes(2))) struct FileKindTests {
    private let scratch: ScratchDirectory
    private let path: String

    init() throws {
        scratch = try ScratchDirectory()
        path = scratch.file("jobs.db")
    }

    /// Opens the path and returns the one line of the error; nil if it could be opened.
    private func complaint() async -> String? {
        await storeError {
            let store = try await openStore(path)
            await store.close()
        }?.description
    }

    private func expectComplaint(_ words: String..., location: SourceLocation = #_sourceLocation) async {
        let text = await complaint()
        #expect(text?.contains(path) == true, "\(text ?? "it was opened")", sourceLocation: location)
        for word in words {
            #expect(text?.contains(word) == true, "\(text ?? "it was opened")", sourceLocation: location)
        }
        #expect(text?.contains("\n") != true, sourceLocation: location)
    }

    @Test func aDirectoryIsNoStore() async throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        await expectComplaint("not a file")
    }

    @Test func aFolderThatIsMissingIsNamed() async {
        let text = await storeError { _ = try await openStore(scratch.file("missing/jobs.db")) }?.description
        #expect(text?.contains(scratch.file("missing")) == true)
    }

    @Test(arguments: ["hello\n", String(repeating: "These are no pages of a database. ", count: 500)])
    func aTextIsNoStore(text: String) async throws {
        try Data(text.utf8).write(to: URL(filePath: path))
        await expectComplaint("not", "SQLite")
        #expect(try String(contentsOfFile: path, encoding: .utf8) == text)
    }

    @Test func anotherProgramsDatabaseIsLeftAlone() async throws {
        try runSQL(path, "CREATE TABLE people (name TEXT); INSERT INTO people VALUES ('Ann')")
        let before = try Data(contentsOf: URL(filePath: path))
        await expectComplaint("not an Offstage store")
        #expect(try Data(contentsOf: URL(filePath: path)) == before)
    }

    @Test func anEmptyFileBecomesAStore() async throws {
        try Data().write(to: URL(filePath: path))
        let store = try await openStore(path)
        #expect(try await store.enqueue([plain(1)]) == [.stored(.available)])
        await store.close()
    }

    @Test func aNewerLayoutIsRefused() async throws {
        await (try await openStore(path)).close()
        try runSQL(path, "PRAGMA user_version = 7")
        let error = await storeError { _ = try await openStore(path) }
        #expect(error == .newerSchema(found: 7, known: 3, location: path))
        await expectComplaint("7", "newer offstage")
    }

    @Test func anOlderLayoutAsksToBeMigrated() async throws {
        await (try await openStore(path)).close()
        let lock = try WriterLock(of: path, time: SystemTime())
        let next = SchemaSteps(latest: 4, sql: [3: "CREATE TABLE later (number INTEGER);"])
        let error = await storeError {
            _ = try StoreFile.openForWriting(path, lock: lock, options: StoreOptions(), steps: next)
        }
        #expect(error == .olderSchema(found: 3, known: 4, location: path))
        #expect(error?.description.contains("migrate") == true)
        #expect(try StoreFile.migrate(path, lock: lock, steps: next) == (3, 4))
        _ = try StoreFile.openForWriting(path, lock: lock, options: StoreOptions(), steps: next)
        await expectComplaint("schema 4", "newer")
    }

    @Test func aStepThatFailsLeavesTheOldLayout() async throws {
        await (try await openStore(path)).close()
        let lock = try WriterLock(of: path, time: SystemTime())
        let broken = SchemaSteps(latest: 4, sql: [3: "CREATE TABLE later (number INTEGER); DROP TABLE nothing;"])
        #expect(throws: StoreError.self) { try StoreFile.migrate(path, lock: lock, steps: broken) }
        let store = try await openStore(path)
        #expect(try await store.enqueue([plain(1)]) == [.stored(.available)])
        await store.close()
        #expect(try await SQLiteStore.migrate(path) == (3, 3))
    }

    @Test func migratingNothingMakesAStore() async throws {
        #expect(try await SQLiteStore.migrate(path) == (0, 3))
        await (try await openStore(path)).close()
    }

    @Test func whatCannotBeWrittenIsNotOpened() async throws {
        await (try await openStore(path)).close()
        // Permissions do not restrict root, but a read-only file system does.
        guard Crew.canMount else {
            chmod(path, 0)
            defer { chmod(path, 0o600) }
            return await expectComplaint()
        }
        let crew = try Crew()
        defer { crew.end() }
        let folder = scratch.path
        let child = try crew.start(
            "open", ["store": path],
            after: "mount --bind '\(folder)' '\(folder)' && mount -o remount,ro,bind '\(folder)'")
        let text = try await child.hears("failed")
        #expect(text.contains(path), "\(text)")
    }

    @Test func aFileThatCannotBeWrittenCanBeLookedAt() async throws {
        let store = try await openStore(path)
        _ = try await store.enqueue([plain(1), plain(2)])
        await store.close()
        guard Crew.canMount else {
            chmod(path, 0o400)
            defer { chmod(path, 0o600) }
            let store = try await SQLiteStore.open(path, for: .look)
            #expect(try await store.waiting() == 2)
            return await store.close()
        }
        let crew = try Crew()
        defer { crew.end() }
        let folder = scratch.path
        let freeze = "mount --bind '\(folder)' '\(folder)' && mount -o remount,ro,bind '\(folder)'"
        for besides in [["-wal", "-shm"], ["-lock", "-wake"]] {
            let child = try crew.start("look", ["store": path], after: freeze)
            #expect(try await child.hears("sees") == "2")
            #expect(try await child.hears("refuses").contains("only to be looked at"))
            #expect(try await child.ends() == 0)
            for suffix in besides { unlink(path + suffix) }
        }
        let last = try crew.start("look", ["store": path], after: freeze)
        #expect(try await last.hears("sees") == "2")
    }

    @Test(arguments: [StoreAccess.look, .change])
    func whatIsNotThereIsNotMade(access: StoreAccess) async throws {
        let text = await storeError { _ = try await SQLiteStore.open(path, for: access) }?.description
        #expect(text == "no store at \(path) (offstage migrate makes one)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path).isEmpty)
        try Data().write(to: URL(filePath: path))
        let empty = await storeError { _ = try await SQLiteStore.open(path, for: access) }?.description
        #expect(empty == text)
    }

    @Test(arguments: [":memory:", "file:jobs.db", ""])
    func whatSQLiteWouldNotTakeForAPathIsRefused(name: String) async throws {
        for access in [StoreAccess.make, .look] {
            let text = await storeError { _ = try await SQLiteStore.open(name, for: access) }?.description
            #expect(text?.contains("is not the path of a file") == true, "\(text ?? "it was opened")")
        }
        #expect(!FileManager.default.fileExists(atPath: name))
    }

    // MARK: Two names

    @Test func aHardLinkIsRefusedUnderBothNames() async throws {
        await (try await openStore(path)).close()
        let other = scratch.file("other.db")
        try #require(link(path, other) == 0)
        await expectComplaint("2 names", "hard links")
        let text = await storeError { _ = try await SQLiteStore.open(other, for: .look) }?.description
        #expect(text?.contains(other) == true)
        unlink(other)
        await (try await openStore(path)).close()
    }

    @Test func aSymbolicLinkIsTheFileItself() async throws {
        let store = try await openStore(path)
        let name = scratch.file("link.db")
        try #require(symlink("jobs.db", name) == 0)
        let other = try await openStore(name)
        #expect(other.path == store.path)
        _ = try await other.enqueue([plain(1)])
        #expect(try await store.waiting() == 1)
        await store.close()
        await other.close()
        #expect(!FileManager.default.fileExists(atPath: name + "-lock"))
    }

    @Test(.enabled(if: Crew.canMount, "no right to mount"))
    func aFileThatIsMountedByItselfIsRefused() async throws {
        await (try await openStore(path)).close()
        let crew = try Crew()
        defer { crew.end() }
        let other = scratch.file("other.db")
        let child = try crew.start(
            "open", ["store": other], after: "touch '\(other)' && mount --bind '\(path)' '\(other)'")
        let text = try await child.hears("failed")
        #expect(text.contains("\(other) is mounted by itself"), "\(text)")
        // Its folder under another name is harmless: all files next to the database are there too.
        let folder = scratch.file("folder")
        let safe = try crew.start(
            "open", ["store": folder + "/jobs.db"],
            after: "mkdir '\(folder)' && mount --bind '\(scratch.path)' '\(folder)'")
        try await safe.hears("opened")
    }
}
