// The test kit, used as in an app's own tests.
import Offstage
import OffstageTesting
import Synchronization
import Testing

private struct Greeting: Job {
    static let name = "greeting"
    static let defaults = JobDefaults(queue: "mail", maxAttempts: 3)
    static let retryPolicy = RetryPolicy.constant(.seconds(60))
    var to: String
    var failures = 0

    func perform(in context: JobContext) async throws -> String {
        if context.attempt <= failures { throw Refused() }
        if to == "everybody" {
            for name in ["ann", "bob"] { try await context.enqueue(Greeting(to: name), key: name) }
        }
        return "hello \(to)"
    }

    struct Refused: Error {}
}

private struct Unhandled: Job {
    static let name = "unhandled"
    func perform(in context: JobContext) async throws {}
}

@Suite struct TestQueueTests {
    private func queue(_ mode: TestQueue.Mode = .manual) -> TestQueue { TestQueue(mode: mode) { Greeting.self } }

    @Test func whatWasEnqueuedIsFoundWithItsArgumentsAndSettings() async throws {
        let queue = queue()
        try await queue.enqueuer.enqueue(Greeting(to: "ann"), after: .seconds(60))
        try await queue.enqueuer.enqueue(Greeting(to: "bob"))
        let all = try await queue.enqueued(Greeting.self)
        #expect(all.map(\.job.to) == ["ann", "bob"])
        let found = try await queue.requireEnqueued(Greeting.self) { $0.to == "ann" }
        #expect(found.record.queue == "mail")
        #expect(found.record.state == .scheduled)
        #expect(try await queue.nextDue() == .seconds(60))
    }

    @Test func whatWasNotEnqueuedIsToldWithWhatThereIsInstead() async throws {
        let queue = queue()
        let nothing = await #expect(throws: NotEnqueued.self) { try await queue.requireEnqueued(Greeting.self) }
        #expect(nothing?.description == "no greeting was enqueued, nor anything else")
        try await queue.enqueuer.enqueue(Unhandled())
        let other = await #expect(throws: NotEnqueued.self) { try await queue.requireEnqueued(Greeting.self) }
        #expect(other?.description == "no greeting was enqueued; there are: unhandled")
        try await queue.enqueuer.enqueue(Greeting(to: "ann"))
        let unfit = await #expect(throws: NotEnqueued.self) {
            try await queue.requireEnqueued(Greeting.self) { $0.to == "bob" }
        }
        #expect(unfit?.description.contains("\"to\":\"ann\"") == true)
    }

    @Test func nothingRunsBeforeADrainAndEverythingDueInOne() async throws {
        let queue = queue()
        let ticket = try await queue.enqueuer.enqueue(Greeting(to: "everybody"))
        try await queue.enqueuer.enqueue(Unhandled())
        #expect(try await queue.record(ticket.id)?.state == .available)
        let runs = try await queue.drain()
        #expect(runs.map(\.type) == ["greeting", "greeting", "greeting"], "the job and its two children")
        #expect(runs.first?.id == ticket.id)
        #expect(try await ticket.result(within: .seconds(1)) == "hello everybody")
        #expect(try await queue.enqueued(Unhandled.self).map(\.record.state) == [.available])
        #expect(try await queue.drain() == [])
    }

    @Test func timeTurnedByHandBringsRetriesAndDelays() async throws {
        let queue = queue()
        let failing = try await queue.enqueuer.enqueue(Greeting(to: "ann", failures: 2))
        let later = try await queue.enqueuer.enqueue(Greeting(to: "bob"), after: .seconds(90))
        var runs = try await queue.drain()
        #expect(runs.count == 1)
        #expect(try await queue.record(failing.id)?.state == .retryable)
        runs = try await queue.drain(for: .seconds(100))
        #expect(runs.map(\.id) == [failing.id, later.id])
        #expect(try await queue.record(failing.id)?.state == .retryable)
        runs = try await queue.drain(for: .seconds(100))
        #expect(runs.map(\.id) == [failing.id])
        let record = try #require(try await queue.record(failing.id))
        #expect(record.state == .completed)
        #expect(record.attempt == 3)
        #expect(record.errors.count == 2)
    }

    @Test func inlineRunsBeforeEnqueueReturns() async throws {
        let queue = queue(.inline)
        let ticket = try await queue.enqueuer.enqueue(Greeting(to: "everybody"))
        #expect(try await queue.record(ticket.id)?.state == .completed)
        #expect(try await queue.enqueued(Greeting.self).map(\.record.state) == [.completed, .completed, .completed])
        let later = try await queue.enqueuer.enqueue(Greeting(to: "bob"), after: .seconds(5))
        #expect(try await queue.record(later.id)?.state == .scheduled)
    }

    @Test func inlineThrowsWhatAJobThrew() async throws {
        let queue = queue(.inline)
        let error = await #expect(throws: JobDidFail.self) {
            try await queue.enqueuer.enqueue(Greeting(to: "ann", failures: 1))
        }
        #expect(error?.type == "greeting")
        #expect(error?.description.contains("Refused") == true)
    }

    @Test func aFaultyStoreFailsAsItIsTold() async throws {
        let queue = queue()
        let fault = Mutex(FaultyStore.Fault.failed)
        let faulty = FaultyStore(queue.store, choose: { verb in verb == .enqueue ? fault.withLock { $0 } : .none })
        let job = try queue.enqueuer.prepare(Greeting(to: "ann"))
        await #expect(throws: StoreError.self) { try await faulty.enqueue([job]) }
        #expect(try await queue.record(job.id) == nil)
        fault.withLock { $0 = .lost }
        await #expect(throws: StoreError.self) { try await faulty.enqueue([job]) }
        #expect(try await queue.record(job.id)?.state == .available, "done, though the reply was lost")
        fault.withLock { $0 = .none }
        #expect(try await faulty.enqueue([job]) == [.repeated(.available)])
        faulty.sever()
        await #expect(throws: StoreError.closed) { try await faulty.find([job.id]) }
    }
}
