// The small parts: the buffer, the rate of finishing, the order of queues, the `Bell`, the threads.
import OffstageCore
import Testing

@testable import OffstageWorker

@Suite(.timeLimit(.minutes(1))) struct PartsTests {
    @Test func rateForgetsWhatIsOlderThanItsWindow() {
        var rate = FinishRate(windowMicroseconds: 50_000)
        rate.add(10, at: 1_000_000)
        rate.add(5, at: 1_020_000)
        #expect(rate.count(at: 1_044_999) == 15)
        #expect(rate.count(at: 1_050_000) == 5)
        #expect(rate.count(at: 1_070_000) == 0)
        #expect(rate.count(at: 99_000_000) == 0)
    }

    @Test func bufferKeepsItsOrderThroughRemovals() {
        func buffered(_ n: UInt64) -> BufferedJob {
            let token = Token(
                job: JobID(high: 0, low: n), attempt: 1, worker: WorkerID(bits: 1), counter: n, locator: 0)
            let job = ReservedJob(
                token: token, type: "x", queue: "q", arguments: [], priority: 0, maxAttempts: 1,
                enqueuedAt: Timestamp(microseconds: 0), runAt: Timestamp(microseconds: 0))
            return BufferedJob(job, deliveredAt: 0, leaseFrom: 0, isMarked: false)
        }
        var buffer = JobBuffer()
        for n in 1...6 { buffer.append(buffered(UInt64(n))) }
        let first = buffer.popFirst()
        #expect(first?.job.token.counter == 1)
        #expect(buffer.remove { $0.job.token.counter % 2 == 0 }.map(\.job.token.counter) == [2, 4, 6])
        buffer.reserve(2)
        buffer.append(buffered(7))
        #expect(buffer.count == 3)
        var left: [UInt64] = []
        while let next = buffer.popFirst() { left.append(next.job.token.counter) }
        #expect(left == [3, 5, 7])
        #expect(buffer.isEmpty && buffer.first == nil)
    }

    @Test func weightedQueuesComeFirstInProportion() {
        let queues: WorkerQueues = ["a": 3, "b": 1]
        var random: any RandomSource = SeededRandom(seed: 42)
        let orders = (0..<4000).compactMap { _ in queues.order(using: &random) }
        #expect(orders.allSatisfy { $0.sorted() == ["a", "b"] })
        let first = orders.filter { $0[0] == "a" }.count
        #expect((2850...3150).contains(first))
    }

    @Test func strictQueuesKeepTheirOrder() {
        var random: any RandomSource = SeededRandom(seed: 1)
        let queues: WorkerQueues = ["b", "a"]
        #expect(queues.order(using: &random) == ["b", "a"])
        #expect(WorkerQueues.all.order(using: &random) == nil)
    }

    @Test func bellKeepsARingUntilSomebodyWaits() async {
        let bell = Bell()
        bell.ring()
        bell.ring()
        await bell.wait()
        let pool = ThreadPool(limit: 1)
        defer { pool.close() }
        let alarm = Alarm(time: SystemTime(), executor: pool)
        let start = SystemTime().monotonicMicroseconds()
        await bell.wait(upTo: .milliseconds(20), alarm: alarm)
        #expect(SystemTime().monotonicMicroseconds() - start >= 19_000, "two rings are one")
        for _ in 0..<200 { await bell.wait(upTo: .microseconds(1), alarm: alarm) }
    }

    @Test func poolRunsUpToItsLimitAtOnce() async {
        let pool = ThreadPool(limit: 3)
        let now = Box(0)
        let most = Box(0)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<12 {
                group.addTask(executorPreference: pool) {
                    let count = now.change { count in
                        count += 1
                        return count
                    }
                    most.change { $0 = max($0, count) }
                    // The first jobs stay until three threads run, however slowly threads are started.
                    for _ in 0..<2000 where most.value < 3 { usleepForTest(1000) }
                    now.change { $0 -= 1 }
                }
            }
        }
        #expect(most.value == 3)
        pool.close()
        // A job that is submitted after `close` still runs.
        await Task(executorPreference: pool) {}.value
    }
}
