// The statements of the writing thread, compiled once. Where a statement is one of the few that every job goes through, its comment says
// so; those are the ones whose cost counts.
import OffstageCore

/// Compiled statements, by what they do.
final class WriteStatements {
    let begin, commit, rollback: Statement
    let setBoot, findLane, insertLane, findLaneByID, pausedQueues, waitingLanes: Statement
    let addToLane, addHistory, addStale, addReturns: Statement
    /// Every job: its row.
    let insertPlain: Statement
    let insertFull: Statement
    /// Every job: its place in line.
    let insertLine: Statement
    let deleteLine: Statement
    /// Every batch: the line's front.
    let linePriority, lineFront, lineFuture, deleteLineUpTo, lineSuspects: Statement
    /// Every job: what a worker needs of its row.
    let reserveRow: Statement
    let makeAvailable: Statement
    /// Every job: its lease.
    let insertLease: Statement
    let findLease, deleteLease, updateLease, extendLease: Statement
    let expiredLeases, firstDeadline, leasesOfWorker: Statement
    /// Every job: its end.
    let complete: Statement
    let load, loadByID, seqOf, update, deleteJob, noteProgress, noteCheckpoint: Statement
    let findUnique, insertUnique, deleteUnique, setSuccessor: Statement
    let findTombstone, insertTombstone: Statement
    let insertReturn: Statement

    init(_ c: Connection) throws {
        begin = try c.prepare("BEGIN IMMEDIATE")
        commit = try c.prepare("COMMIT")
        rollback = try c.prepare("ROLLBACK")
        setBoot = try c.prepare("UPDATE facts SET value = ?1 WHERE name = 'boot'")
        findLane = try c.prepare("SELECT id FROM lanes WHERE queue = ?1 AND type = ?2")
        insertLane = try c.prepare("INSERT INTO lanes (queue, type) VALUES (?1, ?2)")
        findLaneByID = try c.prepare("SELECT queue, type FROM lanes WHERE id = ?1")
        pausedQueues = try c.prepare("SELECT name FROM queues WHERE paused = 1")
        waitingLanes = try c.prepare("SELECT id FROM lanes WHERE waiting > 0 ORDER BY id")
        addToLane = try c.prepare(
            """
            UPDATE lanes SET held = held + ?1, scheduled = scheduled + ?2, available = available + ?3,
                running = running + ?4, retryable = retryable + ?5, completed = completed + ?6,
                discarded = discarded + ?7, cancelled = cancelled + ?8, waiting = waiting + ?2 + ?3 + ?5
            WHERE id = ?9
            """)
        addHistory = try c.prepare(
            """
            INSERT INTO history VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
            ON CONFLICT (minute, type) DO UPDATE SET completed = completed + ?3, failed = failed + ?4,
                discarded = discarded + ?5, cancelled = cancelled + ?6, ran = ran + ?7, longest = max(longest, ?8)
            """)
        addStale = try c.prepare("UPDATE facts SET value = value + ?1 WHERE name = 'stale_refused'")
        addReturns = try c.prepare(
            """
            INSERT INTO return_queues VALUES (?1, ?2, ?3)
            ON CONFLICT (name) DO UPDATE SET waiting = waiting + ?2, dropped = dropped + ?3
            """)
        insertPlain = try c.prepare(
            """
            INSERT INTO jobs (id, lane, state, priority, run_at, enqueued_at, max_attempts, args, digest)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (id) DO NOTHING
            """)
        insertFull = try c.prepare(
            """
            INSERT INTO jobs (id, lane, state, priority, run_at, enqueued_at, max_attempts, args, digest, timeout, expires_at,
                parent, return_queue, tags, meta, unique_key, unique_rule, unique_window, caller_id)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)
            ON CONFLICT (id) DO NOTHING
            """)
        insertLine = try c.prepare("INSERT INTO line VALUES (?1, ?2, ?3, ?4)")
        deleteLine = try c.prepare("DELETE FROM line WHERE lane = ?1 AND priority = ?2 AND run_at = ?3 AND seq = ?4")
        linePriority = try c.prepare(
            "SELECT priority FROM line WHERE lane = ?1 AND priority >= ?2 ORDER BY priority LIMIT 1")
        lineFront = try c.prepare(
            """
            SELECT run_at, seq FROM line WHERE lane = ?1 AND priority = ?2 AND run_at <= ?3
            ORDER BY run_at, seq LIMIT ?4
            """)
        lineFuture = try c.prepare(
            "SELECT run_at FROM line WHERE lane = ?1 AND priority = ?2 AND run_at > ?3 ORDER BY run_at LIMIT 1")
        deleteLineUpTo = try c.prepare(
            "DELETE FROM line WHERE lane = ?1 AND priority = ?2 AND (run_at, seq) <= (?3, ?4)")
        lineSuspects = try c.prepare(
            "SELECT priority, run_at, seq FROM line WHERE lane = ?1 AND priority >= 10 AND run_at <= ?2 "
                + "ORDER BY priority, run_at, seq LIMIT 1")
        reserveRow = try c.prepare(
            """
            SELECT id, state, failures, max_attempts, args, enqueued_at, crashes, interruptions, timeout, expires_at, parent,
                return_queue IS NOT NULL OR unique_key IS NOT NULL OR caller_id IS NOT NULL OR cancel_at IS NOT NULL,
                tags, meta, checkpoint, priority FROM jobs WHERE seq = ?1
            """)
        makeAvailable = try c.prepare("UPDATE jobs SET state = 2 WHERE seq = ?1")
        insertLease = try c.prepare("INSERT INTO leases VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")
        findLease = try c.prepare(
            "SELECT worker, counter, lane, attempt, started_at, flags FROM leases WHERE seq = ?1")
        deleteLease = try c.prepare("DELETE FROM leases WHERE seq = ?1")
        updateLease = try c.prepare("UPDATE leases SET deadline = ?2, started_at = ?3, flags = ?4 WHERE seq = ?1")
        extendLease = try c.prepare("UPDATE leases SET deadline = ?2 WHERE seq = ?1 AND worker = ?3 AND counter = ?4")
        expiredLeases = try c.prepare("SELECT seq FROM leases WHERE deadline <= ?1 ORDER BY deadline, seq LIMIT ?2")
        firstDeadline = try c.prepare("SELECT min(deadline) FROM leases")
        leasesOfWorker = try c.prepare("SELECT seq, counter FROM leases WHERE worker = ?1")
        complete = try c.prepare(
            """
            UPDATE jobs SET state = 5, attempt = ?2, attempted_at = ?3, finished_at = ?4, keep_until = ?5, result = ?6,
                result_truncated = ?7, settled_worker = ?8, settled_counter = ?9, settled_kind = 0 WHERE seq = ?1 AND id = ?10
            """)
        load = try c.prepare("SELECT \(StoredJob.columns) FROM \(StoredJob.tables) WHERE j.seq = ?1")
        loadByID = try c.prepare("SELECT \(StoredJob.columns) FROM \(StoredJob.tables) WHERE j.id = ?1")
        seqOf = try c.prepare("SELECT seq FROM jobs WHERE id = ?1")
        update = try c.prepare(
            """
            UPDATE jobs SET state = ?2, run_at = ?3, max_attempts = ?4, failures = ?5, attempt = ?6, attempted_at = ?7,
                finished_at = ?8, keep_until = ?9, settled_worker = ?10, settled_counter = ?11, settled_kind = ?12, args = ?13,
                result = ?14, result_truncated = ?15, crashes = ?16, interruptions = ?17, expires_at = ?18, cancel_at = ?19,
                errors = ?20 WHERE seq = ?1
            """)
        deleteJob = try c.prepare("DELETE FROM jobs WHERE seq = ?1")
        noteProgress = try c.prepare("UPDATE jobs SET progress = ?2, note = ?3 WHERE seq = ?1")
        noteCheckpoint = try c.prepare("UPDATE jobs SET checkpoint = ?2 WHERE seq = ?1")
        findUnique = try c.prepare(
            "SELECT seq, id, release, until, successor FROM uniques WHERE type = ?1 AND key = ?2")
        insertUnique = try c.prepare("""
            INSERT INTO uniques VALUES (?1, ?2, ?3, ?4, ?5, ?6, NULL)
            ON CONFLICT (type, key) DO UPDATE SET seq = ?3, id = ?4, release = ?5, until = ?6
            """)
        deleteUnique = try c.prepare("DELETE FROM uniques WHERE type = ?1 AND key = ?2")
        setSuccessor = try c.prepare("UPDATE uniques SET successor = ?3 WHERE type = ?1 AND key = ?2")
        findTombstone = try c.prepare("SELECT digest, state, until FROM tombstones WHERE id = ?1")
        insertTombstone = try c.prepare("INSERT OR REPLACE INTO tombstones VALUES (?1, ?2, ?3, ?4)")
        insertReturn = try c.prepare(
            "INSERT INTO returns (queue, at, job, type, state, result, error, meta) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")
    }
}
