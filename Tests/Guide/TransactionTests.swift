// The part of docs/guide.md about enqueueing within a caller's own transaction.
import CSQLite
import Offstage
import OffstageSQLite
import OffstageTesting
import Testing

@Suite(.timeLimit(.minutes(1))) struct TransactionTests {
    @Test func theOrderAndItsMailAreStoredTogether() async throws {
        let scratch = try ScratchDirectory()
        let path = scratch.path + "/shop.db"
        let store = try await SQLiteStore.open(path)
        let transactions = Handler("orders", blocking: true) { (number: Int, _) in
            var connection: OpaquePointer?
            guard sqlite3_open(path, &connection) == SQLITE_OK, let connection else {
                throw StoreError.failed("no connection")
            }
            defer { sqlite3_close_v2(connection) }
            sqlite3_exec(connection, "CREATE TABLE IF NOT EXISTS orders (number INTEGER)", nil, nil, nil)

            let work = try SQLiteTransactions(store, connection: connection)
            try work.transaction { transaction in
                sqlite3_exec(connection, "INSERT INTO orders VALUES (\(number))", nil, nil, nil)
                try transaction.enqueue(Mail(to: "customer"))
            }
        }
        try await Enqueuer(store).enqueue(type: "orders", encoding: 7)
        try await Worker(store, options: quietOptions()) { transactions }.run()
        #expect(try await Monitor(store).list(JobFilter(state: .available, type: "mail.send")).records.count == 1)
        await store.close()
    }
}
