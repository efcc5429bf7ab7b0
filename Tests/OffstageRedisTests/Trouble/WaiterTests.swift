// Idle workers are woken within milliseconds by an enqueue of another process, exactly one for each job. Dead workers
// are skipped, and waking works again after the server was restarted. Nothing here polls: the slow poll takes a minute.
import OffstageCore
import OffstageTesting
import OffstageWorker
import RedisServers
import Synchronization
import Testing

@testable import OffstageRedis

@Suite(.timeLimit(.minutes(2))) struct WaiterTests {
    private static let selection = WorkSelection(queues: nil, types: ["work"])

    /// A waiter that sleeps, and whether it was woken.
    private final class Sleeper: Sendable {
        let waiter: any WorkWaiter
        let isAwake = TestSignal()
        private let sleep: Task<Void, Never>

        init(_ store: RedisStore, _ selection: WorkSelection = WaiterTests.selection) {
            let waiter = store.makeWaiter(for: selection)
            waiter.arm()
            self.waiter = waiter
            let isAwake = isAwake
            sleep = Task {
                await waiter.wait(upTo: .seconds(60))
                isAwake.set()
            }
        }

        func close() async {
            waiter.close()
            await sleep.value
        }
    }

    /// The number of waiters that a server knows.
    private static func known(to server: RedisServer) async throws -> Int {
        var count = 0
        for key in try await server.probe.command("KEYS", "{offstage.0}idle:*").array {
            count += try await server.number("SCARD", key.text) ?? 0
        }
        return count
    }

    /// Waits until a server has the given numbers of subscribers and waiters. Waiters that these woke are asleep again.
    private static func settled(_ server: RedisServer, stores: Int, waiters: Int) async throws {
        #expect(
            try await TestSignal.holds {
                let channels = try await server.probe.command("PUBSUB", "CHANNELS").array.count
                let known = try await Self.known(to: server)
                return channels == stores && known == waiters
            })
    }

    /// Makes stores subscribe. A new subscription wakes the waiters that are armed by then, once, and none that come
    /// later.
    private static func listen(_ stores: RedisStore..., server: RedisServer, producer: RedisStore) async throws {
        let openers = stores.map { Sleeper($0, WorkSelection(queues: nil, types: ["opener"])) }
        #expect(
            try await TestSignal.holds {
                try await server.probe.command("PUBSUB", "CHANNELS").array.count == stores.count
            })
        for _ in openers { _ = try await producer.put(Trouble.job("opener")) }
        for opener in openers {
            #expect(await opener.isAwake.wait())
            await opener.close()
        }
        #expect(try await TestSignal.holds { try await Self.known(to: server) == 0 })
    }

    @Test func anIdleWorkerOfAnotherProcessIsWokenAtOnce() async throws {
        let server = try await RedisServer.start()
        let near = try await Trouble.store(server.url)
        let far = try await Trouble.store(server.url)
        let begun = Mutex<[JobID: Int64]>([:])
        var options = Trouble.workerOptions()
        options.upkeep = nil
        let worker = Worker(far, options: options) {
            Handler(raw: "work") { job, _ in
                begun.withLock { $0[job.id] = SystemTime().monotonicMicroseconds() }
                return nil
            }
        }
        var waits: [Int64] = []
        try await Trouble.running(worker) {
            for turn in 0..<20 {
                try await Self.settled(server, stores: 1, waiters: 1)
                let job = Trouble.job()
                let start = SystemTime().monotonicMicroseconds()
                _ = try await near.put(job)
                #expect(await TestSignal.holds { begun.withLock { $0[job.id] != nil } }, "turn \(turn)")
                waits.append((begun.withLock { $0[job.id] } ?? .max) - start)
            }
        }
        waits.sort()
        #expect(waits[10] < 100_000 && waits[17] < 500_000, "\(waits)")
        await near.close()
        await far.close()
    }

    @Test func oneJobWakesOneOfTwo() async throws {
        let server = try await RedisServer.start()
        let store = try await Trouble.store(server.url)
        let other = try await Trouble.store(server.url)
        let producer = try await Trouble.store(server.url)
        try await Self.listen(store, other, server: server, producer: producer)
        let sleepers = [Sleeper(store), Sleeper(store), Sleeper(other), Sleeper(other)]
        try await Self.settled(server, stores: 2, waiters: 4)
        for count in 1...3 {
            try await server.probe.command("CONFIG", "RESETSTAT")
            _ = try await producer.put()
            #expect(await TestSignal.holds { sleepers.filter(\.isAwake.isSet).count == count })
            #expect(try await server.calls(of: "publish") == 1)
            #expect(try await Self.known(to: server) == 4 - count)
        }
        // A batch wakes as many waiters as it has jobs. Jobs that no waiter can take wake none.
        _ = try await producer.put(Trouble.job("other"))
        try await SystemTime().sleep(for: .milliseconds(100))
        #expect(sleepers.filter(\.isAwake.isSet).count == 3)
        let more = (0..<5).map { _ in Sleeper(store) }
        try await Self.settled(server, stores: 2, waiters: 6)
        try await server.probe.command("CONFIG", "RESETSTAT")
        _ = try await producer.enqueue((0..<3).map { _ in Trouble.job() })
        #expect(await TestSignal.holds { (sleepers + more).filter(\.isAwake.isSet).count == 6 })
        try await SystemTime().sleep(for: .milliseconds(100))
        #expect((sleepers + more).filter(\.isAwake.isSet).count == 6)
        #expect(try await server.calls(of: "publish") == 3)
        for sleeper in sleepers + more { await sleeper.close() }
        #expect(try await TestSignal.holds { try await Self.known(to: server) == 0 })
        for store in [store, other, producer] { await store.close() }
    }

    @Test func waitersWhoseProcessIsGoneArePassedOver() async throws {
        let server = try await RedisServer.start()
        let proxy = try CuttingProxy(to: .tcp(server.port))
        let producer = try await Trouble.store(server.url)
        let living = try await Trouble.store(server.url)
        let doomed = try await Trouble.store(proxy.url)
        try await Self.listen(living, server: server, producer: producer)
        let dead = (0..<6).map { _ in Sleeper(doomed) }
        try await Self.settled(server, stores: 2, waiters: 6)
        proxy.refuse()
        proxy.cutAll()
        #expect(try await TestSignal.holds { try await server.probe.command("PUBSUB", "CHANNELS").array.count == 1 })
        // The dead waiters are still in the list.
        #expect(try await Self.known(to: server) == 6)
        for _ in 0..<4 {
            let before = try await Self.known(to: server)
            let sleeper = Sleeper(living)
            #expect(try await TestSignal.holds { try await Self.known(to: server) == before + 1 })
            let job = Trouble.job()
            _ = try await producer.put(job)
            #expect(await sleeper.isAwake.wait(within: .seconds(5)))
            await sleeper.close()
        }
        for sleeper in dead { await sleeper.close() }
        await producer.close()
        await living.close()
        await doomed.close()
    }

    @Test func aSubscriptionThatWasKilledComesBack() async throws {
        let server = try await RedisServer.start()
        let producer = try await Trouble.store(server.url)
        let store = try await Trouble.store(server.url)
        try await Self.listen(store, server: server, producer: producer)
        for _ in 0..<2 {
            let next = Sleeper(store)
            try await Self.settled(server, stores: 1, waiters: 1)
            #expect(try await server.number("CLIENT", "KILL", "TYPE", "pubsub") == 1)
            // A waiter looks once after the reconnect, because messages published in between are lost.
            #expect(await next.isAwake.wait(within: .seconds(5)))
            await next.close()
            let again = Sleeper(store)
            try await Self.settled(server, stores: 1, waiters: 1)
            _ = try await producer.put()
            #expect(await again.isAwake.wait(within: .seconds(5)))
            await again.close()
        }
        await store.close()
        await producer.close()
    }

    @Test func afterARestartOfTheServerAWaiterIsKnownAgain() async throws {
        for settings in [RedisSettings.durable(), .durable(.everysec)] {
            let server = try await RedisServer.start(settings)
            let producer = try await Trouble.store(server.url)
            let store = try await Trouble.store(server.url)
            let begun = Mutex<Set<JobID>>([])
            var options = Trouble.workerOptions()
            options.upkeep = nil
            options.heartbeat = .seconds(60)
            let worker = Worker(store, options: options) {
                Handler(raw: "work") { job, _ in
                    _ = begun.withLock { $0.insert(job.id) }
                    return nil
                }
            }
            try await Trouble.running(worker) {
                try await Self.settled(server, stores: 1, waiters: 1)
                try await server.kill()
                try await server.restart()
                try await Self.settled(server, stores: 1, waiters: 1)
                let job = Trouble.job()
                let start = SystemTime().monotonicMicroseconds()
                _ = try await producer.put(job)
                #expect(await TestSignal.holds { begun.withLock { $0.contains(job.id) } })
                #expect(SystemTime().monotonicMicroseconds() - start < 5_000_000)
            }
            await store.close()
            await producer.close()
        }
    }

    @Test func whoClosesIsNotWaitedForAndHisWakeUpIsPassedOn() async throws {
        let server = try await RedisServer.start()
        let store = try await Trouble.store(server.url)
        let other = try await Trouble.store(server.url)
        try await Self.listen(other, server: server, producer: other)
        // Armed, but not asleep: this waiter looks by itself when it is woken, so the wake-up must go on to one that
        // sleeps.
        let idle = store.makeWaiter(for: Self.selection)
        #expect(try await TestSignal.holds { try await server.probe.command("PUBSUB", "CHANNELS").array.count == 2 })
        idle.arm()
        try await Self.settled(server, stores: 2, waiters: 1)
        let sleeper = Sleeper(other)
        try await Self.settled(server, stores: 2, waiters: 2)
        for _ in 0..<2 { _ = try await other.put() }
        #expect(await sleeper.isAwake.wait(within: .seconds(5)))
        await sleeper.close()
        idle.close()
        await store.close()
        #expect(try await TestSignal.holds { try await Self.known(to: server) == 0 })
        await other.close()
    }
}
