// Workers: heartbeats and commands are stored in the first partition, leases in all of them.
public import OffstageCore

extension RedisStore {
    /// Does a piece of upkeep in every partition.
    public func maintain(limit: Int) async throws -> MaintainReport {
        let retention = options.retention
        // Memory costs more than disk, so fewer completed jobs are kept here unless the options set a number.
        let completed = retention.count(of: .completed, completed: 100_000)
        let counts = [completed, retention.endedCount, retention.returnsCount].map {
            ($0 + partitions.count - 1) / partitions.count
        }
        let reports = try await caller.runOnAll(
            caller.scripts.maintain, partitions,
            { command in
                command.append(limit)
                command.append(counts[0])
                command.append(counts[1])
                command.append(Int(retention.returnsAge.microseconds))
                command.append(counts[2])
                command.append(Int(retention.historyAge.microseconds))
            },
            read: { reply in
                var report = MaintainReport()
                report.freed = Int(try reply.part(0).number())
                report.expired = Int(try reply.part(1).number())
                report.rescued = Int(try reply.part(2).number())
                report.pruned = Int(try reply.part(3).number())
                report.more = try reply.part(4).number() == 1
                return report
            })
        return reports.reduce(into: MaintainReport()) { sum, report in
            sum.freed += report.freed
            sum.expired += report.expired
            sum.rescued += report.rescued
            sum.pruned += report.pruned
            sum.more = sum.more || report.more
        }
    }

    /// Records a heartbeat. Returns the commands that wait for the worker.
    public func heartbeat(_ status: WorkerStatus) async throws -> Set<WorkerCommand> {
        let request = caller.requestID()
        return try await caller.run(
            caller.scripts.heartbeat, on: partitions.first,
            { command in
                var writer = ByteWriter(capacity: 256)
                status.write(into: &writer)
                command.append("\(status.id)")
                command.append(writer.bytes)
                command.append(request)
            },
            read: { reply in
                Set((reply.text ?? "").split(separator: " ").compactMap { WorkerCommand(rawValue: String($0)) })
            })
    }

    /// Leaves a command for a worker. Returns false if there is no such live worker.
    public func command(_ word: WorkerCommand, to worker: WorkerID) async throws -> Bool {
        try await caller.run(
            caller.scripts.command, on: partitions.first,
            { command in
                command.append("\(worker)")
                command.append(word.rawValue)
            }, read: { try $0.number() == 1 })
    }

    /// Forgets a worker and takes back what it holds in every partition. Each partition gets its own crashed attempts.
    public func retire(_ worker: WorkerID, crashed: [CrashedAttempt]) async throws -> [TokenAnswer] {
        var places = [[Int]](repeating: [], count: partitions.count)
        for (place, attempt) in crashed.enumerated() {
            places[partitions.home(of: attempt.token.job).index].append(place)
        }
        let groups = places
        let parts = try await withThrowingTaskGroup(of: (places: [Int], answers: [TokenAnswer]).self) { group in
            for partition in partitions.all {
                let places = groups[partition.index]
                group.addTask { (places, try await self.retire(worker, places.map { crashed[$0] }, on: partition)) }
            }
            do {
                return try await group.reduce(into: []) { $0.append($1) }
            } catch {
                throw partitions.count > 1 ? StoreError.afterAPart(error) : error
            }
        }
        var all = [TokenAnswer](repeating: .gone, count: crashed.count)
        for part in parts {
            for (place, answer) in zip(part.places, part.answers) { all[place] = answer }
        }
        return all
    }

    private func retire(
        _ worker: WorkerID, _ crashed: [CrashedAttempt], on partition: Partition
    ) async throws -> [TokenAnswer] {
        try await caller.run(
            caller.scripts.retire, on: partition,
            { command in
                var writer = ByteWriter(capacity: 256)
                command.append("\(worker)")
                for attempt in crashed {
                    writer.clear()
                    writer.add(attempt.token.job)
                    command.append(writer.bytes)
                    writer.clear()
                    writer.add(attempt.token.worker.bits)
                    attempt.token.writeProof(into: &writer)
                    command.append(writer.bytes)
                    writer.clear()
                    writer.add(attempt.startedAgoMicroseconds)
                    attempt.autopsy.write(into: &writer)
                    command.append(writer.bytes)
                }
            }, read: { try Self.answers($0, count: crashed.count) })
    }

    /// Returns the workers with a recent heartbeat. The first partition knows the workers; all partitions know what
    /// they run.
    public func workers() async throws -> [WorkerRecord] {
        var records = try await caller.run(
            caller.scripts.workers, on: partitions.first, role: .look, read: { try Self.workers($0) })
        guard !records.isEmpty else { return [] }
        let names = records.map { "\($0.status.id)" }
        for partition in partitions.all.dropFirst() {
            let more = try await caller.run(
                caller.scripts.workers, on: partition, role: .look, { for name in names { $0.append(name) } },
                read: { try Self.holdings($0) })
            for (index, holding) in more.enumerated() where index < records.count {
                records[index].held += holding.held
                records[index].suspect = records[index].suspect ?? holding.suspect
                records[index].running += holding.running.prefix(1000 - records[index].running.count)
            }
        }
        return records.sorted {
            ($0.status.startedAt, $0.status.id.bits) < ($1.status.startedAt, $1.status.id.bits)
        }
    }

    private static func workers(_ reply: RedisReply) throws -> [WorkerRecord] {
        try reply.elements.map { row in
            guard let id = try row.part(0).text.flatMap({ WorkerID($0) }) else { throw ByteReader.broken }
            let (held, running, suspect) = try holding(row)
            return WorkerRecord(
                status: try WorkerStatus(id: id, try row.part(2).raw()),
                seenAt: Timestamp(microseconds: try row.part(1).number()), running: running, held: held,
                suspect: suspect)
        }
    }

    private static func holdings(_ reply: RedisReply) throws -> [(held: Int, running: [JobID], suspect: JobID?)] {
        try reply.elements.map { try holding($0) }
    }

    private static func holding(_ row: RedisReply) throws -> (held: Int, running: [JobID], suspect: JobID?) {
        var reader = ByteReader(try row.part(4).raw())
        var running: [JobID] = []
        while reader.left > 0 { running.append(try reader.id()) }
        var suspect = ByteReader(try row.part(5).raw())
        return (Int(try row.part(3).number()), running, suspect.left > 0 ? try suspect.id() : nil)
    }
}
