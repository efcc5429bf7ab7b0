// The statements of the writing thread, compiled once, grouped by the table they work on. A few of them run for every
// job. Only their cost matters, and each group states which they are.
import OffstageCore

/// Compiled statements, by purpose.
struct WriteStatements {
    let begin, commit, rollback, setBoot, pageCount: Statement
    let lanes: LaneStatements
    let line: LineStatements
    let heads: HeadStatements
    let leases: LeaseStatements
    let jobs: JobStatements
    let keys: KeyStatements
    let sums: SumStatements

    init(_ c: Connection) throws {
        begin = try c.prepare("BEGIN IMMEDIATE")
        commit = try c.prepare("COMMIT")
        rollback = try c.prepare("ROLLBACK")
        pageCount = try c.prepare("PRAGMA page_count")
        setBoot = try c.prepare("UPDATE facts SET value = ?1 WHERE name = 'boot'")
        lanes = try LaneStatements(c)
        line = try LineStatements(c)
        heads = try HeadStatements(c)
        leases = try LeaseStatements(c)
        jobs = try JobStatements(c)
        keys = try KeyStatements(c)
        sums = try SumStatements(c)
    }
}

/// The statements over lanes.
struct LaneStatements {
    let find, insert, findByID, isPaused, add: Statement

    init(_ c: Connection) throws {
        find = try c.prepare("SELECT id FROM lanes WHERE queue = ?1 AND type = ?2")
        insert = try c.prepare("INSERT INTO lanes (queue, type) VALUES (?1, ?2)")
        findByID = try c.prepare("SELECT queue, type FROM lanes WHERE id = ?1")
        isPaused = try c.prepare("SELECT 1 FROM queues WHERE name = ?1 AND paused = 1")
        add = try c.prepare(
            """
            UPDATE lanes SET held = held + ?1, scheduled = scheduled + ?2, available = available + ?3,
                running = running + ?4, retryable = retryable + ?5, completed = completed + ?6,
                discarded = discarded + ?7, cancelled = cancelled + ?8, waiting = waiting + ?2 + ?3 + ?5
            WHERE id = ?9
            """)
    }
}

/// The statements over the line; insert, front and deleteUpTo run for every job.
struct LineStatements {
    let insert, delete, front, future, deleteUpTo: Statement

    init(_ c: Connection) throws {
        insert = try c.prepare("INSERT INTO line VALUES (?1, ?2, ?3, ?4)")
        delete = try c.prepare("DELETE FROM line WHERE lane = ?1 AND priority = ?2 AND run_at = ?3 AND seq = ?4")
        front = try c.prepare(
            """
            SELECT run_at, seq FROM line WHERE lane = ?1 AND priority = ?2 AND run_at <= ?3
            ORDER BY run_at, seq LIMIT ?4
            """)
        future = try c.prepare(
            "SELECT run_at FROM line WHERE lane = ?1 AND priority = ?2 AND run_at > ?3 ORDER BY run_at LIMIT 1")
        deleteUpTo = try c.prepare(
            "DELETE FROM line WHERE lane = ?1 AND priority = ?2 AND (run_at, seq) <= (?3, ?4)")
    }
}

/// The statements over leases; insert, find and delete run for every job.
struct LeaseStatements {
    let insert, find, delete, update, extend, expired, firstDeadline, ofWorker, readClock, writeClock: Statement

    init(_ c: Connection) throws {
        insert = try c.prepare("INSERT INTO leases VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")
        find = try c.prepare(
            "SELECT worker, counter, lane, attempt, started_at, flags FROM leases WHERE seq = ?1")
        delete = try c.prepare("DELETE FROM leases WHERE seq = ?1")
        update = try c.prepare("UPDATE leases SET deadline = ?2, started_at = ?3, flags = ?4 WHERE seq = ?1")
        extend = try c.prepare("UPDATE leases SET deadline = ?2 WHERE seq = ?1 AND worker = ?3 AND counter = ?4")
        expired = try c.prepare(
            "SELECT seq FROM leases WHERE deadline <= ?1 ORDER BY deadline, seq LIMIT ?2")
        firstDeadline = try c.prepare("SELECT min(deadline) FROM leases")
        ofWorker = try c.prepare("SELECT seq, counter FROM leases WHERE worker = ?1 ORDER BY counter")
        readClock = try c.prepare("SELECT time, seen, outage FROM lease_clock WHERE id = 1")
        writeClock = try c.prepare("INSERT OR REPLACE INTO lease_clock VALUES (1, ?1, ?2, ?3)")
    }
}

/// The statements over rows; insertPlain, reserve and complete run for nearly every job.
struct JobStatements {
    let insertPlain, insertFull, reserve, makeAvailable, complete, load, loadByID, update, delete, noteProgress,
        noteCheckpoint, forgetNotes: Statement

    init(_ c: Connection) throws {
        insertPlain = try c.prepare(
            """
            INSERT INTO jobs (id, lane, state, priority, run_at, enqueued_at, max_attempts, args, digest)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (id) DO NOTHING
            """)
        insertFull = try c.prepare(
            """
            INSERT INTO jobs (id, lane, state, priority, run_at, enqueued_at, max_attempts, args, digest, timeout,
                expires_at,
                parent, return_queue, tags, meta, unique_key, unique_rule, unique_window, caller_id)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)
            ON CONFLICT (id) DO NOTHING
            """)
        reserve = try c.prepare(
            """
            SELECT id, state, failures, max_attempts, args, enqueued_at, crashes, interruptions, timeout, expires_at,
                parent,
                return_queue IS NOT NULL OR unique_key IS NOT NULL OR caller_id IS NOT NULL OR cancel_at IS NOT NULL,
                tags, meta, checkpoint, priority, unique_key IS NOT NULL FROM jobs WHERE seq = ?1
            """)
        makeAvailable = try c.prepare("UPDATE jobs SET state = 2 WHERE seq = ?1")
        complete = try c.prepare(
            """
            UPDATE jobs SET state = 5, attempt = ?2, attempted_at = ?3, finished_at = ?4, keep_until = ?5, result = ?6,
                result_truncated = ?7, settled_worker = ?8, settled_counter = ?9, settled_kind = 0, checkpoint = NULL
            WHERE seq = ?1 AND id = ?10
            """)
        load = try c.prepare("SELECT \(JobRow.columns) FROM \(JobRow.tables) WHERE j.seq = ?1")
        loadByID = try c.prepare("SELECT \(JobRow.columns) FROM \(JobRow.tables) WHERE j.id = ?1")
        update = try c.prepare(
            """
            UPDATE jobs SET state = ?2, run_at = ?3, max_attempts = ?4, failures = ?5, attempt = ?6, attempted_at = ?7,
                finished_at = ?8, keep_until = ?9, settled_worker = ?10, settled_counter = ?11, settled_kind = ?12,
                args = ?13,
                result = ?14, result_truncated = ?15, crashes = ?16, interruptions = ?17, expires_at = ?18,
                cancel_at = ?19,
                errors = ?20, suspected_at = ?21 WHERE seq = ?1
            """)
        delete = try c.prepare("DELETE FROM jobs WHERE seq = ?1")
        noteProgress = try c.prepare("UPDATE jobs SET progress = ?2, note = ?3 WHERE seq = ?1")
        noteCheckpoint = try c.prepare("UPDATE jobs SET checkpoint = ?2 WHERE seq = ?1")
        forgetNotes = try c.prepare("UPDATE jobs SET progress = ?2, note = ?3, checkpoint = NULL WHERE seq = ?1")
    }
}

/// The statements over unique keys and tombstones.
struct KeyStatements {
    let find, insert, delete, setSuccessor, findTombstone, insertTombstone: Statement

    init(_ c: Connection) throws {
        find = try c.prepare(
            "SELECT seq, id, release, until, successor FROM uniques WHERE type = ?1 AND key = ?2")
        insert = try c.prepare(
            """
            INSERT INTO uniques VALUES (?1, ?2, ?3, ?4, ?5, ?6, NULL)
            ON CONFLICT (type, key) DO UPDATE SET seq = ?3, id = ?4, release = ?5, until = ?6
            """)
        delete = try c.prepare("DELETE FROM uniques WHERE type = ?1 AND key = ?2")
        setSuccessor = try c.prepare("UPDATE uniques SET successor = ?3 WHERE type = ?1 AND key = ?2")
        findTombstone = try c.prepare("SELECT digest, state, until FROM tombstones WHERE id = ?1")
        insertTombstone = try c.prepare("INSERT OR REPLACE INTO tombstones VALUES (?1, ?2, ?3, ?4)")
    }
}

/// The statements that write a transaction's sums, and announcements.
struct SumStatements {
    let addHistory, addStale, addReturns, insertReturn: Statement

    init(_ c: Connection) throws {
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
        insertReturn = try c.prepare(
            """
            INSERT INTO returns (queue, at, job, type, state, result, error, meta)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
            """
        )
    }
}
