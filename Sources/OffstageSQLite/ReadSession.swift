// What the monitor can ask of the file. Every look is bounded: by an index, by the number of lanes, or by Limits.
import OffstageCore

/// The state of the reading thread; never leaves it.
final class ReadSession {
    let connection: Connection
    let options: StoreOptions
    private var lanes: [Int64: Lane] = [:]

    init(connection: Connection, options: StoreOptions) {
        self.connection = connection
        self.options = options
    }

    var now: Timestamp { options.time.now() }
    var monotonic: Int64 { options.time.monotonicMicroseconds() }

    func transaction<Answer>(_ body: (ReadSession) throws -> Answer) throws -> Answer {
        try connection.execute("BEGIN")
        defer { try? connection.execute("COMMIT") }
        return try body(self)
    }

    private func lane(_ id: Int64) throws -> Lane {
        if let known = lanes[id] { return known }
        let find = try connection.prepareOnce("SELECT queue, type FROM lanes WHERE id = ?1")
        find.bind(1, id)
        guard try find.step() else { throw StoreError.unusable("the file is damaged: it has no lane \(id)") }
        let lane = Lane(id: id, queue: find.text(0), type: find.text(1), queueBit: 0, typeBit: 0, completedAge: 0)
        lanes[id] = lane
        return lane
    }

    private func read(_ row: Statement, wide: Bool) throws -> StoredJob {
        StoredJob(row, lane: try lane(row.int64(2)), wide: wide, now: now, monotonic: monotonic)
    }

    // MARK: Records

    func find(_ ids: [JobID]) throws -> [JobRecord?] {
        let find = try connection.prepareOnce(
            "SELECT \(StoredJob.columns) FROM \(StoredJob.tables) WHERE j.id = ?1")
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
            "SELECT \(StoredJob.listColumns) FROM \(StoredJob.tables) WHERE j.seq = ?1")
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
            "SELECT \(StoredJob.columns) FROM \(StoredJob.tables) WHERE j.id = ?1")
        find.bind(1, id)
        guard try find.step() else { return nil }
        let job = try read(find, wide: true)
        find.reset()
        var standing = JobStanding(record: job.record, at: now)
        let paused = try connection.prepareOnce("SELECT 1 FROM queues WHERE name = ?1 AND paused = 1")
        paused.bind(1, job.record.queue)
        standing.isPaused = try paused.step()
        paused.reset()
        if job.record.state.isWaiting, job.record.runAt <= standing.at {
            standing.ahead = try ahead(of: job, at: standing.at)
        }
        if job.record.state == .held, let key = job.record.uniqueKey {
            let holder = try connection.prepareOnce(
                "SELECT id FROM uniques WHERE type = ?1 AND key = ?2 AND successor = ?3")
            holder.bind(1, job.record.type)
            holder.bind(2, key)
            holder.bind(3, job.seq)
            if try holder.step() { standing.predecessor = holder.id(0) }
            holder.reset()
        }
        return standing
    }

    private func ahead(of job: StoredJob, at now: Timestamp) throws -> Int {
        // In line, a suspect stands under priority + 10; who comes before whom is said by the priority itself.
        let count = try connection.prepareOnce(
            """
            SELECT count(*) FROM (SELECT 1 FROM line WHERE lane = ?1 AND priority = ?2 AND (run_at, seq) < (?3, ?4)
                LIMIT ?5)
            """)
        var total = 0
        let record = job.record
        for lane in try lanes(ofQueue: record.queue) {
            for priority in 0..<20 where priority % 10 <= record.priority {
                guard total < Limits.rankCap else { return Limits.rankCap }
                let isBetter = priority % 10 < record.priority
                count.bind(1, lane)
                count.bind(2, priority)
                count.bind(3, isBetter ? now.microseconds + 1 : record.runAt.microseconds)
                count.bind(4, isBetter ? 0 : job.seq)
                count.bind(5, Limits.rankCap)
                if try count.step() { total += count.int(0) }
                count.reset()
            }
        }
        return min(total, Limits.rankCap)
    }

    private func lanes(ofQueue queue: String) throws -> [Int64] {
        let find = try connection.prepareOnce("SELECT id FROM lanes WHERE queue = ?1 AND waiting > 0")
        find.bind(1, queue)
        var ids: [Int64] = []
        while try find.step() { ids.append(find.int64(0)) }
        return ids
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
        // By hand, for SQLite's integers are signed and identities are not.
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
