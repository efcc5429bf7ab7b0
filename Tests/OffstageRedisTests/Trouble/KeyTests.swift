// Keys that other programs or other versions write under our names: a key of another type, an invalid value, an unknown
// layout. Each gives a one-line error and never ends the process.
import OffstageCore
import OffstageTesting
import RedisServers
import Testing

@testable import OffstageRedis

@Suite(.timeLimit(.minutes(2))) struct KeyTests {
    /// Makes every kind of call. Everything that is thrown must be a one-line error.
    private static func everything(_ store: RedisStore, _ hand: Hand) async -> [String] {
        var lines: [String] = []
        func attempt(_ what: String, _ body: () async throws -> Void) async {
            do { try await body() } catch {
                #expect(error is StoreError && !"\(error)".contains("\n"), "\(what): \(error)")
                lines.append("\(what): \(error)")
            }
        }
        let status = WorkerStatus(
            id: hand.id, host: "h", pid: 1, startedAt: Timestamp(microseconds: 0), queues: nil, types: ["work"],
            concurrency: 1, isQuiet: false)
        var held: [ReservedJob] = []
        await attempt("enqueue") { _ = try await store.enqueue([Trouble.job(), Trouble.job()]) }
        await attempt("unique") { _ = try await store.put(Trouble.job { $0.unique = UniqueRule(key: "k") }) }
        await attempt("special") {
            _ = try await store.put(
                Trouble.job {
                    $0.start = .after(.milliseconds(1))
                    $0.expires = .after(.seconds(60))
                    $0.returnQueue = "web"
                    $0.callerChoseID = true
                })
        }
        await attempt("reserve") { held = try await hand.take(3, from: store) }
        await attempt("note") {
            _ = try await store.note(held.map { JobNote(token: $0.token, kind: .checkpoint([1])) })
        }
        await attempt("renew") {
            _ = try await store.renew(RenewRequest(worker: hand.id, tokens: held.map(\.token), grantedBefore: 0))
        }
        await attempt("heartbeat") { _ = try await store.heartbeat(status) }
        await attempt("command") { _ = try await store.command(.quiet, to: hand.id) }
        await attempt("workers") { _ = try await store.workers() }
        await attempt("settle") {
            _ = try await store.settle(
                held.enumerated().map { place, job in
                    Trouble.end(
                        job, place == 0 ? .failed(Failure(.failed, "no")) : .returned(result: nil, truncated: false))
                }, reserving: hand.wish(2))
        }
        await attempt("pause") { _ = try await store.setPaused(true, queue: "default") }
        await attempt("resume") { _ = try await store.setPaused(false, queue: "default") }
        await attempt("find") { _ = try await store.find(held.map(\.id)) }
        await attempt("standing") { for job in held { _ = try await store.standing(of: job.id) } }
        for state in [nil] + JobState.allCases.map(Optional.some) {
            await attempt("list") { _ = try await store.list(JobFilter(state: state), after: nil, limit: 50) }
        }
        await attempt("counts") { _ = try await store.counts() }
        await attempt("history") { _ = try await store.history(since: Timestamp(microseconds: 0)) }
        await attempt("peek") { _ = try await store.peekReturns(in: "web", limit: 9) }
        await attempt("take") {
            let news = try await store.takeReturns(from: "web", limit: 9, lease: .seconds(1))
            _ = try await store.acknowledgeReturns(news.map(\.receipt))
        }
        for action in [ChangeAction.retry, .reschedule(.now), .cancel, .remove] {
            await attempt("change") { _ = try await store.change(ChangeRequest(action, .ids(held.map(\.id)))) }
            await attempt("change all") {
                _ = try await store.change(ChangeRequest(action, .filter(JobFilter(), after: nil), dryRun: true))
            }
        }
        await attempt("maintain") { _ = try await store.maintain(limit: 10) }
        await attempt("retire") { try await store.retire(hand.id) }
        let waiter = store.makeWaiter(for: WorkSelection(queues: nil, types: ["work"]))
        waiter.arm()
        await attempt("enqueue") { _ = try await store.put() }
        waiter.close()
        return lines
    }

    /// All fixed names of keys, from the list in the `open` script.
    private static let names: [String] = {
        let text = RedisScripts().open.source
        guard let list = text.firstMatch(of: #/KNOWN = ([^=]*)local /#) else { return [] }
        return list.1.matches(of: #/\b[a-z]+\b/#).map { String($0.0) }.filter { $0 != "none" }
    }()

    @Test func aKeyOfAnotherTypeIsNamedAtTheOpening() async throws {
        let server = try await RedisServer.start()
        #expect(Self.names.count > 30 && Self.names.contains("jobs"))
        for name in Self.names {
            let namespace = "n-\(name)"
            try await server.probe.command("RPUSH", "{\(namespace).0}\(name)", "x")
            let (error, line, _) = await Trouble.failure {
                _ = try await Trouble.store("\(server.url)?namespace=\(namespace)")
            }
            guard case .unusable = error else {
                Issue.record("\(name): \(line)")
                continue
            }
            #expect(line.contains("{\(namespace).0}\(name) is a list"), "\(line)")
            #expect(line.contains("\(server.port)") && !line.contains("\n"))
            if name != "meta" { #expect(try await server.number("EXISTS", "{\(namespace).0}meta") == 0) }
        }
    }

    @Test func aKeyOfAnotherTypeThatComesLaterIsAnErrorAndNoMore() async throws {
        let server = try await RedisServer.start()
        var failed = 0
        for name in Self.names {
            let store = try await Trouble.store("\(server.url)?namespace=n-\(name)")
            let before = await Self.everything(store, Hand())
            #expect(before.isEmpty, "\(before)")
            // In one step, because the store still assumes that no worker waits.
            try await server.probe.command(
                "EVAL", "redis.call('DEL', KEYS[1]) return redis.call('RPUSH', KEYS[1], 'x')", "1",
                "{n-\(name).0}\(name)")
            if !(await Self.everything(store, Hand())).isEmpty { failed += 1 }
            await store.close()
        }
        // All keys except those that are read only at the opening or do not occur here.
        #expect(failed > 25, "\(failed)")
    }

    @Test func aLineThatIsTakenRefusesItsJobsWhichAreStoredOnceItIsFree() async throws {
        let server = try await RedisServer.start()
        let store = try await Trouble.store(server.url)
        try await server.probe.command("SET", "{offstage.0}line:4|default|work", "mine")
        let jobs = [Trouble.job(), Trouble.job()]
        let (error, line, _) = await Trouble.failure { _ = try await store.enqueue(jobs) }
        guard case .failed = error else {
            Issue.record("\(line)")
            return
        }
        #expect(line.contains("WRONGTYPE") && line.contains("\(server.port)") && !line.contains("\n"), "\(line)")
        #expect(try await store.put(Trouble.job("other")) == .stored(.available))
        try await server.probe.command("DEL", "{offstage.0}line:4|default|work")
        _ = try await store.enqueue(jobs)
        #expect(try await Hand().drain(store).sorted() == jobs.map(\.id).sorted())
        await store.close()
    }

    /// Each hash in turn gets invalid values: empty, short and long ones.
    @Test(arguments: [0, 1, 15, 16, 17, 40, 90, 300])
    func aValueThatIsNotOursIsAnErrorAndNoMore(length: Int) async throws {
        let server = try await RedisServer.start()
        var random = SeededRandom(seed: UInt64(length))
        for key in [
            "jobs", "states", "unique", "tombs", "blocks", "counts", "history", "workers", "news", "requests",
            "selections", "numbers", "alive", "newswaiting", "leases", "endings", "commands", "open", "held:",
            "grants:",
        ] {
            let store = try await Trouble.store("\(server.url)?namespace=g-\(key.prefix(4))-\(length)")
            let hand = Hand()
            _ = await Self.everything(store, hand)
            _ = try await store.enqueue((0..<3).map { _ in Trouble.job { $0.returnQueue = "web" } })
            _ = try await hand.take(2, from: store)
            let name = "{g-\(key.prefix(4))-\(length).0}" + (key.hasSuffix(":") ? "\(key)\(hand.id)" : key)
            for field in try await server.probe.command("HKEYS", name).array {
                guard let field = field.bytes else { continue }
                let value = (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) }
                try await server.probe.command(words: [Array("HSET".utf8), Array(name.utf8), field, value])
            }
            _ = await Self.everything(store, hand)
            await store.close()
        }
        #expect(await server.probe.answersPing())
    }

    @Test func oneBrokenRecordDoesNotTakeItsNeighboursAlong() async throws {
        let server = try await RedisServer.start()
        let store = try await Trouble.store(server.url)
        let jobs = (0..<9).map { _ in Trouble.job() }
        _ = try await store.enqueue(jobs)
        try await server.probe.command(
            words: [Array("HSET".utf8), Array("{offstage.0}jobs".utf8), jobs[4].id.bytes, Array("short".utf8)])
        let hand = Hand()
        var done: Set<JobID> = []
        for _ in 0..<12 {
            guard let held = try? await hand.take(3, from: store) else { continue }
            _ = try await store.settle(held.map { Trouble.end($0) })
            done.formUnion(held.map(\.id))
        }
        #expect(done == Set(jobs.map(\.id)).subtracting([jobs[4].id]))
        let (error, line, _) = await Trouble.failure { _ = try await store.find([jobs[4].id]) }
        #expect(error != nil && !line.contains("\n"), "\(line)")
        await store.close()
    }

    // MARK: Layouts and namespaces

    @Test func aNewerLayoutIsRefusedByOpeningAndByMigrating() async throws {
        let server = try await RedisServer.start()
        let url = server.url
        #expect(try await RedisStore.migrate(url, options: Trouble.options()) == (0, 2))
        #expect(try await RedisStore.migrate(url, options: Trouble.options()) == (2, 2))
        try await server.probe.command("HSET", "{offstage.0}meta", "layout", "99")
        let opening = await Trouble.failure { _ = try await Trouble.store(url) }
        let migrating = await Trouble.failure { _ = try await RedisStore.migrate(url, options: Trouble.options()) }
        for (error, line, _) in [opening, migrating] {
            guard case .newerSchema(found: 99, known: 2, _) = error else {
                Issue.record("\(line)")
                continue
            }
            #expect(line.contains("\(server.port)") && !line.contains("\n"), "\(line)")
        }
        #expect(try await server.probe.command("HGET", "{offstage.0}meta", "layout").text == "99")
    }

    @Test func anOlderLayoutIsRefusedByOpeningWithTheWayOut() async throws {
        let server = try await RedisServer.start()
        let store = try await Trouble.store(server.url)
        _ = try await store.put()
        await store.close()
        try await server.probe.command("HSET", "{offstage.0}meta", "layout", "0")
        let (error, line, _) = await Trouble.failure { _ = try await Trouble.store(server.url) }
        guard case .olderSchema(found: 0, known: 2, _) = error else {
            Issue.record("\(line)")
            return
        }
        #expect(line.contains("offstage migrate") && line.contains("\(server.port)"), "\(line)")
        // There never was a layout 0, so it cannot be migrated. The error must not recommend `offstage migrate`.
        let migrating = await Trouble.failure {
            _ = try await RedisStore.migrate(server.url, options: Trouble.options())
        }
        guard case .unusable = migrating.error else {
            Issue.record("\(migrating.line)")
            return
        }
        #expect(migrating.line.contains("layout 0") && !migrating.line.contains("run `offstage migrate`"))
        for garbage in ["", "one", "-1", "99999999999999999999"] {
            try await server.probe.command("HSET", "{offstage.0}meta", "layout", garbage)
            let (error, line, _) = await Trouble.failure { _ = try await Trouble.store(server.url) }
            #expect(error != nil && !line.contains("\n"), "\(line)")
        }
        try await server.probe.command("HSET", "{offstage.0}meta", "layout", "1", "partitions", "0")
        let none = await Trouble.failure { _ = try await Trouble.store(server.url) }
        #expect(none.error != nil && !none.line.contains("\n"), "\(none.line)")
    }

    @Test func theNumberOfPartitionsIsFixedByWhoMakesTheNamespace() async throws {
        let server = try await RedisServer.start()
        let first = try await Trouble.store("\(server.url)?partitions=3")
        let second = try await Trouble.store("\(server.url)?partitions=5")
        #expect(first.traits.partitions == 3 && second.traits.partitions == 3)
        await first.close()
        await second.close()
    }

    @Test func twoNamespacesOnOneServerDoNotSeeEachOther() async throws {
        let server = try await RedisServer.start()
        let one = try await Trouble.store("\(server.url)?namespace=a")
        let other = try await Trouble.store("\(server.url)?namespace=a.0")
        let waiter = other.makeWaiter(for: WorkSelection(queues: nil, types: ["work"]))
        waiter.arm()
        #expect(try await TestSignal.holds { try await server.probe.command("PUBSUB", "CHANNELS").array.count == 1 })
        // Opening a store checks whether it may publish.
        try await server.probe.command("CONFIG", "RESETSTAT")
        let job = Trouble.job { $0.returnQueue = "web" }
        #expect(try await one.put(job) == .stored(.available))
        _ = try await one.setPaused(true, queue: "mail")
        let hand = Hand()
        let held = try await hand.takeOne(from: one)
        #expect(try await other.settle([Trouble.end(held)]) == [.gone])
        #expect(try await other.renew(RenewRequest(worker: hand.id, tokens: [], grantedBefore: 99)).handedBack == 0)
        try await other.retire(hand.id)
        #expect(try await other.state(job.id) == nil)
        #expect(try await one.settle([Trouble.end(held)]) == [.accepted])
        #expect(try await other.peekReturns(in: "web", limit: 9).isEmpty)
        let counts = try await other.counts()
        #expect(counts.lanes.isEmpty && counts.paused.isEmpty)
        #expect(try await server.calls(of: "publish") == 0)
        // In another namespace, the same id is a different job.
        #expect(try await other.put(job) == .stored(.available))
        #expect(try await TestSignal.holds { try await server.calls(of: "publish") == 1 })
        waiter.close()
        await one.close()
        await other.close()
    }

    // MARK: Several partitions

    @Test func aKeyOfAnotherTypeInALaterPartitionIsNamedAtTheOpening() async throws {
        let server = try await RedisServer.start()
        try await server.probe.command("SET", "{offstage.5}states", "mine")
        let (error, line, _) = await Trouble.failure { _ = try await Trouble.store("\(server.url)?partitions=6") }
        guard case .unusable = error else {
            Issue.record("\(line)")
            return
        }
        #expect(line.contains("{offstage.5}states is a string") && !line.contains("\n"), "\(line)")
        try await server.probe.command("DEL", "{offstage.5}states")
        let store = try await Trouble.store("\(server.url)?partitions=6")
        // Only the first partition describes the namespace.
        #expect(try await server.probe.command("KEYS", "*meta").array.map(\.text) == ["{offstage.0}meta"])
        await store.close()
    }

    @Test func aBatchThatOnePartitionRefusesIsUnknownAndCanBeSentAgain() async throws {
        let server = try await RedisServer.start()
        let store = try await Trouble.store("\(server.url)?partitions=4")
        try await server.probe.command("SET", "{offstage.2}jobs", "mine")
        let jobs = (0..<12).map { _ in Trouble.job().housed(in: store) }
        let (error, line, _) = await Trouble.failure { _ = try await store.enqueue(jobs) }
        guard case .unknownOutcome = error else {
            Issue.record("\(line)")
            return
        }
        #expect(line.contains("WRONGTYPE") && !line.contains("\n"), "\(line)")
        // Jobs in the other partitions can be worked on in the meantime.
        let hand = Hand()
        var done: Set<JobID> = []
        for _ in 0..<20 {
            guard let held = try? await hand.take(2, from: store), !held.isEmpty else { continue }
            #expect(try await store.settle(held.map { Trouble.end($0) }).allSatisfy { $0 == .accepted })
            done.formUnion(held.map(\.id))
        }
        #expect(done.count == 9)
        try await server.probe.command("DEL", "{offstage.2}jobs")
        for (job, answer) in zip(jobs, try await store.enqueue(jobs)) {
            #expect(answer == (done.contains(job.id) ? .repeated(.completed) : .stored(.available)))
        }
        done.formUnion(try await Hand().drain(store))
        #expect(done.count == 12)
        await store.close()
    }
}
