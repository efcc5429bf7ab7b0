// Listings: order, pages, filters, and what a row leaves out.
import OffstageCore

extension StoreConformance {
    /// Returns all pages of a listing, joined.
    private static func walk(_ filter: JobFilter, by limit: Int, _ t: Trial) async throws -> [JobID] {
        var found: [JobID] = []
        var cursor: String?
        repeat {
            let page = try await t.store.list(filter, after: cursor, limit: limit)
            try t.expect(page.records.count <= limit, "a page has at most \(limit) rows")
            try t.expect(page.cursors.count, page.records.count, "cursors")
            found += page.records.map(\.id)
            cursor = page.next
        } while cursor != nil
        return found
    }

    static let listCases: [ConformanceCase] = [
        ConformanceCase("newest acceptance first, in pages of any size", needsTotalOrder: true) { t in
            var ids: [JobID] = []
            for number in 0..<7 {
                ids.append(try await t.add { $0.start = .after(.seconds(number % 3)) })
            }
            _ = try await t.take(2)
            for limit in [1, 2, 3, 7, 50] {
                try t.expect(try await walk(JobFilter(), by: limit, t), ids.reversed(), "pages of \(limit)")
            }
            let page = try await t.store.list(JobFilter(), after: nil, limit: 7)
            try t.expect(page.next == nil, "the last page has no next")
        },
        ConformanceCase("one ended state: what is kept the longest first", needsTotalOrder: true) {
            $0.retention.completedAgeByType = ["other": .seconds(3)]
        } body: { t in
            var ids: [JobID] = []
            for type in ["work", "other", "work", "work"] {
                ids.append(try await t.add(type))
                try await t.complete()
                if ids.count != 3 { t.time.advance(by: .seconds(1)) }
            }
            for limit in [1, 2, 9] {
                try t.expect(
                    try await walk(JobFilter(state: .completed), by: limit, t), [ids[3], ids[2], ids[0], ids[1]],
                    "pages of \(limit)")
            }
            try t.expect(try await walk(JobFilter(state: .discarded), by: 2, t), [])
        },
        ConformanceCase("filters add up") { t in
            let a = try await t.add("work") {
                $0.queue = "a"
                $0.tags = ["red", "blue"]
            }
            let b = try await t.add("other") {
                $0.queue = "a"
                $0.tags = ["red"]
            }
            let c = try await t.add("work") { $0.start = .after(.seconds(9)) }
            let running = try await t.add("other") { $0.queue = "run" }
            _ = try await t.take(1, queues: ["run"])
            let expected: [(JobFilter, [JobID])] = [
                (JobFilter(queue: "a"), [b, a]), (JobFilter(type: "work"), [c, a]), (JobFilter(tag: "red"), [b, a]),
                (JobFilter(tag: "blue"), [a]), (JobFilter(state: .available), [b, a]),
                (JobFilter(state: .scheduled), [c]),
                (JobFilter(state: .running), [running]), (JobFilter(queue: "a", type: "other", tag: "red"), [b]),
                (JobFilter(state: .available, queue: "a", type: "work", tag: "blue"), [a]), (JobFilter(tag: "re"), []),
                (JobFilter(state: .held), []), (JobFilter(queue: "nowhere"), []), (JobFilter(type: "nothing"), []),
            ]
            for (filter, ids) in expected {
                for limit in [1, 9] {
                    try t.expect(t.ordered(try await walk(filter, by: limit, t)), t.ordered(ids), "\(filter)")
                }
            }
        },
        ConformanceCase("a row is the record without arguments, result and checkpoint") { t in
            let id = try await t.add {
                $0.tags = ["x"]
                $0.metadata = ["k": "v"]
            }
            let job = try await t.takeOne()
            _ = try await t.store.note([JobNote(token: job.token, kind: .checkpoint([1]))])
            var record = try await t.record(id)
            record.arguments = []
            record.checkpoint = nil
            try t.expect(try await t.store.list(JobFilter(), after: nil, limit: 9).records, [record])
            try await t.settle(job, .returned(result: [1], truncated: false))
            record = try await t.record(id)
            record.arguments = []
            record.checkpoint = nil
            record.result = nil
            try t.expect(try await t.store.list(JobFilter(), after: nil, limit: 9).records, [record])
        },
        ConformanceCase(
            "a cursor stays good when its record has gone, and jobs accepted since do not appear", needsTotalOrder: true
        ) { t in
            var ids: [JobID] = []
            for _ in 0..<4 { ids.append(try await t.add()) }
            let page = try await t.store.list(JobFilter(), after: nil, limit: 2)
            try t.expect(page.records.map(\.id), [ids[3], ids[2]])
            try await t.change(ids[2], .remove)
            _ = try await t.add()
            try t.expect(
                try await t.store.list(JobFilter(), after: page.next, limit: 9).records.map(\.id), [ids[1], ids[0]])
            try t.expect(
                try await t.store.list(JobFilter(), after: page.cursors[0], limit: 9).records.map(\.id),
                [ids[1], ids[0]])
        },
        ConformanceCase("what is no cursor is refused") { t in
            for cursor in ["", "x", "'; --", "a", "e1", "9999999999999999999999"] {
                do {
                    _ = try await t.store.list(JobFilter(), after: cursor, limit: 9)
                    throw ConformanceFailure("\(cursor) was taken for a cursor", line: #line)
                } catch StoreError.failed {}
            }
        },
    ]
}
