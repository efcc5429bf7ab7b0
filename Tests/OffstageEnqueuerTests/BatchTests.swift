// Many jobs in one call, and middleware around the call.
import OffstageCore
import OffstageEnqueuer
import Testing

@Suite struct BatchTests {
    let bench = Bench()

    @Test func manyJobsGoInBatchesOfAThousandAndInOrder() async throws {
        let tickets = try await bench.enqueuer.enqueue(all: (0..<2500).map { Ping(number: $0) })
        #expect(bench.store.batches.map(\.count) == [1000, 1000, 500])
        #expect(tickets.map(\.id) == bench.store.batches.flatMap { $0.map(\.id) })
        #expect(try JSON.parse(try await bench.record(tickets[2499].id).arguments)["number"]?.integerValue == 2499)
    }

    @Test func noJobsAskNothing() async throws {
        #expect(try await bench.enqueuer.enqueue(all: [Ping]()).isEmpty)
        #expect(bench.store.batches.isEmpty)
    }

    @Test func oneInvalidJobStopsAllBeforeTheStore() async throws {
        var jobs = try (0..<3).map { try bench.enqueuer.prepare(Ping(number: $0)) }
        jobs[1].queue = "no good"
        await #expect(throws: InvalidJob.self) { try await bench.enqueuer.enqueue(batch: jobs) }
        #expect(bench.store.batches.isEmpty)
    }

    @Test func aRefusalLeavesItsNeighboursAlone() async throws {
        var jobs = try (0..<3).map { try bench.enqueuer.prepare(Ping(number: $0)) }
        try await bench.enqueuer.enqueue(batch: [jobs[1]])
        jobs[1].arguments = json("{}")
        let results = try await bench.enqueuer.enqueue(batch: jobs)
        #expect(results[0] == .success(EnqueueReceipt(id: jobs[0].id, state: .available)))
        #expect(throws: InvalidJob.self) { try results[1].get() }
        #expect(results[2] == .success(EnqueueReceipt(id: jobs[2].id, state: .available)))
    }

    @Test func oneIdCannotNameSeveralJobs() async throws {
        var options = EnqueueOptions()
        options.id = JobID(high: 1, low: 1)
        await #expect(throws: InvalidJob.self) {
            try await bench.enqueuer.enqueue(all: [Ping(number: 1), Ping(number: 2)], options: options)
        }
        #expect(try await bench.enqueuer.enqueue(all: [Ping()], options: options).map(\.id) == [options.id])
    }

    @Test func middlewareChangesJobsInItsOrder() async throws {
        let bench = Bench(middleware: [Tagging(tag: "outer"), Tagging(tag: "inner")])
        let ticket = try await bench.enqueuer.enqueue(Ping())
        #expect(try await bench.record(ticket.id).tags == ["outer", "inner"])
    }

    @Test func middlewareCannotPassOnWhatIsOutOfBounds() async throws {
        let bench = Bench(middleware: [Tagging(tag: "not a name")])
        await #expect(throws: InvalidJob.self) { try await bench.enqueuer.enqueue(Ping()) }
        #expect(bench.store.batches.isEmpty)
    }

    @Test func middlewareThatLosesAnswersIsToldSo() async throws {
        let bench = Bench(middleware: [Forgetful()])
        let error = await #expect(throws: InvalidJob.self) { try await bench.enqueuer.enqueue(Ping()) }
        #expect(error?.description.contains("0 answers for 1 jobs") == true)
    }
}

private struct Tagging: EnqueueMiddleware {
    let tag: String
    func enqueue(
        _ jobs: [NewJob], next: @Sendable ([NewJob]) async throws -> [EnqueueAnswer]
    ) async throws -> [EnqueueAnswer] {
        try await next(
            jobs.map { job in
                var job = job
                job.tags.append(tag)
                return job
            })
    }
}

private struct Forgetful: EnqueueMiddleware {
    func enqueue(
        _ jobs: [NewJob], next: @Sendable ([NewJob]) async throws -> [EnqueueAnswer]
    ) async throws -> [EnqueueAnswer] { [] }
}
