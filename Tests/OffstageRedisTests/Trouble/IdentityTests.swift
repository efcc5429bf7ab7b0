// A namespace that is deleted under its clients, because the server was cleared or returned without its data, and one
// that was made anew in the meantime. A store that had opened the old one must report that, stop, and write nothing.
import OffstageCore
import OffstageTesting
import OffstageWorker
import RedisServers
import Testing

@testable import OffstageRedis

@Suite(.timeLimit(.minutes(2))) struct IdentityTests {
    /// Makes each kind of call. Returns those that did not fail with `gone`.
    private static func survivors(_ store: RedisStore, _ hand: Hand, _ held: [ReservedJob]) async -> [String] {
        var left: [String] = []
        func attempt(_ what: String, _ body: () async throws -> Void) async {
            let (error, line, _) = await Trouble.failure(body)
            guard case .lost = error, !line.contains("\n") else { return left.append("\(what): \(line)") }
        }
        let ids = held.map(\.id)
        let status = WorkerStatus(
            id: hand.id, host: "h", pid: 1, startedAt: Timestamp(microseconds: 0), queues: nil, types: ["work"],
            concurrency: 1, isQuiet: false)
        await attempt("enqueue") { _ = try await store.put() }
        let unique = Trouble.job { $0.unique = UniqueRule(key: "k") }.housed(in: store)
        await attempt("unique") { _ = try await store.put(unique) }
        await attempt("reserve") { _ = try await hand.take(3, from: store) }
        await attempt("settle") { _ = try await store.settle(held.map { Trouble.end($0) }) }
        await attempt("note") {
            _ = try await store.note(held.map { JobNote(token: $0.token, kind: .checkpoint([1])) })
        }
        await attempt("renew") {
            _ = try await store.renew(RenewRequest(worker: hand.id, tokens: held.map(\.token), grantedBefore: 0))
        }
        await attempt("heartbeat") { _ = try await store.heartbeat(status) }
        await attempt("command") { _ = try await store.command(.quiet, to: hand.id) }
        await attempt("workers") { _ = try await store.workers() }
        await attempt("pause") { _ = try await store.setPaused(true, queue: "default") }
        await attempt("find") { _ = try await store.find(ids) }
        await attempt("standing") { for id in ids { _ = try await store.standing(of: id) } }
        await attempt("list") { _ = try await store.list(JobFilter(), after: nil, limit: 50) }
        await attempt("counts") { _ = try await store.counts() }
        await attempt("history") { _ = try await store.history(since: Timestamp(microseconds: 0)) }
        await attempt("peek") { _ = try await store.peekReturns(in: "web", limit: 9) }
        await attempt("take") { _ = try await store.takeReturns(from: "web", limit: 9, lease: .seconds(1)) }
        await attempt("change") { _ = try await store.change(ChangeRequest(.remove, .ids(ids))) }
        await attempt("maintain") { _ = try await store.maintain(limit: 10) }
        await attempt("retire") { try await store.retire(hand.id) }
        await attempt("doctor") { _ = try await store.examine() }
        let waiter = store.makeWaiter(for: WorkSelection(queues: nil, types: ["work"]))
        waiter.arm()
        waiter.close()
        return left
    }

    @Test(arguments: [1, 4]) func nothingIsWrittenIntoANamespaceThatVanished(partitions: Int) async throws {
        let server = try await RedisServer.start()
        let store = try await Trouble.store("\(server.url)?partitions=\(partitions)")
        _ = try await store.enqueue((0..<20).map { _ in Trouble.job() })
        let hand = Hand()
        let held = try await hand.take(5, from: store)
        try await server.probe.command("FLUSHALL")
        let left = await Self.survivors(store, hand, held)
        #expect(left.isEmpty, "\(left)")
        #expect(try await server.number("DBSIZE") == 0)
        let (_, line, _) = await Trouble.failure { _ = try await store.put() }
        #expect(line.contains("\(server.port)") && line.contains("namespace offstage is gone"), "\(line)")
        await store.close()
        #expect(try await server.number("DBSIZE") == 0)
    }

    @Test func aNamespaceThatWasMadeAnewIsLeftAloneByWhoHadOpenedTheOldOne() async throws {
        let server = try await RedisServer.start()
        let old = try await Trouble.store("\(server.url)?partitions=4")
        _ = try await old.enqueue((0..<20).map { _ in Trouble.job() })
        let hand = Hand()
        let held = try await hand.take(5, from: old)
        try await server.probe.command("FLUSHALL")
        let new = try await Trouble.store("\(server.url)?partitions=1")
        let job = Trouble.job()
        _ = try await new.put(job)
        let size = try await server.number("DBSIZE")
        let left = await Self.survivors(old, hand, held)
        #expect(left.isEmpty, "\(left)")
        #expect(try await server.number("DBSIZE") == size)
        let (_, line, _) = await Trouble.failure { for _ in 0..<4 { _ = try await old.put() } }
        #expect(line.contains("was made anew") || line.contains("is gone"), "\(line)")
        #expect(try await Hand().drain(new) == [job.id])
        await old.close()
        await new.close()
    }

    @Test func aWorkerSaysSoAndStops() async throws {
        let server = try await RedisServer.start()
        let store = try await Trouble.store(server.url)
        let worker = Worker(store, options: Trouble.workerOptions()) { Handler(raw: "work") { _, _ in nil } }
        let run = Task { try await worker.run() }
        #expect(try await TestSignal.holds { try await store.workers().count == 1 })
        try await server.probe.command("FLUSHALL")
        _ = try await Trouble.store(server.url)
        let clock = SystemTime()
        let begun = clock.monotonicMicroseconds()
        let error = await #expect(throws: (any Error).self) { try await run.value }
        #expect(
            "\(String(describing: error))".contains("made anew") || "\(String(describing: error))".contains("is gone"),
            "\(String(describing: error))")
        #expect(clock.monotonicMicroseconds() - begun < 20_000_000)
        await store.close()
    }

    @Test func aPartitionThatVanishedAloneIsNamedAndMadeAnewOnlyOnDemand() async throws {
        let server = try await RedisServer.start()
        let store = try await Trouble.store("\(server.url)?partitions=3")
        await store.close()
        try await server.probe.command("DEL", "{offstage.2}identity")
        let (error, line, _) = await Trouble.failure { _ = try await Trouble.store(server.url) }
        guard case .lost = error else {
            Issue.record("\(line)")
            return
        }
        #expect(line.contains("partition 2 ") && line.contains("HDEL {offstage.0}meta whole") && !line.contains("\n"))
        #expect(try await server.number("EXISTS", "{offstage.2}identity") == 0)
        try await server.probe.command("HDEL", "{offstage.0}meta", "whole")
        let again = try await Trouble.store(server.url)
        #expect(again.traits.partitions == 3)
        await again.close()
        #expect(try await server.number("EXISTS", "{offstage.2}identity") == 1)
    }

    @Test func aFirstPartitionThatWasLostAndMadeAnewDoesNotAdoptTheOthers() async throws {
        let server = try await RedisServer.start()
        let store = try await Trouble.store("\(server.url)?partitions=3")
        await store.close()
        try await server.probe.command("DEL", "{offstage.0}identity", "{offstage.0}meta")
        let (error, line, _) = await Trouble.failure { _ = try await Trouble.store("\(server.url)?partitions=3") }
        guard case .lost = error else {
            Issue.record("\(line)")
            return
        }
        #expect(line.contains("another namespace that was called offstage") && !line.contains("\n"), "\(line)")
    }

    /// A namespace of an earlier version has no identity; it gets one, and keeps its jobs and partitions.
    @Test func anOlderNamespaceGetsAnIdentity() async throws {
        let server = try await RedisServer.start()
        let store = try await Trouble.store("\(server.url)?partitions=3")
        let jobs = (0..<9).map { _ in Trouble.job() }
        _ = try await store.enqueue(jobs)
        await store.close()
        for part in 0..<3 { try await server.probe.command("DEL", "{offstage.\(part)}identity") }
        try await server.probe.command("HDEL", "{offstage.0}meta", "whole")
        let one = try await Trouble.store(server.url)
        let other = try await Trouble.store(server.url)
        #expect(one.traits.partitions == 3)
        #expect(try await Hand().drain(one).count + Hand().drain(other).count == jobs.count)
        await one.close()
        await other.close()
    }
}
