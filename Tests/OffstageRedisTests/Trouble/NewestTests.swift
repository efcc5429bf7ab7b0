// Ids later than all previous ones are not looked up. Accepted jobs must still be recognised, whatever time their ids
// contain, in whatever order they are sent again, and however the clock has changed since.
import OffstageCore
import OffstageTesting
import RedisServers
import Testing

@testable import OffstageRedis

@Suite(.timeLimit(.minutes(2))) struct NewestTests {
    private let time = ManualTime()

    private func open(_ url: String) async throws -> RedisStore {
        var options = Trouble.options()
        options.time = time
        return try await RedisStore.open("\(url)?namespace=newest", options: options, clock: .given(time))
    }

    /// A job whose id contains the given time.
    private static func job(at moment: Timestamp, _ number: UInt64 = 0) -> NewJob {
        Trouble.job { $0.id = JobID(at: moment, random: (number, number)) }
    }

    private static func fields(_ server: RedisServer) async throws -> [String] {
        try await server.probe.command("HKEYS", "{newest.0}numbers").array.map(\.text).sorted()
    }

    @Test func batchesOfSeveralProcessesAreKnownInAnyOrder() async throws {
        let server = try await RedisServer.start()
        let store = try await open(server.url)
        let first = (0..<50).map { Self.job(at: time.now(), 2 * $0) }
        let second = (0..<50).map { Self.job(at: time.now(), 2 * $0 + 1) }
        let earlier = [Self.job(at: time.now() - .seconds(5))]
        for jobs in [first, second, earlier] {
            #expect(try await store.enqueue(jobs).allSatisfy { $0 == .stored(.available) })
        }
        time.advance(by: .seconds(1))
        let new = Self.job(at: time.now())
        #expect(try await store.enqueue([new]) == [.stored(.available)])
        for jobs in [first, second, earlier, [new], [first[49], new]] {
            #expect(try await store.enqueue(jobs).allSatisfy { $0 == .repeated(.available) })
        }
        #expect(try await store.counts().total(.available) == 102)
        await store.close()
        try await server.stop()
    }

    @Test func anIdAheadOfTheClockIsKnownAndStandsInNobodysWay() async throws {
        let server = try await RedisServer.start()
        let store = try await open(server.url)
        let far = Self.job(at: time.now() + .seconds(3600))
        let farther = Self.job(at: time.now() + .seconds(7200))
        #expect(try await store.enqueue([farther]) == [.stored(.available)])
        #expect(try await store.enqueue([far]) == [.stored(.available)])
        #expect(try await Self.fields(server).contains("ahead"))
        let new = Self.job(at: time.now())
        #expect(try await store.enqueue([new]) == [.stored(.available)])
        #expect(try await store.enqueue([far, farther]).allSatisfy { $0 == .repeated(.available) })
        #expect(try await store.enqueue([new, far]).allSatisfy { $0 == .repeated(.available) })

        // Between the two, then after both: now they are ordinary past times.
        time.step(by: .seconds(5000))
        let between = Self.job(at: time.now())
        #expect(try await store.enqueue([between]) == [.stored(.available)])
        #expect(try await store.enqueue([far]) == [.repeated(.available)])
        #expect(try await store.enqueue([farther]) == [.repeated(.available)])
        time.step(by: .seconds(5000))
        let after = Self.job(at: time.now())
        #expect(try await store.enqueue([after]) == [.stored(.available)])
        #expect(try await !Self.fields(server).contains("ahead"))
        for job in [far, farther, between, after, new] {
            #expect(try await store.enqueue([job]) == [.repeated(.available)])
        }
        #expect(try await store.counts().total(.available) == 5)
        await store.close()
        try await server.stop()
    }

    @Test func whereTheLatestIdIsNotKnownEachIsLookedUp() async throws {
        let server = try await RedisServer.start()
        let store = try await open(server.url)
        let first = Self.job(at: time.now())
        #expect(try await store.enqueue([first]) == [.stored(.available)])
        // As an earlier version left the namespace.
        try await server.probe.command("HDEL", "{newest.0}numbers", "newest")
        let second = Self.job(at: time.now() - .seconds(1))
        #expect(try await store.enqueue([second]) == [.stored(.available)])
        #expect(try await store.enqueue([first]) == [.repeated(.available)])
        #expect(try await !Self.fields(server).contains("newest"))
        // The newest id is recorded again once none of those jobs is left.
        #expect(try await store.change(ChangeRequest(.remove, .ids([first.id, second.id]))).answers.count == 2)
        time.advance(by: .seconds(3 * 86_400))
        while try await store.maintain(limit: 1000).more {}
        #expect(try await store.enqueue([Self.job(at: time.now())]) == [.stored(.available)])
        #expect(try await Self.fields(server).contains("newest"))
        await store.close()
        try await server.stop()
    }
}
