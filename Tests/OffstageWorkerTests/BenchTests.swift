// The cost of the worker itself, without a store: it drains no-op jobs from a fake store that returns batches at no
// cost. Run with `OFFSTAGE_BENCH=1 swift test -c release --filter Bench`.
import Foundation
import OffstageCore
import OffstageMemory
import OffstageSQLite
import OffstageWorker
import Synchronization
import Testing

@Suite(.serialized, .enabled(if: ProcessInfo.processInfo.environment["OFFSTAGE_BENCH"] != nil))
struct BenchTests {
    static func freeStore(_ total: Int, _ arguments: [UInt8], reply: Duration) -> ProxyStore {
        let given = Mutex(0)
        let types = Mutex(Set<Int>())
        return ProxyStore(
            memoryStore(lease: .seconds(20)),
            onSettle: { settlements, request, _ in
                if reply > .zero { try await SystemTime().sleep(for: reply) }
                var answer = SettleReply()
                answer.answers = [TokenAnswer](repeating: .accepted, count: settlements.count)
                guard let request else { return answer }
                var reservation = Reservation()
                let count = given.withLock { given in
                    let count = min(request.limit, total - given)
                    given += count
                    return count
                }
                _ = types.withLock { $0.insert(count) }
                reservation.jobs = (0..<count).map { index in
                    let token = Token(
                        job: JobID(high: 1, low: UInt64(index)), attempt: 1, worker: request.worker,
                        counter: request.firstCounter + UInt64(index), locator: 1)
                    return ReservedJob(
                        token: token, type: "noop", queue: "default", arguments: arguments, priority: 4,
                        maxAttempts: 20, enqueuedAt: Timestamp(microseconds: 1), runAt: Timestamp(microseconds: 1))
                }
                answer.reservation = reservation
                return answer
            },
            onRenew: { _, _ in RenewReply() })
    }

    static func cpu() -> Double {
        var usage = rusage()
        getrusage(Int32(RUSAGE_SELF.rawValue), &usage)
        return Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6
            + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec)
    }

    static func drain(_ name: String, _ handler: Handler, jobs: Int = 400_000, reply: Duration = .zero) async throws {
        let store = freeStore(jobs, Array(#"{"to":"a@b.c","n":1}"#.utf8), reply: reply)
        let worker = Worker(
            store,
            options: testOptions {
                $0.drain = true
                $0.upkeep = nil
            }
        ) { handler }
        let time = SystemTime()
        let (cpu, start) = (cpu(), time.monotonicMicroseconds())
        try await worker.run()
        let wall = time.monotonicMicroseconds() - start
        print(
            name, "wall \(Double(wall) / Double(jobs)) µs/job", "cpu \((Self.cpu() - cpu) / Double(jobs)) µs/job",
            "rate \(Int(Double(jobs) * 1e6 / Double(wall)))/s")
    }

    struct Mail: Codable {
        var to: String
        var n: Int
    }

    @Test func drainsNoOpJobs() async throws {
        try await Self.drain("raw", Handler(raw: "noop") { _, _ in nil })
        try await Self.drain(
            "raw, store replies after 5 ms", Handler(raw: "noop") { _, _ in nil }, reply: .milliseconds(5))
        try await Self.drain("typed", Handler("noop") { (mail: Mail, _) in })
        #expect(Bool(true))
    }

    @Test func picksUpFromIdle() async throws {
        try await SQLiteTests.withStore { store in
            let time = SystemTime()
            let started = Box<Int64>(0)
            let worker = Worker(
                store,
                options: testOptions {
                    $0.slowPoll = .seconds(60)
                    $0.upkeep = .seconds(1)
                }
            ) {
                Handler(raw: "x") { _, _ in
                    started.change { $0 = time.monotonicMicroseconds() }
                    return nil
                }
            }
            var waits: [Int64] = []
            try await running(worker) {
                for _ in 0..<300 {
                    try await time.sleep(for: .milliseconds(5))
                    let id = try await store.put(newJob("x"))[0]
                    let accepted = time.monotonicMicroseconds()
                    try await eventually("run") { try await store.state(id) == .completed }
                    waits.append(started.value - accepted)
                }
            }
            waits.sort()
            print("pick-up p50 \(waits[150]) µs p99 \(waits[297]) µs")
        }
    }

    @Test func drainsSQLite() async throws {
        let jobs = 300_000
        try await SQLiteTests.withStore { store in
            for _ in 0..<jobs / 1000 {
                _ = try await store.enqueue((0..<1000).map { _ in newJob("noop", #"{"to":"a@b.c","n":1}"#) })
            }
            let worker = Worker(
                store,
                options: testOptions {
                    $0.drain = true
                    $0.upkeep = .seconds(1)
                }
            ) {
                Handler(raw: "noop") { _, _ in nil }
            }
            let time = SystemTime()
            let (cpu, start) = (Self.cpu(), time.monotonicMicroseconds())
            try await worker.run()
            let wall = time.monotonicMicroseconds() - start
            #expect(try await store.counts().total(.completed) == jobs)
            print(
                "sqlite wall \(Double(wall) / Double(jobs)) µs/job", "cpu \((Self.cpu() - cpu) / Double(jobs)) µs/job",
                "rate \(Int(Double(jobs) * 1e6 / Double(wall)))/s")
        }
    }
}
