// A commit whose outcome is unknown is sent again with the same ids. If it stays unknown, the error contains what the
// caller needs to continue.
import OffstageCore
import OffstageEnqueuer
import Testing

@Suite struct UnknownOutcomeTests {
    let bench = Bench()
    let lost = CountingStore.Fault.after(.unknownOutcome("the reply was lost"))

    @Test func aLostReplyIsAskedForAgainAndCountsAsStored() async throws {
        bench.store.fail(0, lost)
        let ticket = try await bench.enqueuer.enqueue(Ping())
        #expect(ticket.receipt == EnqueueReceipt(id: ticket.id, state: .available))
        #expect(bench.store.batches.map { $0.map(\.id) } == [[ticket.id], [ticket.id]])
        #expect(try await bench.count() == 1)
    }

    @Test func whatStaysUnknownIsThrownWithItsJobs() async throws {
        for number in 0..<3 { bench.store.fail(number, lost) }
        let error = await #expect(throws: EnqueueError.self) { try await bench.enqueuer.enqueue(Ping()) }
        let problem = try #require(error)
        #expect(problem.isUnknown)
        #expect(problem.ids == bench.store.batches[0].map(\.id))
        #expect(bench.store.batches.count == 3)
        #expect(bench.time.sleeps == [.milliseconds(20), .milliseconds(200)])
        let results = try await bench.enqueuer.enqueue(again: problem)
        let id = problem.ids[0]
        #expect(results == [.success(EnqueueReceipt(id: id, state: .available, duplicate: true))])
        #expect(try await bench.count() == 1)
    }

    @Test func aStoreErrorOfASingleJobIsThrownAsItIs() async throws {
        bench.store.fail(0, .before(.full("no room")))
        await #expect(throws: StoreError.full("no room")) { try await bench.enqueuer.enqueue(Ping()) }
        #expect(bench.store.batches.count == 1)
    }

    @Test func middlewareIsNotCalledTwiceForOneBatch() async throws {
        let calls = Counter()
        let bench = Bench(middleware: [Counting(calls: calls)])
        bench.store.fail(0, lost)
        bench.store.fail(1, lost)
        try await bench.enqueuer.enqueue(Ping())
        #expect(calls.count == 1)
        #expect(try await bench.count() == 1)
    }

    @Test func aBatchThatFailsTellsWhatWasStoredBefore() async throws {
        bench.store.fail(1, .before(.busy("pid 7")))
        let jobs = (0..<2500).map { Ping(number: $0) }
        let error = await #expect(throws: EnqueueError.self) { try await bench.enqueuer.enqueue(all: jobs) }
        let problem = try #require(error)
        #expect(problem.totals.stored == 1000)
        #expect(problem.totals.answered == 1000)
        #expect(problem.jobs.count == 1000)
        #expect(!problem.isUnknown)
        #expect("\(problem)".contains("before that 1000 stored"))
        #expect(try await bench.count() == 1000)
    }
}

private struct Counting: EnqueueMiddleware {
    let calls: Counter
    func enqueue(
        _ jobs: [NewJob], next: @Sendable ([NewJob]) async throws -> [EnqueueAnswer]
    ) async throws -> [EnqueueAnswer] {
        _ = calls.next()
        return try await next(jobs)
    }
}
