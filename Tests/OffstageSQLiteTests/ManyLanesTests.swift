// Many queues and types: the cost of a reservation depends on what it takes, not on how many lanes have jobs. The
// figures are ratios within one run on one disk.
import OffstageCore
import OffstageTesting
import Testing

@testable import OffstageSQLite

@Suite(.timeLimit(.minutes(10)), .serialized) struct ManyLanesTests {
    private static let lanes = 10_000
    private static let jobs = 10_000
    private static let ids = JobIDSource()

    private static func put(_ count: Int, _ store: SQLiteStore, _ edit: (Int, inout NewJob) -> Void) async throws {
        for start in stride(from: 0, to: count, by: 1000) {
            _ = try await store.enqueue(
                (start..<min(count, start + 1000)).map { number in
                    var job = NewJob(id: ids.next(), type: "work", arguments: Array("{}".utf8))
                    edit(number, &job)
                    return job
                })
        }
    }

    /// Settles and reserves until nothing is left. Returns jobs per second.
    private static func drain(_ store: SQLiteStore, _ first: inout UInt64) async throws -> Double {
        let clock = SystemTime()
        let begun = clock.monotonicMicroseconds()
        var random: any RandomSource = SeededRandom(seed: 1)
        var held: [ReservedJob] = []
        var done = 0
        repeat {
            let ends = held.map {
                Settlement.of(
                    .returned(result: nil, truncated: false), job: $0, policy: .standard, ranMicroseconds: 1,
                    random: &random)
            }
            let wish = ReserveRequest(
                worker: WorkerID(bits: 1), selection: WorkSelection(queues: nil, types: ["work"]), limit: 100,
                startNow: 100, holding: 0, firstCounter: first)
            first += 100
            let reply = try await store.settle(ends, reserving: wish)
            done += held.count
            held = reply.reservation?.jobs ?? []
        } while !held.isEmpty
        #expect(done == jobs)
        return Double(done) / Double(clock.monotonicMicroseconds() - begun) * 1_000_000
    }

    @Test(arguments: [false, true]) func queuesAndTypesCostNothing(areServed: Bool) async throws {
        let scratch = try ScratchDirectory()
        let alone = try await openStore(scratch.file("alone.db"))
        let crowded = try await openStore(scratch.file("crowded.db"))
        try await Self.put(Self.lanes, crowded) { number, job in
            job.type = "strange"
            job.queue = "queue-\(number)"
        }
        try await Self.put(Self.lanes, crowded) { number, job in
            job.type = "strange-\(number)"
            if number % 10 == 0 { job.start = .after(.seconds(3600)) }
        }
        // Jobs of the served type whose time has not come do not slow it down either.
        if areServed {
            try await Self.put(Self.lanes, crowded) { number, job in
                job.queue = "queue-\(number)"
                job.start = .after(.seconds(3600))
            }
        }
        var best = 0.0
        var first: UInt64 = 1
        for _ in 0..<5 {
            try await Self.put(Self.jobs, alone) { _, _ in }
            let one = try await Self.drain(alone, &first)
            try await Self.put(Self.jobs, crowded) { _, _ in }
            let many = try await Self.drain(crowded, &first)
            best = max(best, many / one)
            StandardErrorLog()(
                .info, "lanes on SQLite", ["alone": "\(Int(one))", "crowded": "\(Int(many))", "served": "\(areServed)"])
            if best >= 0.7 { break }
        }
        #expect(best >= 0.7)
        await alone.close()
        await crowded.close()
    }

    @Test func theHeadsAreTheFirstJobsOfTheLines() async throws {
        let scratch = try ScratchDirectory()
        let path = scratch.file("jobs.db")
        let store = try await openStore(path)
        try await Self.put(300, store) { number, job in
            job.queue = "queue-\(number % 7)"
            job.priority = number % 3
            if number % 5 == 0 { job.start = .after(.seconds(number % 2 == 0 ? 0 : 3600)) }
        }
        _ = try await store.setPaused(true, queue: "queue-3")
        let taken = try await store.settle(
            [],
            reserving: ReserveRequest(
                worker: WorkerID(bits: 1), selection: WorkSelection(queues: nil, types: ["work"]), limit: 50,
                startNow: 50, holding: 0, firstCounter: 1))
        #expect(taken.reservation?.jobs.count == 50)
        try await store.retire(WorkerID(bits: 1))
        let filter = JobFilter(queue: "queue-1")
        _ = try await store.change(ChangeRequest(.cancel, .filter(filter, after: nil)))
        await store.close()
        let wrong = try Connection(path: path, role: .writer).integer(
            """
            SELECT count(*) FROM (
                SELECT lane, priority AS level, run_at, seq FROM line l
                WHERE NOT EXISTS (SELECT 1 FROM line o WHERE o.lane = l.lane AND o.priority = l.priority
                    AND (o.run_at, o.seq) < (l.run_at, l.seq))
                EXCEPT SELECT lane, level, run_at, seq FROM heads)
            """)
        #expect(wrong == 0)
        let extra = try Connection(path: path, role: .writer).integer(
            """
            SELECT count(*) FROM heads h WHERE NOT EXISTS (SELECT 1 FROM line l WHERE l.lane = h.lane
                AND l.priority = h.level AND l.run_at = h.run_at AND l.seq = h.seq)
                OR (h.type IS NULL) IS NOT (h.lane IN (SELECT id FROM lanes WHERE queue = 'queue-3'))
            """)
        #expect(extra == 0)
    }
}
