// A cluster slot that migrates from one node to another, at every stage. No call may work on a part of a partition or
// show an empty one; all calls wait and continue when the migration has ended. In the worst stage no node knows of a
// migration: the old master died, and its replica took over the keys that had not been moved yet. A partition that is
// missing although no slot is open has been deleted.
import OffstageCore
import OffstageTesting
import RedisServers
import Testing

@testable import OffstageRedis

@Suite(.timeLimit(.minutes(4)), .serialized) struct HalfMovedTests {
    private static let namespace = "moving"

    private struct Stage {
        let cluster: RedisCluster
        let store: RedisStore
        /// A store with little patience.
        let hasty: RedisStore
        let slot: Int
        let hand = Hand()
        let held: [ReservedJob]

        static func make(_ cluster: RedisCluster) async throws -> Stage {
            let url = "\(cluster.url)?namespace=\(HalfMovedTests.namespace)&partitions=1"
            let store = try await Trouble.store(url, patience: .seconds(20))
            _ = try await store.enqueue((0..<40).map { _ in Trouble.job() })
            _ = try await store.enqueue([
                Trouble.job { $0.unique = UniqueRule(key: "k") }, Trouble.job { $0.start = .after(.seconds(600)) },
                Trouble.job { $0.returnQueue = "web" },
            ])
            let hand = Hand()
            let held = try await hand.take(10, from: store)
            _ = try await store.settle(held.prefix(5).map { Trouble.end($0) })
            return Stage(
                cluster: cluster, store: store, hasty: try await Trouble.store(url, patience: .seconds(1)),
                slot: try await cluster.slot(of: "{\(HalfMovedTests.namespace).0}"), held: Array(held.dropFirst(5)))
        }

        /// The number of keys of the slot that a server has.
        func keys(on server: RedisServer) async throws -> Int {
            try await server.probe.command("CLUSTER", "COUNTKEYSINSLOT", "\(slot)").number ?? 0
        }

        /// Calls of every kind are refused as busy, with the reason.
        func nothingIsDone(_ stage: String) async {
            let calls: [(String, @Sendable (RedisStore) async throws -> Void)] = [
                ("enqueue", { _ = try await $0.put() }),
                ("counts", { _ = try await $0.counts() }),
                ("why", { [held] in _ = try await $0.standing(of: held[0].id) }),
                (
                    "settle and reserve",
                    { [held, hand] in _ = try await $0.settle(held.map { Trouble.end($0) }, reserving: hand.wish(3)) }
                ),
            ]
            await withTaskGroup(of: Void.self) { group in
                for (what, call) in calls {
                    group.addTask { [hasty] in
                        var line = ""
                        // On a busy machine, a server's reply may take longer than the call's patience.
                        for _ in 0..<5 {
                            let failure = await Trouble.failure { try await call(hasty) }
                            line = failure.line
                            if case .busy = failure.error, !line.contains("\n") { return }
                            guard line.contains("no answer") else { break }
                        }
                        Issue.record("\(stage): \(what): \(line)")
                    }
                }
            }
        }

        /// Everything is there again.
        func allIsThere(_ extra: Int = 0) async throws {
            let counts = try await store.counts()
            #expect(counts.total(.running) == 5 && counts.total(.completed) == 5 && counts.total(.scheduled) == 1)
            #expect(counts.total(.available) == 32 + extra)
            #expect(try await store.settle(held.map { Trouble.end($0) }) == Array(repeating: .accepted, count: 5))
            #expect(try await Hand().drain(store).count == 32 + extra)
            await store.close()
            await hasty.close()
        }
    }

    @Test func nothingIsDoneWhileASlotIsMoved() async throws {
        let cluster = try await RedisCluster.start()
        let stage = try await Stage.make(cluster)
        let migration = try await cluster.migration(ofSlot: stage.slot)
        try await migration.begin()
        let all = try await stage.keys(on: migration.source)
        #expect(all > 10)
        var moved = 0
        repeat {
            await stage.nothingIsDone("\(moved) of \(all) keys moved")
            #expect(try await stage.keys(on: migration.source) == all - moved)
            #expect(try await stage.keys(on: migration.target) == moved)
            moved += try await migration.moveKeys(moved < 4 ? 1 : 8)
        } while try await stage.keys(on: migration.source) > 0
        await stage.nothingIsDone("all keys moved")
        async let waiting = stage.store.put()
        try await migration.finish()
        #expect(try await waiting == .stored(.available))
        try await stage.allIsThere(1)
    }

    /// With the identity among the keys that had been moved, or among those that had not.
    @Test(arguments: [true, false])
    func nothingIsDoneAfterAFailoverInTheMiddleOfAMove(movesIdentity: Bool) async throws {
        let cluster = try await RedisCluster.start()
        let stage = try await Stage.make(cluster)
        let migration = try await cluster.migration(ofSlot: stage.slot)
        try await migration.begin()
        let all = try await stage.keys(on: migration.source)
        let names = (movesIdentity ? ["identity", "states"] : ["jobs", "leases", "counts"]).map {
            Array("{\(Self.namespace).0}\($0)".utf8)
        }
        try await migration.move(names)
        let (old, new) = try await cluster.failoverInMiddle(of: migration)
        #expect(try await stage.keys(on: new) == all - names.count)
        await stage.nothingIsDone("the new master has a part")
        #expect(try await stage.keys(on: new) == all - names.count)
        // A store that is opened now does not take the namespace for a new one.
        let (error, line, _) = await Trouble.failure {
            _ = try await Trouble.store(
                "\(cluster.url)?namespace=\(Self.namespace)", patience: .seconds(1))
        }
        guard case .busy = error else {
            Issue.record("\(line)")
            return
        }
        async let waiting = stage.store.put()
        try await cluster.repair(old)
        #expect(try await waiting == .stored(.available))
        try await stage.allIsThere(1)
    }

    /// If no slot is open, a namespace that is missing has been deleted, in a cluster too.
    @Test func aNamespaceThatVanishedFromAClusterIsGone() async throws {
        let cluster = try await RedisCluster.start()
        let stage = try await Stage.make(cluster)
        for master in try await cluster.masters() { try await master.probe.command("FLUSHALL") }
        for _ in 0..<2 {
            let (error, line, _) = await Trouble.failure { _ = try await stage.store.put() }
            guard case .lost = error else {
                Issue.record("\(line)")
                return
            }
            #expect(line.contains("namespace \(Self.namespace) is gone") && !line.contains("\n"), "\(line)")
        }
        let new = try await Trouble.store("\(cluster.url)?namespace=\(Self.namespace)&partitions=3")
        #expect(new.traits.partitions == 3)
        #expect(try await new.put() == .stored(.available))
        let (error, line, _) = await Trouble.failure { _ = try await stage.store.counts() }
        guard case .lost = error else {
            Issue.record("\(line)")
            return
        }
        #expect(line.contains("made anew"), "\(line)")
        await new.close()
        await stage.store.close()
        await stage.hasty.close()
    }

    @Test func aFailoverWithoutAMoveIsSoonOver() async throws {
        let cluster = try await RedisCluster.start()
        let stage = try await Stage.make(cluster)
        _ = try await cluster.failover(ofSlot: stage.slot)
        let clock = SystemTime()
        let begun = clock.monotonicMicroseconds()
        _ = try await stage.store.put()
        #expect(clock.monotonicMicroseconds() - begun < 2_000_000)
        try await stage.allIsThere(1)
    }
}
