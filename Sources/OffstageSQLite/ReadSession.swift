// What the monitor can ask of the file. Every read is bounded: by an index, by the number of lanes, or by Limits.
import OffstageCore

/// The state of the reading thread. It never leaves that thread.
final class ReadSession {
    let connection: Connection
    let options: StoreOptions
    private let path: String
    private var files: OpenFiles?
    private var lanes: [Int64: Lane] = [:]

    init(connection: Connection, at path: String, options: StoreOptions) {
        self.connection = connection
        self.path = path
        self.options = options
    }

    /// Whether the connection reads the file as immutable.
    var isOfUnchanging: Bool { connection.isOfUnchanging }

    var now: Timestamp { options.time.now() }
    var monotonic: Int64 { options.time.monotonicMicroseconds() }

    func transaction<Answer>(_ body: (ReadSession) throws -> Answer) throws -> Answer {
        try connection.execute("BEGIN")
        defer { try? connection.execute("COMMIT") }
        let answer = try body(self)
        let open = try files ?? OpenFiles(path: path, of: connection, lock: nil)
        files = open
        try open.check()
        return answer
    }

    /// Prepares for the end of the session: if no other process has the store open, closing it checkpoints the WAL.
    /// SQLite has exclusive access to the file for that, so the writer lock is not needed.
    func prepareToClose() {
        do throws(StoreError) { try files?.checkAll() } catch { return }
        connection.copiesLogBackWhenClosed()
    }

    private func lane(_ id: Int64) throws -> Lane {
        if let known = lanes[id] { return known }
        let find = try connection.prepareOnce("SELECT queue, type FROM lanes WHERE id = ?1")
        find.bind(1, id)
        guard try find.step() else { throw Statement.damaged("it has no lane \(id)", on: connection.handle) }
        let lane = Lane(id: id, queue: find.text(0), type: find.text(1), queueBit: 0, typeBit: 0, completedAge: 0)
        lanes[id] = lane
        return lane
    }

    private func read(_ row: Statement, wide: Bool) throws -> JobRow {
        JobRow(row, lane: try lane(row.int64(2)), wide: wide, now: now, leaseNow: try leaseNow())
    }

    private func leaseNow() throws -> Int64 {
        let read = try connection.prepareOnce("SELECT time, seen, outage FROM lease_clock WHERE id = 1")
        guard try read.step() else { return monotonic }
        defer { read.reset() }
        return LeaseClock(time: read.int64(0), seen: read.int64(1), outage: read.int64(2), lease: options.lease)
            .now(at: monotonic)
    }

    // MARK: Records

    func find(_ ids: [JobID]) throws -> [JobRecord?] {
        let find = try connection.prepareOnce(
            "SELECT \(JobRow.columns) FROM \(JobRow.tables) WHERE j.id = ?1")
        return try ids.map { id in
            find.bind(1, id)
            guard try find.step() else { return nil }
            defer { find.reset() }
            return try read(find, wide: true).record
        }
    }

    func list(_ filter: JobFilter, after cursor: String?, limit: Int) throws -> JobPage {
        let listing = Listing(connection: connection)
        let found = try listing.sequences(filter, after: cursor, limit: max(1, min(limit, Limits.batch)))
        let find = try connection.prepareOnce(
            "SELECT \(JobRow.listColumns) FROM \(JobRow.tables) WHERE j.seq = ?1")
        var page = JobPage()
        page.cursors = found.cursors
        page.next = found.next
        for seq in found.sequences {
            find.bind(1, seq)
            guard try find.step() else { continue }
            page.records.append(try read(find, wide: false).record)
            find.reset()
        }
        return page
    }

    func standing(of id: JobID) throws -> JobStanding? {
        let find = try connection.prepareOnce(
            "SELECT \(JobRow.columns) FROM \(JobRow.tables) WHERE j.id = ?1")
        find.bind(1, id)
        guard try find.step() else { return nil }
        let job = try read(find, wide: true)
        find.reset()
        var standing = JobStanding(record: job.record, at: now)
        let paused = try connection.prepareOnce("SELECT 1 FROM queues WHERE name = ?1 AND paused = 1")
        paused.bind(1, job.record.queue)
        standing.isPaused = try paused.step()
        paused.reset()
        if job.record.isDue(at: standing.at) {
            standing.ahead = try ahead(of: job, at: standing.at)
        }
        if job.record.state == .held, let key = job.record.uniqueKey {
            let holder = try connection.prepareOnce(
                """
                SELECT u.id FROM uniques u LEFT JOIN jobs j ON j.seq = u.seq AND j.id = u.id
                WHERE u.type = ?1 AND u.key = ?2 AND u.successor = ?3
                    AND NOT (j.expires_at IS NOT NULL AND j.expires_at <= ?4 AND j.state < 5
                        AND NOT EXISTS (SELECT 1 FROM leases l WHERE l.seq = j.seq))
                """)
            holder.bind(1, job.record.type)
            holder.bind(2, key)
            holder.bind(3, job.seq)
            // A holder that has expired blocks no successor: the next upkeep ends it.
            holder.bind(4, standing.at)
            if try holder.step() { standing.predecessor = holder.id(0) }
            holder.reset()
        }
        return standing
    }

    private func ahead(of job: JobRow, at now: Timestamp) throws -> Int {
        // The priority determines the order. Suspects, and jobs that waited for their time, are in lines of their own.
        let count = try connection.prepareOnce(
            """
            SELECT count(*) FROM (SELECT 1 FROM line WHERE lane = ?1 AND priority = ?2 AND (run_at, seq) < (?3, ?4)
                LIMIT ?5)
            """)
        var total = 0
        for line in try lines(ofQueue: job.record.queue) {
            let priority = Line.priority(ofLevel: line.level)
            guard priority <= job.record.priority else { continue }
            guard total < Limits.rankCap else { return Limits.rankCap }
            var end = Front(runAt: job.record.runAt.microseconds, seq: job.seq)
            if priority < job.record.priority { end = Front(runAt: .max, seq: .max) }
            if Line.isTimed(line.level) { end = min(end, Front(runAt: now.microseconds + 1, seq: 0)) }
            count.bind(1, line.lane)
            count.bind(2, line.level)
            count.bind(3, end.runAt)
            count.bind(4, end.seq)
            count.bind(5, Limits.rankCap)
            if try count.step() { total += count.int(0) }
            count.reset()
        }
        return min(total, Limits.rankCap)
    }

    private func lines(ofQueue queue: String) throws -> [Line] {
        let find = try connection.prepareOnce(
            "SELECT h.lane, h.level FROM lanes l JOIN heads h ON h.lane = l.id WHERE l.queue = ?1")
        find.bind(1, queue)
        var lines: [Line] = []
        while try find.step() { lines.append(Line(lane: find.int64(0), level: find.int(1))) }
        return lines
    }

    // MARK: Workers

    func workers() throws -> [WorkerRecord] {
        let find = try connection.prepareOnce(
            """
            SELECT id, host, pid, started_at, queues, types, concurrency, quiet, seen_at FROM workers
            WHERE seen_at >= ?1
            """)
        find.bind(1, now.microseconds - 3 * options.lease.microseconds)
        var workers: [WorkerRecord] = []
        while try find.step() {
            let status = WorkerStatus(
                id: WorkerID(bits: UInt64(bitPattern: find.int64(0))), host: find.text(1), pid: find.int(2),
                startedAt: Timestamp(microseconds: find.int64(3)),
                queues: find.isNull(4) ? nil : ColumnTexts.list(find.text(4)), types: ColumnTexts.list(find.text(5)),
                concurrency: find.int(6), isQuiet: find.int(7) != 0)
            workers.append(
                WorkerRecord(
                    status: status, seenAt: Timestamp(microseconds: find.int64(8)), running: [], held: 0))
        }
        // Sorted here, because SQLite's integers are signed and identities are not.
        workers.sort { ($0.status.startedAt, $0.status.id.bits) < ($1.status.startedAt, $1.status.id.bits) }
        let leases = try connection.prepareOnce(
            """
            SELECT j.id, l.started_at, l.flags FROM leases l CROSS JOIN jobs j ON j.seq = l.seq WHERE l.worker = ?1
            ORDER BY l.counter
            """
        )
        for index in workers.indices {
            leases.bind(1, Int64(bitPattern: workers[index].status.id.bits))
            while try leases.step() {
                workers[index].held += 1
                if workers[index].suspect == nil, leases.int64(2) & WriteSession.suspectFlag != 0 {
                    workers[index].suspect = leases.id(0)
                }
                guard !leases.isNull(1), workers[index].running.count < Limits.batch else { continue }
                workers[index].running.append(leases.id(0))
            }
        }
        return workers
    }
}
