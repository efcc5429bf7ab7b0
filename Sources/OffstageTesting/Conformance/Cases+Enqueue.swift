// Enqueue: what is stored, when it starts, and the answer to an id that is already known.
import OffstageCore

extension StoreConformance {
    static let enqueueCases: [ConformanceCase] = [
        ConformanceCase("everything said about a job is on its record") { t in
            let job = t.job("work") {
                $0.arguments = Array("{\"a\": 1 }".utf8)
                $0.queue = "images"
                $0.priority = 7
                $0.maxAttempts = 3
                $0.timeout = .seconds(60)
                $0.expires = .after(.seconds(90))
                $0.unique = UniqueRule(key: "k")
                $0.tags = ["red", "blue"]
                $0.metadata = ["trace": "1\u{0}\"é", "empty": ""]
                $0.parent = JobID(high: 1, low: 2)
                $0.returnQueue = "web"
            }
            try t.expect(try await t.enqueue(job), .stored(.available))
            var wanted = JobRecord(id: job.id, type: "work", runAt: t.now, enqueuedAt: t.now)
            wanted.arguments = job.arguments
            wanted.queue = "images"
            wanted.priority = 7
            wanted.maxAttempts = 3
            wanted.timeoutMicroseconds = 60_000_000
            wanted.expiresAt = t.now + .seconds(90)
            wanted.uniqueKey = "k"
            wanted.tags = ["red", "blue"]
            wanted.metadata = ["trace": "1\u{0}\"é", "empty": ""]
            wanted.parent = JobID(high: 1, low: 2)
            wanted.returnQueue = "web"
            try t.expect(try await t.record(job.id), wanted, "record")
        },
        ConformanceCase("arguments are kept byte for byte, whatever they are") { t in
            for bytes in [[], [0], [0xff, 0xfe, 0, 10, 13], Array(repeating: UInt8(7), count: 1 << 20)] as [[UInt8]] {
                let id = try await t.add { $0.arguments = bytes }
                try t.expect(try await t.record(id).arguments == bytes, "the record has the \(bytes.count) bytes")
                try t.expect(try await t.takeOne().arguments == bytes, "the worker gets the \(bytes.count) bytes")
            }
        },
        ConformanceCase("a start that lies ahead is scheduled, one that has passed is now") { t in
            let later = t.job { $0.start = .after(.seconds(10)) }
            let at = t.job { $0.start = .at(t.now + .seconds(20)) }
            let past = t.job { $0.start = .at(t.now - .seconds(20)) }
            let soon = t.job { $0.start = .after(.zero) }
            try t.expect(
                try await t.store.enqueue([later, at, past, soon]),
                [.stored(.scheduled), .stored(.scheduled), .stored(.available), .stored(.available)])
            try t.expect(try await t.record(later.id).runAt, t.now + .seconds(10))
            try t.expect(try await t.record(at.id).runAt, t.now + .seconds(20))
            try t.expect(try await t.record(past.id).runAt, t.now)
        },
        ConformanceCase("the same id with the same content stores nothing new") { t in
            let job = t.job()
            try t.expect(try await t.enqueue(job), .stored(.available))
            t.time.advance(by: .seconds(1))
            try t.expect(try await t.enqueue(job), .repeated(.available))
            let taken = try await t.takeOne()
            try t.expect(try await t.enqueue(job), .repeated(.running))
            try await t.settle(taken, .done)
            try t.expect(try await t.enqueue(job), .repeated(.completed))
            try t.expect(try await t.store.list(JobFilter(), after: nil, limit: 10).records.count, 1)
        },
        ConformanceCase("the same id with other content is refused, and its neighbours are stored") { t in
            let job = t.job()
            var other = job
            other.arguments = [1]
            let next = t.job()
            let answers = try await t.store.enqueue([job, other, next, job])
            try t.expect(answers[0], .stored(.available))
            try t.expect(answers[1], .taken(job.id))
            try t.expect(answers[2], .stored(.available))
            try t.expect(answers[3], .repeated(.available))
            try t.expect(try await t.record(job.id).arguments, job.arguments)
        },
        ConformanceCase("the same id with the same type and arguments is a repeat, whatever else differs") { t in
            let changes: [(inout NewJob) -> Void] = [
                { $0.metadata = ["traceparent": "00-2"] }, { $0.priority = 0 }, { $0.maxAttempts = 3 },
                { $0.tags = ["b"] }, { $0.queue = "mail" }, { $0.start = .after(.seconds(9)) },
                { $0.timeout = .seconds(5) }, { $0.expires = .after(.seconds(5)) }, { $0.returnQueue = "web" },
                { $0.parent = JobID(high: 1, low: 2) }, { $0.callerChoseID.toggle() },
            ]
            for isOwn in [false, true] {
                let job = t.job { $0.callerChoseID = isOwn }
                _ = try await t.enqueue(job)
                let before = try await t.record(job.id)
                for (number, change) in changes.enumerated() {
                    var again = job
                    change(&again)
                    try t.expect(try await t.enqueue(again), .repeated(.available), "change \(number)")
                    try t.expect(try await t.record(job.id), before, "the first one's settings")
                }
                var other = job
                other.type = "other"
                try t.expect(try await t.enqueue(other), .taken(job.id))
            }
        },
        ConformanceCase("an id that is derived from parent and key decides alone") { t in
            let parent = JobID(high: 0x7000, low: 0x8000_0000_0000_00ff)
            func child(_ arguments: [UInt8], _ type: String = "work") -> NewJob {
                var job = NewJob(id: JobID(childOf: parent, key: "k"), type: type, arguments: arguments)
                job.parent = parent
                job.idIsDerived = true
                return job
            }
            let first = child([1])
            try t.expect(try await t.enqueue(first), .stored(.available))
            try t.expect(try await t.enqueue(child([1, 2])), .repeated(.available), "other arguments")
            try t.expect(try await t.enqueue(child([1], "other")), .repeated(.available), "another type")
            try t.expect(try await t.record(first.id).arguments, [1])
            var own = child([3])
            own.idIsDerived = false
            own.callerChoseID = true
            try t.expect(try await t.enqueue(own), .taken(own.id), "a caller's own id")
        },
        ConformanceCase("a generated id is forgotten soon after its record") { t in
            let job = t.job()
            _ = try await t.enqueue(job)
            try t.expect(try await t.change(job.id, .remove), .removed)
            t.time.advance(by: .seconds(81))
            try t.expect(try await t.enqueue(job), .stored(.available))
        },
        ConformanceCase("a caller's own id is remembered for a day after the job's end, even if the record is pruned") {
            $0.retention.completedAge = .seconds(60)
        } body: { t in
            let job = t.job { $0.callerChoseID = true }
            _ = try await t.enqueue(job)
            try await t.complete()
            t.time.advance(by: .seconds(61))
            try t.expect(try await t.store.maintain(limit: 100).pruned, 1)
            try t.expect(try await t.store.find([job.id]), [nil])
            try t.expect(try await t.enqueue(job), .repeated(.completed))
            var other = job
            other.arguments = [1]
            try t.expect(try await t.enqueue(other), .taken(job.id))
            other = job
            other.priority = 1
            try t.expect(try await t.enqueue(other), .repeated(.completed), "another priority")
            t.time.advance(by: .seconds(86_400 - 61 - 1))
            _ = try await t.store.maintain(limit: 100)
            try t.expect(try await t.enqueue(job), .repeated(.completed))
            t.time.advance(by: .seconds(1))
            try t.expect(try await t.enqueue(job), .stored(.available))
        },
        ConformanceCase("a caller's own id that was removed by hand is cancelled to a repeated enqueue") { t in
            let job = t.job { $0.callerChoseID = true }
            _ = try await t.enqueue(job)
            try await t.change(job.id, .remove)
            try t.expect(try await t.enqueue(job), .repeated(.cancelled))
            t.time.advance(by: .seconds(86_400))
            try t.expect(try await t.enqueue(job), .stored(.available))
        },
        ConformanceCase("a job that has expired on arrival is stored as discarded") { t in
            let job = t.job {
                $0.expires = .at(t.now)
                $0.returnQueue = "web"
                $0.unique = UniqueRule(key: "k")
            }
            try t.expect(try await t.enqueue(job), .stored(.discarded))
            let record = try await t.record(job.id)
            try t.expect(record.state, .discarded)
            try t.expect(record.finishedAt, t.now)
            try t.expect(record.attempt, 0)
            try t.expect(record.errors.map(\.kind), [.expired])
            try t.expect(record.errors.map(\.attempt), [0])
            try t.expect(try await t.store.peekReturns(in: "web", limit: 9).map(\.state), [.discarded])
            try t.expect(try await t.store.history(since: t.now).map(\.discarded), [1])
            try t.expect(
                try await t.enqueue(t.job { $0.unique = UniqueRule(key: "k") }), .stored(.available), "the key is free")
        },
        ConformanceCase("an expiry that lies ahead is kept, resolved at acceptance") { t in
            let id = try await t.add { $0.expires = .after(.seconds(5)) }
            try t.expect(try await t.record(id).expiresAt, t.now + .seconds(5))
        },
        ConformanceCase(
            "a thousand jobs in one call are given out in the order in which they were accepted", needsTotalOrder: true
        ) { t in
            let jobs = (0..<1000).map { _ in t.job() }
            try t.expect(try await t.store.enqueue(jobs).allSatisfy { $0 == .stored(.available) }, "all are stored")
            try t.expect(try await t.take(1000).map(\.id) == jobs.map(\.id), "the order is kept")
        },
        ConformanceCase("an empty batch is answered with nothing") { t in
            try t.expect(try await t.store.enqueue([]), [])
            try t.expect(try await t.store.settle([]), [])
            try t.expect(try await t.store.note([]), [])
            try t.expect(try await t.store.find([]), [])
        },
    ]
}
