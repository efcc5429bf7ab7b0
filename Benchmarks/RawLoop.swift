// The ceiling: what a bare loop over SQLite's C API reaches with the rows, indexes, counters, batches and syncs of the
// real store, but without the queue around it: no tokens, no threads, no replies, no other processes. It uses the
// store's own schema, one connection and prepared statements. The real store's rate is reported as a fraction of this
// one.
import CSQLite
import OffstageCore
import OffstageSQLite

final class RawLoop {
    private let db: OpaquePointer
    private let batch = 1000

    init(path: String) throws {
        var opened: OpaquePointer?
        guard
            sqlite3_open_v2(path, &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nil)
                == SQLITE_OK,
            let opened
        else { throw StoreError.unusable("\(path) cannot be opened") }
        db = opened
        for sql in [
            "PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "PRAGMA wal_autocheckpoint=0",
            "PRAGMA cache_size=-65536",
            SQLiteSchema.latest, "INSERT INTO lanes (queue, type) VALUES ('default', 'bench.noop')",
        ] { try execute(sql) }
    }

    deinit { sqlite3_close_v2(db) }

    private func execute(_ sql: String) throws {
        guard sqlite3_exec(db, sql, nil, nil, nil) == SQLITE_OK else {
            throw StoreError.failed(String(cString: sqlite3_errmsg(db)))
        }
    }

    private func prepare(_ sql: String) throws -> OpaquePointer {
        var statement: OpaquePointer?
        guard sqlite3_prepare_v3(db, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil) == SQLITE_OK,
            let statement
        else { throw StoreError.failed(String(cString: sqlite3_errmsg(db))) }
        return statement
    }

    private func run(_ statement: OpaquePointer) throws {
        let code = sqlite3_step(statement)
        sqlite3_reset(statement)
        guard code == SQLITE_DONE || code == SQLITE_ROW else {
            throw StoreError.failed(String(cString: sqlite3_errmsg(db)))
        }
    }

    private func checkpoint() {
        var logged: Int32 = 0
        var copied: Int32 = 0
        sqlite3_wal_checkpoint_v2(db, nil, SQLITE_CHECKPOINT_PASSIVE, &logged, &copied)
    }

    /// Stores jobs. The WAL is checkpointed as often as the store does it, about every 64 MiB.
    func enqueue(_ jobs: Int, arguments: [UInt8], ids: JobIDSource) throws {
        let insert = try prepare(
            """
            INSERT INTO jobs (id, lane, state, priority, run_at, enqueued_at, max_attempts, args, digest)
            VALUES (?1, 1, 2, 4, ?2, ?2, 20, ?3, ?4) ON CONFLICT (id) DO NOTHING
            """)
        let line = try prepare("INSERT INTO line VALUES (1, 4, ?1, ?2)")
        let count = try prepare("UPDATE lanes SET available = available + ?1, waiting = waiting + ?1 WHERE id = 1")
        defer { for statement in [insert, line, count] { sqlite3_finalize(statement) } }
        var done = 0
        while done < jobs {
            let now = Int64(1_700_000_000_000_000 + done)
            try execute("BEGIN IMMEDIATE")
            for id in ids.next(min(batch, jobs - done)) {
                var bytes = (id.high.bigEndian, id.low.bigEndian)
                _ = withUnsafeBytes(of: &bytes) { offstage_bind_blob_transient(insert, 1, $0.baseAddress, 16) }
                sqlite3_bind_int64(insert, 2, now)
                _ = arguments.withUnsafeBytes {
                    offstage_bind_blob_transient(insert, 3, $0.baseAddress, Int32($0.count))
                }
                sqlite3_bind_int64(insert, 4, Int64(bitPattern: id.low))
                try run(insert)
                sqlite3_bind_int64(line, 1, now)
                sqlite3_bind_int64(line, 2, sqlite3_last_insert_rowid(db))
                try run(line)
            }
            sqlite3_bind_int64(count, 1, Int64(batch))
            try run(count)
            try execute("COMMIT")
            done += batch
            if done % 40_000 == 0 { checkpoint() }
        }
    }

    /// Completes all jobs. Each transaction settles the previous batch, reserves the next, and prunes down to `keep`.
    func drain(_ jobs: Int, keep: Int) throws {
        let front = try prepare(
            """
            SELECT run_at, seq FROM line WHERE lane = 1 AND priority = 4 AND run_at <= ?1
            ORDER BY run_at, seq LIMIT ?2
            """
        )
        let cut = try prepare("DELETE FROM line WHERE lane = 1 AND priority = 4 AND (run_at, seq) <= (?1, ?2)")
        let row = try prepare("SELECT id, state, failures, max_attempts, args, enqueued_at FROM jobs WHERE seq = ?1")
        let lease = try prepare("INSERT INTO leases VALUES (?1, 7, ?1, 1, 1, 1, ?2, 0)")
        let unlease = try prepare("DELETE FROM leases WHERE seq = ?1 AND worker = 7 AND counter = ?1")
        let complete = try prepare(
            """
            UPDATE jobs SET state = 5, attempt = 1, attempted_at = ?2, finished_at = ?2, keep_until = ?2,
                settled_worker = 7,
                settled_counter = ?1, settled_kind = 0 WHERE seq = ?1
            """)
        let oldest = try prepare(
            "SELECT seq FROM jobs WHERE state = 5 AND state >= 5 ORDER BY keep_until, seq LIMIT ?1")
        let prune = try prepare("DELETE FROM jobs WHERE seq = ?1")
        let count = try prepare(
            """
            UPDATE lanes SET available = available - ?1, waiting = waiting - ?1, running = running + ?1 - ?2,
                completed = completed + ?2 - ?3 WHERE id = 1
            """)
        let history = try prepare(
            """
            INSERT INTO history VALUES (0, 'bench.noop', ?1, 0, 0, 0, ?1, 1)
            ON CONFLICT (minute, type) DO UPDATE SET completed = completed + ?1, ran = ran + ?1,
                longest = max(longest, 1)
            """)
        defer {
            for statement in [front, cut, row, lease, unlease, complete, oldest, prune, count, history] {
                sqlite3_finalize(statement)
            }
        }
        var reserved: [Int64] = []
        var done = 0
        var kept = 0
        var steps = 0
        while done < jobs {
            let now = Int64(1_800_000_000_000_000 + done)
            try execute("BEGIN IMMEDIATE")
            for seq in reserved {
                sqlite3_bind_int64(unlease, 1, seq)
                try run(unlease)
                sqlite3_bind_int64(complete, 1, seq)
                sqlite3_bind_int64(complete, 2, now)
                try run(complete)
            }
            done += reserved.count
            kept += reserved.count
            let settled = reserved.count
            reserved = try reserve(front: front, cut: cut, row: row, lease: lease, now: now)
            var pruned = 0
            if kept > keep {
                sqlite3_bind_int64(oldest, 1, Int64(kept - keep))
                var old: [Int64] = []
                while sqlite3_step(oldest) == SQLITE_ROW { old.append(sqlite3_column_int64(oldest, 0)) }
                sqlite3_reset(oldest)
                for seq in old {
                    sqlite3_bind_int64(prune, 1, seq)
                    try run(prune)
                }
                pruned = old.count
                kept -= pruned
            }
            sqlite3_bind_int64(count, 1, Int64(reserved.count))
            sqlite3_bind_int64(count, 2, Int64(settled))
            sqlite3_bind_int64(count, 3, Int64(pruned))
            try run(count)
            sqlite3_bind_int64(history, 1, Int64(settled))
            try run(history)
            try execute("COMMIT")
            steps += 1
            if steps % 40 == 0 { checkpoint() }
        }
    }

    private func reserve(
        front: OpaquePointer, cut: OpaquePointer, row: OpaquePointer, lease: OpaquePointer, now: Int64
    ) throws -> [Int64] {
        sqlite3_bind_int64(front, 1, now)
        sqlite3_bind_int64(front, 2, Int64(batch))
        var reserved: [Int64] = []
        var last: (Int64, Int64) = (0, 0)
        while sqlite3_step(front) == SQLITE_ROW {
            last = (sqlite3_column_int64(front, 0), sqlite3_column_int64(front, 1))
            reserved.append(last.1)
        }
        sqlite3_reset(front)
        guard !reserved.isEmpty else { return [] }
        sqlite3_bind_int64(cut, 1, last.0)
        sqlite3_bind_int64(cut, 2, last.1)
        try run(cut)
        for seq in reserved {
            sqlite3_bind_int64(row, 1, seq)
            guard sqlite3_step(row) == SQLITE_ROW else { throw StoreError.failed("no row \(seq)") }
            _ = sqlite3_column_blob(row, 0)
            _ = sqlite3_column_blob(row, 4)
            sqlite3_reset(row)
            sqlite3_bind_int64(lease, 1, seq)
            sqlite3_bind_int64(lease, 2, now)
            try run(lease)
        }
        return reserved
    }
}
