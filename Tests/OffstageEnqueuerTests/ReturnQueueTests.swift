// Return queues: every end of a job is announced, an announcement that is not acknowledged is delivered again, and a
// slow reader does not hold back announcements that others could take.
import OffstageCore
import OffstageEnqueuer
import OffstageTesting
import Testing

@Suite(.timeLimit(.minutes(1))) struct ReturnQueueTests {
    let bench = Bench()

    private func complete(_ count: Int, on queue: String = "web") async throws {
        var options = EnqueueOptions()
        options.returnQueue = queue
        try await bench.enqueuer.enqueue(all: (0..<count).map { Ping(number: $0) }, options: options)
        for number in 0..<count {
            try await bench.run("ping", .returned(result: json("\(number)"), truncated: false))
        }
    }

    private func queue() throws -> ReturnQueue { try ReturnQueue(bench.store, "web", time: bench.time) }

    @Test func everyEndArrivesOnceItIsAcknowledged() async throws {
        try await complete(50)
        var results: [Int] = []
        for try await announcement in try queue() {
            results.append(try announcement.result(as: Int.self))
            #expect(announcement.state == .completed)
            #expect(try await announcement.acknowledge())
            if results.count == 50 { break }
        }
        #expect(results == Array(0..<50))
        #expect(try await queue().take().isEmpty)
    }

    @Test func whatIsNotAcknowledgedComesAgain() async throws {
        try await complete(1)
        let first = try #require(try await queue().take().first)
        #expect(first.deliveries == 1)
        #expect(try await queue().take().isEmpty)
        bench.time.turn(by: .seconds(31))
        let second = try #require(try await queue().take().first)
        #expect(second.job == first.job)
        #expect(second.deliveries == 2)
        #expect(try await !first.acknowledge())
        #expect(try await second.acknowledge())
        bench.time.turn(by: .seconds(31))
        #expect(try await queue().take().isEmpty)
    }

    @Test func itWaitsForWhatIsNotThereYet() async throws {
        let queue = try queue()
        let task = Task {
            for try await announcement in queue { return announcement.job }
            return JobID(high: 0, low: 0)
        }
        while bench.time.sleeps.count < 3 { await Task.yield() }
        try await complete(1)
        let job = try await task.value
        #expect(try await bench.record(job).state == .completed)
    }

    @Test func batchesAreTakenAndAcknowledgedTogether() async throws {
        try await complete(20)
        #expect(try await queue().peek(5).count == 5)
        let taken = try await queue().take(15)
        #expect(taken.count == 15)
        #expect(try await queue().acknowledge(taken) == 15)
        #expect(try await queue().acknowledge(taken) == 0)
        #expect(try await queue().take().count == 5)
    }

    @Test func aSlowReaderTakesOneAtATime() async throws {
        try await complete(10)
        var seen = 0
        for try await announcement in try queue() {
            seen += 1
            // While one announcement is handled slowly, all others are available to another reader.
            #expect(try await bench.store.counts().returns["web"] == 10 - seen + 1)
            bench.time.turn(by: .seconds(20))
            #expect(try await announcement.acknowledge())
            if seen == 4 { break }
        }
        #expect(try await queue().take().count == 6)
    }

    @Test func cancellingEndsTheSequence() async throws {
        let queue = try queue()
        let task = Task {
            for try await _ in queue {}
            return true
        }
        task.cancel()
        #expect(try await task.value)
    }

    @Test func aBadNameIsRefused() {
        #expect(throws: InvalidJob.self) { try ReturnQueue(bench.store, "no name") }
    }
}
