// Enqueueing within a caller's own transaction: the caller's rows and the job are stored together or not at all,
// whatever happens in between.
import CSQLite
import Foundation
import OffstageCore
import OffstageSQLite
import OffstageTesting
import Synchronization
import TestProcesses
import Testing

@Suite(.timeLimit(.minutes(2))) struct TransactionsTests {
    private struct Receipt: Job {
        static let name = "receipt.send"
        var order: Int
        func perform(in context: JobContext) async throws {}
    }

    private struct Refusal: Error {}

    /// Runs a body on a thread that may block, with a connection of the caller.
    private func withTransactions<Answer: Sendable>(
        _ store: SQLiteStore, _ path: String, middleware: [any EnqueueMiddleware] = [], limits: Limits = Limits(),
        _ body: @escaping @Sendable (SQLiteTransactions, OpaquePointer) throws -> Answer
    ) async throws -> Answer {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(
                    with: Result {
                        var connection: OpaquePointer?
                        guard sqlite3_open(path, &connection) == SQLITE_OK, let connection else {
                            throw StoreError.failed("not opened")
                        }
                        defer { sqlite3_close_v2(connection) }
                        sqlite3_exec(connection, "CREATE TABLE IF NOT EXISTS orders (number INTEGER)", nil, nil, nil)
                        let transactions = try SQLiteTransactions(
                            store, connection: connection, middleware: middleware, limits: limits)
                        return try body(transactions, connection)
                    })
            }
        }
    }

    private static func orders(_ connection: OpaquePointer) -> Int {
        var statement: OpaquePointer?
        sqlite3_prepare_v2(connection, "SELECT count(*) FROM orders", -1, &statement, nil)
        defer { sqlite3_finalize(statement) }
        return sqlite3_step(statement) == SQLITE_ROW ? Int(sqlite3_column_int64(statement, 0)) : -1
    }

    @Test func aMomentBeyondTenYearsIsRefused() async throws {
        let crew = try Crew()
        defer { crew.end() }
        let store = try await openStore(crew.store)
        var far = EnqueueOptions()
        far.start = .at(SystemTime().now() + Limits().horizon + .seconds(60))
        let options = far
        let isRefused = try await withTransactions(store, crew.store) { transactions, _ in
            do {
                _ = try transactions.transaction { try $0.enqueue(Receipt(order: 1), options: options) }
                return false
            } catch let error as InvalidJob {
                return error.description.contains("more than ten years ahead")
            }
        }
        #expect(isRefused)
        #expect(try await store.counts().lanes.isEmpty)
        await store.close()
    }

    @Test func theOrderAndItsJobAreStoredTogether() async throws {
        let crew = try Crew()
        defer { crew.end() }
        let store = try await openStore(crew.store)
        let (id, orders) = try await withTransactions(store, crew.store) { transactions, connection in
            let id = try transactions.transaction { transaction in
                sqlite3_exec(connection, "INSERT INTO orders VALUES (1)", nil, nil, nil)
                return try transaction.enqueue(Receipt(order: 1))
            }
            return (id, Self.orders(connection))
        }
        #expect(orders == 1)
        #expect(try await store.find([id])[0]?.state == .available)
        #expect(try await store.waiting() == 1)
        await store.close()
    }

    @Test func whatIsRolledBackLeavesNothing() async throws {
        let crew = try Crew()
        defer { crew.end() }
        let store = try await openStore(crew.store)
        let orders = try await withTransactions(store, crew.store) { transactions, connection in
            for _ in 0..<2 {
                #expect(throws: Refusal.self) {
                    try transactions.transaction { transaction in
                        sqlite3_exec(connection, "INSERT INTO orders VALUES (1)", nil, nil, nil)
                        try transaction.enqueue(Receipt(order: 1))
                        throw Refusal()
                    }
                }
            }
            // The next transaction is not affected by what was left behind.
            try transactions.transaction { transaction in
                try transaction.enqueue(Receipt(order: 2))
                return ()
            }
            return Self.orders(connection)
        }
        #expect(orders == 0)
        #expect(try await store.waiting() == 1)
        await store.close()
    }

    /// Middleware that tags jobs, splits batches, refuses some, and keeps the answers.
    private final class Splitting: EnqueueMiddleware {
        let answers = Mutex<[EnqueueAnswer]>([])

        func enqueue(
            _ jobs: [NewJob], next: @Sendable ([NewJob]) async throws -> [EnqueueAnswer]
        ) async throws -> [EnqueueAnswer] {
            guard !jobs.contains(where: { $0.queue == "forbidden" }) else { throw InvalidJob("not this queue") }
            var found: [EnqueueAnswer] = []
            for var job in jobs {
                await Task.yield()
                job.tags.append("passed")
                found += try await next([job])
            }
            answers.withLock { $0 += found }
            return found
        }
    }

    @Test func itsJobsPassTheMiddleware() async throws {
        let crew = try Crew()
        defer { crew.end() }
        let store = try await openStore(crew.store)
        let splitting = Splitting()
        let jobs = [plain(1), plain(2)]
        let (answers, refusal, orders) = try await withTransactions(
            store, crew.store, middleware: [splitting]
        ) { transactions, connection in
            let answers = try transactions.transaction { try $0.enqueue(jobs) }
            let refusal = #expect(throws: InvalidJob.self) {
                try transactions.transaction { transaction in
                    sqlite3_exec(connection, "INSERT INTO orders VALUES (1)", nil, nil, nil)
                    try transaction.enqueue(Receipt(order: 1))
                    var options = EnqueueOptions()
                    options.queue = "forbidden"
                    try transaction.enqueue(Receipt(order: 2), options: options)
                }
            }
            return (answers, refusal?.description, Self.orders(connection))
        }
        #expect(answers == [.stored(.available), .stored(.available)])
        #expect(refusal == "not this queue")
        #expect(orders == 0, "all of the second transaction is rolled back")
        #expect(splitting.answers.withLock { $0 }.count == 3)
        #expect(try await store.find(jobs.map(\.id)).map { $0?.tags } == [["passed"], ["passed"]])
        #expect(try await store.waiting() == 2)
        await store.close()
    }

    @Test func theAppsLimitsHold() async throws {
        let crew = try Crew()
        defer { crew.end() }
        let store = try await openStore(crew.store)
        var limits = Limits()
        limits.argumentBytes = 3
        _ = try await withTransactions(store, crew.store, limits: limits) { transactions, _ in
            #expect(throws: InvalidJob.self) {
                try transactions.transaction { _ = try $0.enqueue(Receipt(order: 1)) }
            }
        }
        #expect(try await store.waiting() == 0)
        await store.close()
    }

    @Test func enqueueingOutsideATransactionIsRefused() async throws {
        let crew = try Crew()
        defer { crew.end() }
        let store = try await openStore(crew.store)
        let error = try await withTransactions(store, crew.store) { transactions, _ -> String in
            do {
                try transactions.enqueue(Receipt(order: 1))
                return ""
            } catch { return "\(error)" }
        }
        #expect(error.contains("transaction"))
        #expect(try await store.waiting() == 0)
        await store.close()
    }

    @Test(arguments: ["commit", "abort", "crash"])
    func anotherProcessEndsItsTransaction(how: String) async throws {
        let crew = try Crew()
        defer { crew.end() }
        let store = try await openStore(crew.store)
        let waiter = try crew.start("wait")
        try await waiter.hears("armed")
        let holder = try crew.start("hold", ["from": "5"])
        try await holder.hears("holding")
        #expect(try await store.find([TortureJobs.id(5)])[0] == nil)
        holder.say(how)
        switch how {
        case "commit":
            try await holder.hears("committed")
            try await waiter.hears("woken")
        case "abort": try await holder.hears("rolled-back")
        default: #expect(try await holder.ends() == 256 + Int(SIGKILL))
        }
        #expect(try await store.find([TortureJobs.id(5)])[0]?.state == (how == "commit" ? .available : nil))
        #expect(try await store.enqueue([plain(6)]) == [.stored(.available)])
        #expect(try await store.waiting() == (how == "commit" ? 2 : 1))
        await store.close()
    }
}
