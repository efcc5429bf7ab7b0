// From schema 1 to the newest: a file that the first version left, with jobs in every stage, works as if it had been
// made today. The test makes the file with the first layout's own statements.
import Foundation
import OffstageCore
import OffstageTesting
import Testing

@testable import OffstageSQLite

@Suite(.timeLimit(.minutes(2))) struct MigrationTests {
    private let scratch: ScratchDirectory
    private let path: String

    init() throws {
        scratch = try ScratchDirectory()
        path = scratch.file("jobs.db")
    }

    private func id(_ number: UInt64) -> JobID { JobID(high: 0x7000, low: 0x8000_0000_0000_0000 | number) }

    /// Makes a file of schema 1 with five jobs: one that never ran, one that crashed once, a queued suspect, one that
    /// runs and has one crash left, and one that completed after two crashes.
    private func makeFirst() throws {
        let blob = { (number: UInt64) in
            "x'" + id(number).description.filter { $0 != "-" } + "'"
        }
        let jobs: [(crashes: String, state: Int)] = [("NULL", 2), ("1", 2), ("2", 2), ("4", 2), ("2", 5)]
        let rows = jobs.enumerated().map { index, job in
            """
            INSERT INTO jobs (seq, id, lane, state, priority, run_at, enqueued_at, max_attempts, crashes, interruptions,
                finished_at, keep_until, args, digest)
            VALUES (\(index + 1), \(blob(UInt64(index + 1))), 1, \(job.state), 4, 1000, 1000, 20, \(job.crashes),
                \(job.crashes), \(job.state == 5 ? "2000, 4000000000000000" : "NULL, NULL"), x'31', 7);
            """
        }
        try runSQL(
            path,
            """
            PRAGMA journal_mode=WAL;
            \(SQLiteSchema.first)
            PRAGMA application_id=\(StoreFile.applicationID);
            PRAGMA user_version=1;
            INSERT INTO lanes (queue, type, available, running, completed, waiting)
                VALUES ('default', 'plain', 3, 1, 1, 3);
            \(rows.joined(separator: "\n"))
            INSERT INTO line VALUES (1, 4, 1000, 1), (1, 4, 1000, 2), (1, 14, 1000, 3);
            INSERT INTO leases VALUES (4, 7, 1, 9000000000000000, 1, 1, 1500, 0);
            UPDATE facts SET value = '\(SystemTime().bootID)' WHERE name = 'boot';
            """)
    }

    @Test func anUnmigratedFileIsRefusedAndLeftAlone() async throws {
        try makeFirst()
        let error = await storeError { _ = try await openStore(path) }
        #expect(error == .olderSchema(found: 1, known: 3, location: path))
        #expect(error?.description.contains("offstage migrate") == true)
        #expect(try Connection(path: path, role: .writer).integer("PRAGMA user_version") == 1)
    }

    @Test func whoWasASuspectIsOne() async throws {
        try makeFirst()
        #expect(try await SQLiteStore.migrate(path) == (1, 3))
        #expect(try await SQLiteStore.migrate(path) == (3, 3))
        let store = try await openStore(path)
        let records = try await store.find((1...5).map(id))
        #expect(records.map { $0?.suspectedAt } == [0, 0, 2, 2, 2])
        #expect(records.map { $0?.crashes } == [0, 1, 2, 4, 2])
        let page = try await store.list(JobFilter(), after: nil, limit: 10)
        #expect(page.records.map(\.suspectedAt) == [2, 2, 2, 0, 0])
        let alone = try await store.take(5)
        #expect(alone.map(\.id) == [id(3)])
        #expect(alone.map(\.isSuspect) == [true])
        #expect(try await store.take(5, firstCounter: 10).map(\.id) == [id(1), id(2)])
        await store.close()
    }

    @Test func crashesOfBeforeCount() async throws {
        try makeFirst()
        _ = try await SQLiteStore.migrate(path)
        let store = try await openStore(path)
        let token = Token(job: id(4), attempt: 1, worker: WorkerID(bits: 7), counter: 1, locator: 4)
        let report = CrashedAttempt(token: token, startedAgoMicroseconds: 5, autopsy: Failure(.crash, "signal 11"))
        #expect(try await store.retire(WorkerID(bits: 7), crashed: [report]) == [.accepted])
        let record = try #require(try await store.find([id(4)])[0])
        #expect((record.state, record.crashes, record.suspectedAt) == (.discarded, 5, 2))
        #expect(record.attemptedAt == Timestamp(microseconds: 1500))
        await store.close()
    }

    @Test func aMigratedFileHasTheLayoutOfANewOne() async throws {
        try makeFirst()
        _ = try await SQLiteStore.migrate(path)
        let new = scratch.file("new.db")
        await (try await openStore(new)).close()
        let layouts = try [path, new].map {
            try Connection(path: $0, role: .writer).text("SELECT group_concat(sql, ';') FROM sqlite_master")
        }
        #expect(layouts[0] == layouts[1])
        #expect(layouts[0].contains("suspected_at"))
    }
}
