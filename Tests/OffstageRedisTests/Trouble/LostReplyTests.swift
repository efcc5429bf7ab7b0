// Replies that are cut in the middle. The server has carried out the command, but the client does not know. The call is
// sent again on a new connection and must have the same result: nothing twice, nothing lost.
import OffstageCore
import OffstageTesting
import RedisServers
import Testing

@testable import OffstageRedis

@Suite(.timeLimit(.minutes(2))) struct LostReplyTests {
    /// After how many bytes a reply is cut.
    private static let cuts = [0, 1, 5, 30, 120]

    private struct Line {
        let server: RedisServer
        let proxy: CuttingProxy
        let store: RedisStore

        static func make() async throws -> Line {
            let server = try await RedisServer.start()
            let proxy = try CuttingProxy(to: .tcp(server.port))
            return Line(server: server, proxy: proxy, store: try await Trouble.store(proxy.url))
        }

        /// Makes a call whose reply, or whose command, is cut. The cut has to happen.
        func cut<Answer>(
            after count: Int, _ way: CuttingProxy.Way = .fromServer, _ call: () async throws -> Answer
        ) async throws -> Answer {
            let before = proxy.cuts
            proxy.cut(after: count, way)
            let answer = try await call()
            #expect(proxy.cuts == before + 1)
            return answer
        }
    }

    @Test(arguments: CuttingProxy.Way.allCases)
    func anEnqueueThatIsCutStoresEachJobOnce(_ way: CuttingProxy.Way) async throws {
        let line = try await Line.make()
        // The first call gets NOSCRIPT as its reply; that reply is not the subject here.
        let first = Trouble.job()
        _ = try await line.store.put(first)
        var sent = [first.id]
        for count in Self.cuts {
            // The usual reply has a few bytes; a batch with mixed results has one reply per job.
            let plain = Trouble.job()
            let mixed = (0..<8).map { place in Trouble.job { if place % 2 == 0 { $0.tags = ["t"] } } }
            let short = way == .fromServer ? min(count, 3) : count
            let one = try await line.cut(after: short, way) { try await line.store.put(plain) }
            let some = try await line.cut(after: min(count, 60), way) { try await line.store.enqueue(mixed) }
            let wanted = way == .fromServer ? EnqueueAnswer.repeated(.available) : .stored(.available)
            #expect(one == wanted)
            #expect(some == Array(repeating: wanted, count: 8))
            sent += [plain.id] + mixed.map(\.id)
        }
        #expect(try await line.server.number("HLEN", "{offstage.0}jobs") == sent.count)
        #expect(try await Hand().drain(line.store).sorted() == sent.sorted())
        await line.store.close()
    }

    @Test func aSettleAndReservationThatIsCutIsDoneOnceAndAnswersTheSameLeases() async throws {
        let line = try await Line.make()
        _ = try await line.store.enqueue((0..<60).map { _ in Trouble.job() })
        let hand = Hand()
        var held = try await hand.take(5, from: line.store)
        var done = 0
        for count in Self.cuts + [200, 300] {
            let ends = held.map {
                Trouble.end($0, done % 2 == 0 ? .returned(result: [49], truncated: false) : .cancelled)
            }
            let wish = hand.wish(5)
            let reply = try await line.cut(after: count) { try await line.store.settle(ends, reserving: wish) }
            #expect(reply.answers == Array(repeating: .accepted, count: 5))
            held = reply.reservation?.jobs ?? []
            done += 5
            #expect(held.map(\.token.counter) == (0..<5).map { wish.firstCounter + UInt64($0) })
            let counts = try await line.store.counts()
            #expect(counts.total(.running) == 5 && counts.total(.completed) + counts.total(.cancelled) == done)
            #expect(counts.total(.available) == 55 - done)
        }
        // A reservation that was returned a second time is a lease like any other.
        let renewal = RenewRequest(worker: hand.id, tokens: held.map(\.token), grantedBefore: 1000)
        let renewed = try await line.cut(after: 7) { try await line.store.renew(renewal) }
        #expect(renewed == RenewReply())
        #expect(try await line.store.settle(held.map { Trouble.end($0) }) == Array(repeating: .accepted, count: 5))
        #expect(try await line.store.counts().staleRefused == 0)
        _ = try await Hand().drain(line.store)
        #expect(try await line.store.counts().total(.available) == 0)
        await line.store.close()
    }

    @Test func aReservationOfPlainAndOtherJobsIsAnsweredAgainWhole() async throws {
        let line = try await Line.make()
        let jobs = (0..<12).map { place in
            Trouble.job {
                $0.priority = place % 3
                if place % 3 == 1 { $0.tags = ["t"] }
                if place % 4 == 0 { $0.unique = UniqueRule(key: "k\(place)") }
            }
        }
        _ = try await line.store.enqueue(jobs)
        let held = try await line.cut(after: 100) { try await Hand().take(12, from: line.store) }
        #expect(Set(held.map(\.id)) == Set(jobs.map(\.id)) && held.count == 12)
        #expect(try await line.store.settle(held.map { Trouble.end($0) }) == Array(repeating: .accepted, count: 12))
        await line.store.close()
    }

    @Test(arguments: [Outcome.failed(Failure(.failed, "no")), .snoozed(.after(.seconds(9))), .interrupted, .cancelled])
    func everyKindOfEndIsAcceptedWhenItIsSentAgain(_ outcome: Outcome) async throws {
        let line = try await Line.make()
        let job = Trouble.job()
        _ = try await line.store.put(job)
        let held = try await Hand().takeOne(from: line.store)
        let answers = try await line.cut(after: 3) { try await line.store.settle([Trouble.end(held, outcome)]) }
        #expect(answers == [.accepted])
        let record = try #require(try await line.store.find([job.id])[0])
        #expect(record.errors.count <= 1 && record.interruptions <= 1 && record.attempt <= 1)
        await line.store.close()
    }

    @Test func whatIsDoneByHandIsAnsweredAsItWasDone() async throws {
        let line = try await Line.make()
        let store = line.store
        let jobs = (0..<4).map { _ in Trouble.job { $0.returnQueue = "web" } }
        _ = try await store.enqueue(jobs)
        let ids = jobs.map(\.id)
        #expect(try await line.cut(after: 2) { try await store.setPaused(true, queue: "default") })
        #expect(try await line.cut(after: 2) { try await store.setPaused(false, queue: "default") })
        let removal = ChangeRequest(.remove, .ids([ids[0]]))
        #expect(try await line.cut(after: 3) { try await store.change(removal) }.answers == [.removed])
        let cancel = ChangeRequest(.cancel, .ids([ids[1]]))
        #expect(try await line.cut(after: 3) { try await store.change(cancel) }.answers == [.done(.cancelled)])
        let all = ChangeRequest(.cancel, .filter(JobFilter(state: .available), after: nil))
        #expect(try await line.cut(after: 3) { try await store.change(all) }.changed == 2)
        // An announcement whose delivery was lost is delivered again when its lease has expired.
        let lease = Duration.milliseconds(200)
        var taken = try await line.cut(after: 3) { try await store.takeReturns(from: "web", limit: 2, lease: lease) }
        #expect(
            try await TestSignal.holds {
                taken += try await store.takeReturns(from: "web", limit: 9, lease: .seconds(60))
                return Set(taken.map(\.job)).count == 4
            })
        var last: [JobID: Announcement] = [:]
        for news in taken { last[news.job] = news }
        let receipts = last.values.map(\.receipt)
        #expect(try await line.cut(after: 2) { try await store.acknowledgeReturns(receipts) } == 4)
        await store.close()
    }

    @Test func aCommandToAWorkerIsNotLostWithItsHeartbeatsReply() async throws {
        let line = try await Line.make()
        let status = WorkerStatus(
            id: Hand().id, host: "h", pid: 1, startedAt: Timestamp(microseconds: 0), queues: nil, types: ["work"],
            concurrency: 1, isQuiet: false)
        #expect(try await line.store.heartbeat(status).isEmpty)
        #expect(try await line.cut(after: 2) { try await line.store.command(.stop, to: status.id) })
        #expect(try await line.cut(after: 2) { try await line.store.heartbeat(status) } == [.stop])
        #expect(try await line.store.heartbeat(status).isEmpty)
        await line.store.close()
    }

    @Test func manyCallsAtOnceLiveThroughCutsAndFlushedScripts() async throws {
        let line = try await Line.make()
        let stop = TestSignal()
        let vandal = Task {
            var turn = 0
            while !stop.isSet {
                turn += 1
                try await line.server.probe.command("SCRIPT", "FLUSH")
                if turn % 40 == 0 { line.proxy.cut(after: turn * 5, turn % 80 == 0 ? .fromServer : .fromClient) }
                try await SystemTime().sleep(for: .milliseconds(5))
            }
        }
        let accepted = try await withThrowingTaskGroup(of: [JobID].self) { group in
            for _ in 0..<16 {
                group.addTask {
                    var own: [JobID] = []
                    for _ in 0..<150 {
                        let job = Trouble.job()
                        switch try await line.store.put(job) {
                        case .stored, .repeated: own.append(job.id)
                        case let other: Issue.record("\(other)")
                        }
                    }
                    return own
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        let hands = try await withThrowingTaskGroup(of: [JobID].self) { group in
            for _ in 0..<4 { group.addTask { try await Hand().drain(line.store) } }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        stop.set()
        try await vandal.value
        #expect(hands.count == 2400 && Set(hands) == Set(accepted))
        #expect(line.proxy.cuts > 0)
        #expect(try await line.store.counts().total(.completed) == 2400)
        await line.store.close()
    }
}
