// A server whose memory is full: it accepts nothing new and stores no part of it, but everything that ends jobs still
// works, so that the queue drains. A server that would evict keys, and thus jobs, is not used at all.
import OffstageCore
import OffstageTesting
import RedisServers
import Testing

@testable import OffstageRedis

@Suite(.timeLimit(.minutes(2))) struct MemoryTests {
    @Test func aFullServerTakesNothingAndDrains() async throws {
        let server = try await RedisServer.start()
        let store = try await Trouble.store("\(server.url)?namespace=full")
        _ = try await store.enqueue((0..<40).map { _ in Trouble.job() })
        let special = Trouble.job {
            $0.unique = UniqueRule(key: "k")
            $0.returnQueue = "web"
        }
        _ = try await store.put(special)
        let hand = Hand()
        let held = try await hand.take(5, from: store)
        try await server.probe.command("CONFIG", "SET", "maxmemory", "1mb")

        // A flushed script must be loaded again although the memory is full.
        try await server.probe.command("SCRIPT", "FLUSH")
        let before = try await Self.picture(of: server)
        let refused = [
            [Trouble.job()], (0..<3).map { _ in Trouble.job() },
            [Trouble.job { $0.unique = UniqueRule(key: "new") }, Trouble.job { $0.start = .after(.seconds(5)) }],
            [Trouble.job { $0.unique = UniqueRule(key: "k", onConflict: .replace) }],
            [Trouble.job { $0.expires = .after(.zero) }],
        ]
        for jobs in refused {
            let (error, line, _) = await Trouble.failure { _ = try await store.enqueue(jobs) }
            guard case .full = error else {
                Issue.record("\(line)")
                continue
            }
            #expect(line.contains("\(server.port): offstage.enqueue: OOM") && !line.contains("\n"), "\(line)")
        }
        #expect(try await Self.picture(of: server) == before)

        try await everythingElseWorks(store, hand, held)
        let drained = try await Hand().drain(store)
        #expect(drained.contains(special.id))
        let counts = try await store.counts()
        #expect(counts.total(.available) + counts.total(.scheduled) + counts.total(.running) == 0)
        #expect(counts.total(.completed) + counts.total(.cancelled) + counts.total(.retryable) == 40)

        try await server.probe.command("CONFIG", "SET", "maxmemory", "0")
        for jobs in refused {
            // Refused jobs were not stored: they are new now.
            for answer in try await store.enqueue(jobs) {
                if case .stored = answer { continue }
                Issue.record("\(answer)")
            }
        }
        await store.close()
    }

    /// Renew, note, settle, hand back, steer, list, heartbeat, retire and maintain: all of it works on a full server.
    private func everythingElseWorks(_ store: RedisStore, _ hand: Hand, _ held: [ReservedJob]) async throws {
        let renewal = try await store.renew(
            RenewRequest(worker: hand.id, tokens: held.map(\.token), grantedBefore: 1000))
        #expect(renewal.lost.isEmpty)
        let note = JobNote(token: held[0].token, kind: .checkpoint(Array(repeating: 7, count: 100_000)))
        let progress = JobNote(token: held[0].token, kind: .progress(Progress(fraction: 0.5, note: "half")))
        #expect(try await store.note([note, progress]) == [.accepted, .accepted])
        let followUp = Trouble.job("other")
        var random: any RandomSource = SeededRandom(seed: 1)
        let completed = Settlement.of(
            .returned(result: Array("1".utf8), truncated: false), job: held[0], policy: .constant(.seconds(60)),
            ranMicroseconds: 1, followUps: [followUp], random: &random)
        let ends = [
            completed, Trouble.end(held[1], .failed(Failure(.failed, "no"))), Trouble.end(held[2], .interrupted),
        ]
        #expect(try await store.settle(ends) == [.accepted, .accepted, .accepted])
        #expect(try await store.state(followUp.id) == .available)
        let status = WorkerStatus(
            id: hand.id, host: "h", pid: 1, startedAt: Timestamp(microseconds: 0), queues: nil, types: ["work"],
            concurrency: 1, isQuiet: false)
        _ = try await store.heartbeat(status)
        #expect(try await store.command(.quiet, to: hand.id))
        #expect(try await store.heartbeat(status) == [.quiet])
        #expect(try await store.workers().map(\.held) == [2])
        try await store.retire(hand.id)
        #expect(try await store.setPaused(true, queue: "default"))
        #expect(try await store.setPaused(false, queue: "default"))
        let id = held[4].id
        #expect(
            try await store.change(ChangeRequest(.reschedule(.after(.seconds(9))), .ids([id]))).answers
                == [.done(.scheduled)])
        #expect(try await store.change(ChangeRequest(.cancel, .ids([id]))).answers == [.done(.cancelled)])
        #expect(try await store.change(ChangeRequest(.retry, .ids([id]))).answers == [.done(.available)])
        #expect(
            try await store.change(ChangeRequest(.remove, .ids([id, followUp.id]))).answers == [.removed, .removed])
        _ = try await store.maintain(limit: 100)
        #expect(try await store.list(JobFilter(), after: nil, limit: 100).records.count == 40)
        let extra = try await hand.take(3, from: store)
        _ = try await store.settle(extra.map { Trouble.end($0) })
        let news = try await store.takeReturns(from: "web", limit: 9, lease: .seconds(9))
        #expect(try await store.acknowledgeReturns(news.map(\.receipt)) == news.count)
    }

    /// The server's contents: every key with its serialized value.
    private static func picture(of server: RedisServer) async throws -> [String: [UInt8]] {
        var all: [String: [UInt8]] = [:]
        for key in try await server.probe.command("KEYS", "*").array {
            guard let name = key.bytes else { continue }
            all[key.text] = try await server.probe.command(words: [Array("DUMP".utf8), name]).bytes
        }
        return all
    }

    @Test func aClusterWithOneNodeThatEvictsIsRefused() async throws {
        let cluster = try await RedisCluster.start(RedisSettings())
        let first = try await cluster.master(ofSlot: 0)
        let other = try #require(try await cluster.masters().first { $0 !== first })
        try await other.probe.command("CONFIG", "SET", "maxmemory-policy", "volatile-ttl")
        let (error, line, _) = await Trouble.failure { _ = try await Trouble.store("\(cluster.url)?partitions=12") }
        guard case .unusable = error else {
            Issue.record("\(line)")
            return
        }
        #expect(line.contains("node 127.0.0.1:\(other.port), evicts keys") && !line.contains("\n"), "\(line)")
        try await other.probe.command("CONFIG", "SET", "maxmemory-policy", "noeviction")
        let store = try await Trouble.store("\(cluster.url)?partitions=12")
        // One node without memory refuses its part. The others have stored theirs, so the result of the whole call is
        // unknown.
        try await other.probe.command("CONFIG", "SET", "maxmemory", "1mb")
        let jobs = (0..<24).map { _ in Trouble.job().housed(in: store) }
        let full = await Trouble.failure { _ = try await store.enqueue(jobs) }
        guard case .unknownOutcome = full.error else {
            Issue.record("\(full.line)")
            return
        }
        #expect(full.line.contains("127.0.0.1:\(other.port)") && full.line.contains("OOM"), "\(full.line)")
        try await other.probe.command("CONFIG", "SET", "maxmemory", "0")
        let answers = try await store.enqueue(jobs)
        #expect(answers.contains(.stored(.available)) && answers.contains(.repeated(.available)))
        #expect(try await Hand().drain(store).count == 24)
        await store.close()
    }

    @Test func aServerThatEvictsIsRefusedUnlessItIsAccepted() async throws {
        var settings = RedisSettings()
        settings.maxMemory = "100mb"
        settings.maxMemoryPolicy = "allkeys-lru"
        let server = try await RedisServer.start(settings)
        let (error, line, _) = await Trouble.failure { _ = try await Trouble.store(server.url) }
        guard case .unusable = error else {
            Issue.record("\(line)")
            return
        }
        #expect(line.contains("maxmemory-policy allkeys-lru") && line.contains("allow-eviction=1"), "\(line)")
        #expect(line.contains("\(server.port)") && !line.contains("\n"))
        #expect(try await server.number("DBSIZE") == 0)
        let store = try await Trouble.store("\(server.url)?allow-eviction=1")
        #expect(try await store.put() == .stored(.available))
        await store.close()
    }
}
