// Looking: every partition is asked, and the replies are merged.
public import OffstageCore

extension RedisStore {
    /// Returns the records of these jobs in their order; nil where there is no such job.
    public func find(_ ids: [JobID]) async throws -> [JobRecord?] {
        var records = [JobRecord?](repeating: nil, count: ids.count)
        for (partition, places) in Self.places(of: ids, partitions) {
            // If the records are large, a reply has only the first of them; the others are requested again.
            var rest = places[...]
            while !rest.isEmpty {
                let asked = rest
                let found = try await caller.run(
                    caller.scripts.find, on: partitions.all[partition], role: .look,
                    { command in
                        command.append(Limits.replyBytes)
                        for place in asked { command.append(ids[place].bytes) }
                    },
                    read: { reply in
                        let clock = try ScriptClock(reply)
                        var names = LaneNames()
                        return try reply.elements.dropFirst(2).map { row -> JobRecord? in
                            row.elements.isEmpty ? nil : try JobRecord(row: row, clock: clock, names: &names)
                        }
                    })
                guard !found.isEmpty, found.count <= asked.count else { throw ByteReader.broken }
                for (place, record) in zip(asked, found) { records[place] = record }
                rest = rest.dropFirst(found.count)
            }
        }
        return records
    }

    /// Returns one page of records. With several partitions, merges a page of each.
    public func list(_ filter: JobFilter, after cursor: String?, limit: Int) async throws -> JobPage {
        let order = ListOrder(filter, partitions: partitions.count)
        var ranks = try order.ranks(of: cursor)
        var pages: [PartPage] = []
        for partition in partitions.all {
            let rank = ranks[partition.index]
            pages.append(
                try await caller.run(
                    caller.scripts.list, on: partition, role: .look,
                    { command in
                        filter.write(into: &command, after: rank)
                        command.append(limit)
                        command.append(Limits.replyBytes / partitions.count)
                    }, read: { try PartPage($0) }))
        }
        return Self.merge(pages, &ranks, order, limit: limit)
    }

    /// The page of one partition.
    struct PartPage: Sendable {
        var rows: [(record: JobRecord, rank: ListOrder.Rank)] = []
        var next: ListOrder.Rank?

        init(_ reply: RedisReply) throws {
            let clock = try ScriptClock(reply)
            var names = LaneNames()
            for row in try reply.part(2).elements {
                var record = try JobRecord(row: row, clock: clock, names: &names)
                record.arguments = []
                let rank = ListOrder.Rank(keep: try row.part(4).integer ?? 0, number: try row.part(5).number())
                rows.append((record, rank))
            }
            next = try ListOrder.rank(try reply.part(3))
        }
    }

    private static func merge(
        _ pages: [PartPage], _ ranks: inout [ListOrder.Rank?], _ order: ListOrder, limit: Int
    ) -> JobPage {
        var page = JobPage()
        var places = Array(repeating: 0, count: pages.count)
        while page.records.count < limit {
            var best: Int?
            for index in pages.indices where places[index] < pages[index].rows.count {
                guard let known = best else {
                    best = index
                    continue
                }
                let rival = pages[index].rows[places[index]]
                let leader = pages[known].rows[places[known]]
                let isLater =
                    order.isByEnd || pages.count == 1
                    ? rival.rank > leader.rank : rival.record.enqueuedAt > leader.record.enqueuedAt
                if isLater { best = index }
            }
            guard let best else { break }
            let row = pages[best].rows[places[best]]
            places[best] += 1
            ranks[best] = row.rank
            page.records.append(row.record)
            page.cursors.append(order.text(ranks))
        }
        var isMore = false
        for (index, part) in pages.enumerated() {
            if places[index] < part.rows.count {
                isMore = true
            } else if let next = part.next {
                ranks[index] = next
                isMore = true
            }
        }
        if isMore { page.next = order.text(ranks) }
        return page
    }

    /// Returns the maintained counts.
    public func counts() async throws -> StoreCounts {
        let parts = try await withThrowingTaskGroup(of: PartCounts.self) { group in
            for partition in partitions.all { group.addTask { try await self.counts(on: partition) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        return PartCounts.sum(parts)
    }

    private func counts(on partition: Partition) async throws -> PartCounts {
        func piece(_ cursor: String) async throws -> (counts: PartCounts, next: String) {
            try await caller.run(
                caller.scripts.counts, on: partition, role: .look, { $0.append(cursor) },
                read: { (try PartCounts($0), try $0.part(1).text ?? "") })
        }
        var (all, next) = try await piece("")
        while !next.isEmpty {
            let (more, last) = try await piece(next)
            all.continued(with: more)
            next = last
        }
        return all
    }

    /// Returns what prevents a job from starting, or nil if there is no such job.
    public func standing(of id: JobID) async throws -> JobStanding? {
        try await caller.run(
            caller.scripts.standing, on: partitions.home(of: id), role: .look,
            { command in
                command.append(id.bytes)
                command.append(Limits.rankCap)
            },
            read: { reply in
                guard !reply.elements.isEmpty else { return nil }
                let clock = try ScriptClock(reply)
                var names = LaneNames()
                let record = try JobRecord(row: try reply.part(2), clock: clock, names: &names)
                var standing = JobStanding(record: record, at: clock.now)
                standing.isPaused = try reply.part(3).number() == 1
                standing.ahead = Int(try reply.part(4).number())
                let holder = try reply.part(5).raw()
                var reader = ByteReader(holder)
                if holder.count == 16 { standing.predecessor = try reader.id() }
                return standing
            })
    }

    /// Returns how many jobs ended, by type and minute.
    public func history(since: Timestamp) async throws -> [HistoryRow] {
        let oldest = try await now() - options.retention.historyAge
        let begin = max(since.minute, oldest)
        var rows: [HistoryKey: HistoryRow] = [:]
        for partition in partitions.all {
            var offset = 0
            while true {
                let skipped = offset
                let some = try await caller.run(
                    caller.scripts.history, on: partition, role: .look,
                    { command in
                        command.append(Int(begin.microseconds))
                        command.append(skipped)
                        command.append(Self.historyPage)
                    }, read: { try Self.history($0) })
                for row in some {
                    rows[HistoryKey(row), default: HistoryRow(minute: row.minute, type: row.type)].add(row)
                }
                guard some.count == Self.historyPage else { break }
                offset += Self.historyPage
            }
        }
        return rows.values.sorted { ($0.minute, $0.type) < ($1.minute, $1.type) }
    }

    private static let historyPage = 2000

    private struct HistoryKey: Hashable {
        let minute: Timestamp
        let type: String

        init(_ row: HistoryRow) {
            minute = row.minute
            type = row.type
        }
    }

    private static func history(_ reply: RedisReply) throws -> [HistoryRow] {
        try stride(from: 0, to: reply.elements.count - 1, by: 2).map { index in
            let field = try reply.part(index).text ?? ""
            guard let bar = field.firstIndex(of: "|"), let minute = Int64(field[..<bar]) else {
                throw ByteReader.broken
            }
            var row = HistoryRow(
                minute: Timestamp(microseconds: minute), type: String(field[field.index(after: bar)...]))
            var reader = ByteReader(try reply.part(index + 1).raw())
            row.completed = Int(try reader.number(Int64.self))
            row.failed = Int(try reader.number(Int64.self))
            row.discarded = Int(try reader.number(Int64.self))
            row.cancelled = Int(try reader.number(Int64.self))
            row.ranMicroseconds = try reader.number()
            row.longestMicroseconds = try reader.number()
            return row
        }
    }
}

extension HistoryRow {
    /// Adds the counts of another partition.
    fileprivate mutating func add(_ other: HistoryRow) {
        completed += other.completed
        failed += other.failed
        discarded += other.discarded
        cancelled += other.cancelled
        ranMicroseconds += other.ranMicroseconds
        longestMicroseconds = max(longestMicroseconds, other.longestMicroseconds)
    }
}

extension Timestamp {
    /// The beginning of the minute that contains this moment.
    fileprivate var minute: Timestamp {
        let rest = microseconds % 60_000_000
        return Timestamp(microseconds: microseconds - (rest < 0 ? rest + 60_000_000 : rest))
    }
}

extension ScriptClock {
    /// Reads the two clocks at the start of a reply.
    init(_ reply: RedisReply) throws {
        now = Timestamp(microseconds: try reply.part(0).number())
        monotonic = try reply.part(1).number()
    }
}
