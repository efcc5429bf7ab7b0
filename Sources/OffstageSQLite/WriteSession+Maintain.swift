// Upkeep, a bounded piece per call: jobs that are due become available, expired jobs are discarded, expired leases are
// taken back, and what retention no longer keeps is removed. No job depends on it to run in time; reserve takes care of
// that itself.
import OffstageCore

extension WriteSession {
    func maintain(limit: Int) throws -> MaintainReport {
        let now = now
        try moveLeaseClock()
        var report = MaintainReport()
        report.freed = try freeDue(limit: limit, at: now)
        report.expired = try expireWaiting(limit: limit, at: now)
        report.rescued = try rescueExpired(limit: limit, at: now)
        for state in [JobState.completed, .discarded, .cancelled] {
            report.pruned += try pruneByAge(state, limit: limit, at: now)
            report.pruned += try pruneByCount(state, limit: limit, at: now)
        }
        let isCut = [try pruneReturns(limit: limit, at: now), try pruneSmallThings(limit: limit, at: now)]
        report.more = isCut.contains(true) || max(report.freed, report.expired, report.rescued, report.pruned) >= limit
        return report
    }

    private func sequences(_ sql: String, _ first: Int64, _ second: Int) throws -> [Int64] {
        let find = try cached(sql)
        find.bind(1, first)
        find.bind(2, second)
        var found: [Int64] = []
        while try find.step() { found.append(find.int64(0)) }
        return found
    }

    private func freeDue(limit: Int, at now: Timestamp) throws -> Int {
        let due = try sequences(
            "SELECT seq FROM jobs WHERE state IN (1, 4) AND run_at <= ?1 ORDER BY run_at, seq LIMIT ?2",
            now.microseconds, limit)
        for seq in due {
            guard let loaded = try load(seq) else { continue }
            var row = loaded
            try row.job.becomeDue()
            try write(row, was: loaded)
        }
        return due.count
    }

    private func expireWaiting(limit: Int, at now: Timestamp) throws -> Int {
        let expired = try sequences(
            """
            SELECT seq FROM jobs WHERE expires_at IS NOT NULL AND state < 5 AND expires_at <= ?1
                AND NOT EXISTS (SELECT 1 FROM leases l WHERE l.seq = jobs.seq) ORDER BY expires_at, seq LIMIT ?2
            """, now.microseconds, limit)
        for seq in expired {
            // Ending one job frees its successor, which the same expiry may end, so each is loaded again.
            guard let job = try load(seq), job.record.hasExpired(at: now) else { continue }
            try expire(job, inLine: true, at: now)
        }
        return expired.count
    }

    // MARK: Retention

    private func pruneByAge(_ state: JobState, limit: Int, at now: Timestamp) throws -> Int {
        try prune(
            sequences(
                "SELECT seq FROM jobs WHERE state = \(state.rawValue) AND state >= 5 AND keep_until <= ?1 "
                    + "ORDER BY keep_until, seq LIMIT ?2", now.microseconds, limit), state, at: now)
    }

    private func pruneByCount(_ state: JobState, limit: Int, at now: Timestamp) throws -> Int {
        let total = try connection.integer("SELECT total(\(state.name)) FROM lanes") + pendingCount(state)
        let excess = Int(total) - options.retention.count(of: state)
        guard excess > 0 else { return 0 }
        return try prune(
            sequences(
                "SELECT seq FROM jobs WHERE state = \(state.rawValue) AND state >= 5 AND keep_until > ?1 "
                    + "ORDER BY keep_until, seq LIMIT ?2", .min, min(limit, excess)), state, at: now)
    }

    /// What this transaction has added to a count and not written yet.
    private func pendingCount(_ state: JobState) -> Int64 {
        tally.lanes.values.reduce(0) { $0 + Int64($1.states[state.rawValue]) }
    }

    private func prune(_ seqs: [Int64], _ state: JobState, at now: Timestamp) throws -> Int {
        let find = try cached("SELECT lane, caller_id, id, digest, finished_at FROM jobs WHERE seq = ?1")
        for seq in seqs {
            find.bind(1, seq)
            guard try find.step() else { continue }
            let lane = find.int64(0)
            let id = find.id(2)
            let digest = find.isNull(1) ? nil : UInt64(bitPattern: find.int64(3))
            let finished = Timestamp(microseconds: find.int64(4))
            find.reset()
            try bury(id, digest: digest, state: state, finishedAt: finished, at: now)
            statements.jobs.delete.bind(1, seq)
            try statements.jobs.delete.run()
            tally.move(lane, from: state, to: nil)
        }
        return seqs.count
    }

    /// In a tombstone: the id is remembered, whatever its job was.
    static let anyDigest: UInt64 = 0

    /// Remembers an id whose record is removed. A caller's own id is kept, with its digest, for the retention's
    /// callerIDAge after its job's end. The id of any job that ended just now is kept for as long as its enqueuer may
    /// send it again.
    func bury(_ id: JobID, digest: UInt64?, state: JobState, finishedAt: Timestamp, at now: Timestamp) throws {
        var until = options.acceptedIDEnd(endedAt: finishedAt, now: now)
        if digest != nil { until = max(until, finishedAt + options.retention.callerIDAge) }
        guard until > now else { return }
        if let latestTombstone { self.latestTombstone = max(latestTombstone, id) }
        let insert = statements.keys.insertTombstone
        insert.bind(1, id)
        insert.bind(2, Int64(bitPattern: digest ?? Self.anyDigest))
        insert.bind(3, state.rawValue)
        insert.bind(4, until)
        try insert.run()
    }

    /// Whether an id may have a tombstone. The id of a new job is later than all those whose records were removed. The
    /// latest of those is read once a transaction.
    func mayBeBuried(_ id: JobID) throws -> Bool {
        if let latestTombstone { return id <= latestTombstone }
        let find = try cached("SELECT id FROM tombstones ORDER BY id DESC LIMIT 1")
        defer { find.reset() }
        let latest = try find.step() ? find.id(0) : JobID(high: 0, low: 0)
        latestTombstone = latest
        return id <= latest
    }

    /// Returns whether there may be more to drop.
    private func pruneReturns(limit: Int, at now: Timestamp) throws -> Bool {
        let old = (now - options.retention.returnsAge).microseconds
        // By number, which ascends with time: the walk ends at the first announcement that is recent enough.
        let walk = try cached("SELECT number, queue, at FROM returns ORDER BY number LIMIT ?1")
        walk.bind(1, limit)
        var tooOld: [(Int64, String)] = []
        while try walk.step(), walk.int64(2) <= old { tooOld.append((walk.int64(0), walk.text(1))) }
        walk.reset()
        for (number, queue) in tooOld { try dropReturn(number, from: queue, unread: true) }
        var isCut = tooOld.count >= limit
        // The written counts do not yet include what this transaction has announced and dropped.
        var waiting = tally.returnsWaiting
        let written = try cached("SELECT name, waiting FROM return_queues")
        while try written.step() { waiting[written.text(0), default: 0] += written.int(1) }
        for (name, count) in waiting {
            let excess = count - options.retention.returnsCount
            guard excess > 0 else { continue }
            let find = try cached("SELECT number FROM returns WHERE queue = ?1 ORDER BY number LIMIT ?2")
            find.bind(1, name)
            find.bind(2, min(limit, excess))
            var numbers: [Int64] = []
            while try find.step() { numbers.append(find.int64(0)) }
            for number in numbers { try dropReturn(number, from: name, unread: true) }
            isCut = isCut || numbers.count >= limit
        }
        return isCut
    }

    /// Removes an announcement.
    func dropReturn(_ number: Int64, from queue: String, unread: Bool) throws {
        let delete = try cached("DELETE FROM returns WHERE number = ?1")
        delete.bind(1, number)
        try delete.run()
        tally.returnsWaiting[queue, default: 0] -= 1
        if unread { tally.returnsDropped[queue, default: 0] += 1 }
    }

    /// Returns whether there may be more to forget.
    private func pruneSmallThings(limit: Int, at now: Timestamp) throws -> Bool {
        let deletions: [(sql: String, bound: Int64, isCounted: Bool)] = [
            ("DELETE FROM history WHERE minute < ?1", (now - options.retention.historyAge).microseconds, false),
            ("DELETE FROM workers WHERE seen_at < ?1", (now - .seconds(86_400)).microseconds, false),
            // One call of upkeep adds at most this many of the tombstones that are kept for a minute.
            (Self.deletion(ofTombstones: "= \(Self.anyDigest)", limit: 6 * limit), now.microseconds, false),
            (Self.deletion(ofTombstones: "!= \(Self.anyDigest)", limit: limit), now.microseconds, true),
            (
                """
                DELETE FROM uniques WHERE (type, key) IN (SELECT type, key FROM uniques WHERE until IS NOT NULL
                    AND until <= ?1 AND successor IS NULL ORDER BY until, type, key LIMIT \(limit))
                """, now.microseconds, true
            ),
            ("DELETE FROM return_queues WHERE waiting = 0 AND dropped = 0 AND ?1 > 0", 1, false),
        ]
        var isCut = false
        for deletion in deletions {
            let delete = try cached(deletion.sql)
            delete.bind(1, deletion.bound)
            try delete.run()
            isCut = isCut || deletion.isCounted && connection.changes >= limit
        }
        return isCut
    }

    private static func deletion(ofTombstones digest: String, limit: Int) -> String {
        """
        DELETE FROM tombstones WHERE id IN (SELECT id FROM tombstones WHERE until <= ?1 AND digest \(digest)
            ORDER BY until, id LIMIT \(limit))
        """
    }
}
