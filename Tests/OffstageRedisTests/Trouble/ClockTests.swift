// Redis has one clock, TIME, and an administrator may set it. That must neither expire leases nor extend them for ever,
// and no job is charged with a crash.
import OffstageCore
import OffstageTesting
import RedisServers
import Testing

@testable import OffstageRedis

@Suite(.timeLimit(.minutes(2))) struct ClockTests {
    /// A clock like TIME: its monotonic time follows the time that is set.
    private struct OneClock: TimeSource {
        let manual = ManualTime()
        var bootID: String { manual.bootID }
        func now() -> Timestamp { manual.now() }
        func monotonicMicroseconds() -> Int64 { manual.now().microseconds }
        func sleep(for duration: Duration) async throws { try await manual.sleep(for: duration) }
    }

    private static let ann = WorkerID(bits: 0xa)
    private static let bob = WorkerID(bits: 0xb)

    private static func take(_ store: RedisStore, _ worker: WorkerID, counter: UInt64) async throws -> [ReservedJob] {
        try await store.reserve(
            ReserveRequest(
                worker: worker, selection: WorkSelection(queues: nil, types: ["work"]), limit: 1, startNow: 1,
                holding: 0,
                firstCounter: counter)
        ).jobs
    }

    @Test(arguments: [3600, -120, -3600]) func aClockThatIsSetEndsNoLeaseAndChargesNobody(seconds: Int) async throws {
        let clock = OneClock()
        var options = StoreOptions()
        options.time = clock
        let url = FreshNamespace.url(try await RedisFleet.plain.url, partitions: 1)
        let store = try await RedisStore.open(url, options: options, clock: .given(clock))
        let jobs = [Trouble.job(), Trouble.job()]
        _ = try await store.enqueue(jobs)
        let first = try #require(try await Self.take(store, Self.ann, counter: 1).first)
        clock.manual.step(by: .seconds(seconds))
        // The first call after the step finds no expired lease, and available jobs are still available.
        #expect(try await store.maintain(limit: 10).rescued == 0)
        #expect(try await Self.take(store, Self.bob, counter: 1).map(\.id) == [jobs[1].id])
        let renewal = RenewRequest(worker: Self.ann, tokens: [first.token], grantedBefore: 1)
        #expect(try await store.renew(renewal) == RenewReply())
        // A dead worker loses its job one lease later, by the clock that was set.
        for _ in 0..<4 {
            clock.manual.advance(by: .seconds(5))
            _ = try await store.renew(renewal)
            _ = try await store.maintain(limit: 10)
        }
        let records = try await store.find(jobs.map(\.id)).compactMap { $0 }
        #expect(records.map(\.state) == [.running, .available])
        #expect(records[0].crashes == 0)
        #expect(records[1].crashes <= 1 && records[1].interruptions == 1)
        await store.close()
    }
}
