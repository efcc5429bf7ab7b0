// What the judge checks in a store's file without the store: the tables agree with the counts.
import CSQLite
import OffstageCore
import Testing

extension Judge {
    /// Checks that the tables of a SQLite store agree with the counts.
    func tablesAreTrue(_ path: String) async throws {
        let counts = try await store.counts()
        #expect(try Self.rows("SELECT count(*) FROM jobs", path) == records.count)
        #expect(try Self.rows("SELECT count(*) FROM leases", path) == counts.total(.running))
        let waiting = JobState.allCases.filter(\.isWaiting).reduce(0) { $0 + counts.total($1) }
        #expect(try Self.rows("SELECT count(*) FROM line", path) == waiting)
    }

    private static func rows(_ sql: String, _ path: String) throws -> Int {
        var connection: OpaquePointer?
        var statement: OpaquePointer?
        defer {
            sqlite3_finalize(statement)
            sqlite3_close(connection)
        }
        guard sqlite3_open_v2(path, &connection, SQLITE_OPEN_READWRITE, nil) == SQLITE_OK,
            sqlite3_prepare_v2(connection, sql, -1, &statement, nil) == SQLITE_OK, sqlite3_step(statement) == SQLITE_ROW
        else { throw StoreError.failed(sql) }
        return Int(sqlite3_column_int64(statement, 0))
    }
}
