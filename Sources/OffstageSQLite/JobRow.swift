// A job's row with its lease, for the operations that are not on the fast path: they load it, let the job decide (see
// Life.swift in OffstageCore), and write it back. WriteSession.write is the one place that works out what the change
// means for the line, the lease and the counts.
import OffstageCore

/// A job's row and lease.
@dynamicMemberLookup
struct JobRow {
    /// The job, which decides on its state changes.
    var job: StoredJob
    /// The lane in which it waits, or would wait.
    let lane: Int64
    /// The flags of its lease.
    var leaseFlags: Int64 = 0

    subscript<Value>(dynamicMember path: WritableKeyPath<StoredJob, Value>) -> Value {
        get { job[keyPath: path] }
        set { job[keyPath: path] = newValue }
    }
    subscript<Value>(dynamicMember path: KeyPath<StoredJob, Value>) -> Value { job[keyPath: path] }

    /// The level of the line it waits in; nil if it does not wait.
    var lineLevel: Int? {
        let record = job.record
        guard record.state.isWaiting else { return nil }
        return Line.level(record.priority, isSuspect: record.isSuspect, isTimed: record.state != .available)
    }

    static let listColumns = """
        j.seq, j.id, j.lane, j.state, j.priority, j.run_at, j.enqueued_at, j.max_attempts, j.failures, j.attempt, \
        j.attempted_at, j.finished_at, j.keep_until, j.settled_worker, j.settled_counter, j.settled_kind, \
        j.result_truncated, j.crashes, j.interruptions, j.timeout, j.expires_at, j.parent, j.return_queue, \
        j.cancel_at, \
        j.progress, j.note, j.tags, j.meta, j.errors, j.unique_key, j.unique_rule, j.unique_window, j.caller_id, \
        j.digest, \
        l.worker, l.counter, l.deadline, l.attempt, l.started_at, l.flags, \
        CASE WHEN j.crashes IS NOT NULL THEN j.suspected_at END
        """
    static let columns = listColumns + ", j.args, j.result, j.checkpoint"
    static let tables = "jobs j LEFT JOIN leases l ON l.seq = j.seq"

    /// Reads the statement's current row. `wide` states whether the row has arguments, result and checkpoint, too.
    init(_ row: Statement, lane: Lane, wide: Bool, now: Timestamp, leaseNow: Int64) {
        self.lane = lane.id
        var record = JobRecord(
            id: row.id(1), type: lane.type, runAt: Timestamp(microseconds: row.int64(5)),
            enqueuedAt: Timestamp(microseconds: row.int64(6)))
        record.queue = lane.queue
        record.state = JobState(rawValue: row.int(3)) ?? .discarded
        record.priority = row.int(4)
        record.maxAttempts = row.int(7)
        record.attempt = row.int(9)
        record.attemptedAt = row.optionalTimestamp(10)
        record.finishedAt = row.optionalTimestamp(11)
        record.resultTruncated = row.int(16) != 0
        record.crashes = row.int(17)
        record.interruptions = row.int(18)
        record.timeoutMicroseconds = row.optionalInt64(19)
        record.expiresAt = row.optionalTimestamp(20)
        record.parent = row.optionalID(21)
        record.returnQueue = row.optionalText(22)
        record.cancelRequestedAt = row.optionalTimestamp(23)
        if !row.isNull(24) { record.progress = Progress(fraction: row.double(24), note: row.text(25)) }
        record.tags = ColumnTexts.list(row.optionalText(26))
        record.metadata = ColumnTexts.map(row.optionalText(27))
        record.errors = ColumnTexts.errors(row.optionalText(28))
        record.uniqueKey = row.optionalText(29)
        record.suspectedAt = row.int(40)
        if wide {
            record.arguments = row.bytes(41)
            record.result = row.optionalBytes(42)
            record.checkpoint = row.optionalBytes(43)
        }
        job = StoredJob(
            record: record, seq: row.int64(0), digest: UInt64(bitPattern: row.int64(33)),
            callerChoseID: row.int(32) != 0, unique: record.uniqueKey.map { Self.rule($0, row) })
        job.failures = row.int(8)
        job.keepUntil = row.optionalTimestamp(12)
        if !row.isNull(13) {
            job.settled = SettleMark(
                worker: WorkerID(bits: UInt64(bitPattern: row.int64(13))), counter: UInt64(bitPattern: row.int64(14)),
                kind: row.int(15))
        }
        if !row.isNull(34) { takeLease(row, now: now, leaseNow: leaseNow) }
    }

    private static func rule(_ key: String, _ row: Statement) -> UniqueRule {
        UniqueRule(
            key: key, release: UniqueRule.Release(rawValue: row.int(30) / 4),
            window: row.optionalInt64(31).map { .microseconds($0) },
            onConflict: UniqueRule.Conflict(rawValue: row.int(30) % 4) ?? .existing)
    }

    private mutating func takeLease(_ row: Statement, now: Timestamp, leaseNow: Int64) {
        let lease = JobLease(
            worker: WorkerID(bits: UInt64(bitPattern: row.int64(34))), counter: UInt64(bitPattern: row.int64(35)),
            attempt: row.int(37), deadline: row.int64(36), startedAt: row.optionalTimestamp(38),
            isSuspects: row.int64(39) & WriteSession.suspectFlag != 0)
        leaseFlags = row.int64(39)
        job.lease = lease
        job.record.state = .running
        job.record.worker = lease.worker
        job.record.leaseUntil = now + .microseconds(lease.deadline - leaseNow)
        job.record.isStarted = lease.startedAt != nil
        // Until the attempt ends, only the lease has its start: reserving does not write the wide row.
        if let started = lease.startedAt {
            job.record.attempt = lease.attempt
            job.record.attemptedAt = started
        }
    }
}
