// Large jobs: no reply is larger than Limits.replyBytes, except for what cannot be split, and no job is left behind.
import OffstageCore

extension StoreConformance {
    private static let mebibyte = [UInt8](repeating: UInt8(ascii: "1"), count: 1 << 20)

    static let largeCases: [ConformanceCase] = [
        ConformanceCase("a reservation brings no more than 16 MiB", needsTotalOrder: true) {
            $0.patience = .seconds(60)
        } body: { t in
            var ids: [JobID] = []
            for number in 0..<20 {
                ids.append(
                    try await t.add(number % 5 == 4 ? "other" : "work") {
                        $0.arguments = mebibyte
                        $0.queue = number % 7 == 6 ? "aside" : "default"
                    })
            }
            let first = try await t.take(1000)
            try t.expect((12...16).contains(first.count), "\(first.count) jobs of 1 MiB fit")
            try t.expect(first.reduce(0) { $0 + $1.size } <= Limits.replyBytes, "they fit")
            let rest = try await t.take(1000)
            try t.expect((first + rest).map(\.id), ids, "all of them, in their order")
            try await t.store.retire(Trial.ann)
            try t.expect(try await t.store.find(ids).compactMap { $0?.arguments.count }, ids.map { _ in 1 << 20 })
        },
        ConformanceCase("what a checkpoint holds counts, too", needsTotalOrder: true) {
            $0.patience = .seconds(60)
        } body: { t in
            for _ in 0..<10 { _ = try await t.add { $0.arguments = mebibyte } }
            for job in try await t.take(10) {
                _ = try await t.store.note([JobNote(token: job.token, kind: .checkpoint(mebibyte))])
            }
            try await t.store.retire(Trial.ann)
            let first = try await t.take(10)
            try t.expect((6...8).contains(first.count), "\(first.count) jobs of 2 MiB fit")
            try t.expect(first.count + (try await t.take(10).count), 10)
        },
        ConformanceCase("a job that is too large for a reservation comes alone", needsTotalOrder: true) {
            $0.patience = .seconds(60)
        } body: { t in
            let before = try await t.add()
            let large = try await t.add { $0.arguments = [UInt8](repeating: 49, count: Limits.replyBytes + 1) }
            let after = try await t.add()
            try t.expect(try await t.take(9).map(\.id), [before])
            try t.expect(try await t.take(9).map(\.id), [large])
            try t.expect(try await t.take(9).map(\.id), [after])
        },
        ConformanceCase("no more than 16 MiB of announcements are taken at once", needsTotalOrder: true) {
            $0.patience = .seconds(60)
        } body: { t in
            let result = [UInt8](repeating: UInt8(ascii: "1"), count: 64 << 10)
            for _ in 0..<3 {
                let jobs = (0..<100).map { _ in t.job { $0.returnQueue = "web" } }
                _ = try await t.store.enqueue(jobs)
                let ends = try await t.take(100).map { t.end($0, .returned(result: result, truncated: false)) }
                _ = try await t.store.settle(ends)
            }
            let first = try await t.store.takeReturns(from: "web", limit: 1000, lease: .seconds(30))
            try t.expect((200...256).contains(first.count), "\(first.count) announcements of 64 KiB fit")
            let peeked = try await t.store.peekReturns(in: "web", limit: 1000)
            try t.expect((200...256).contains(peeked.count), "\(peeked.count) announcements of 64 KiB are shown")
            let rest = try await t.store.takeReturns(from: "web", limit: 1000, lease: .seconds(30))
            try t.expect(first.count + rest.count, 300)
        },
        ConformanceCase("a page of jobs with large results and checkpoints is whole", needsTotalOrder: true) {
            $0.patience = .seconds(60)
        } body: { t in
            let result = [UInt8](repeating: UInt8(ascii: "1"), count: 64 << 10)
            _ = try await t.store.enqueue((0..<30).map { _ in t.job() })
            let jobs = try await t.take(30)
            _ = try await t.store.note(jobs.map { JobNote(token: $0.token, kind: .checkpoint(mebibyte)) })
            _ = try await t.store.settle(jobs.prefix(15).map { t.end($0, .returned(result: result, truncated: true)) })
            let page = try await t.store.list(JobFilter(), after: nil, limit: 1000)
            try t.expect(page.records.count, 30)
            try t.expect(page.records.allSatisfy { $0.result == nil && $0.checkpoint == nil }, "they are left out")
            try t.expect(page.records.filter { $0.state == .completed && $0.resultTruncated }.count, 15)
        },
    ]
}
