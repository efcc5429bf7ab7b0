// Runs what is due with a real worker that ends when nothing is left. It runs one job at a time, so a test sees the
// same outcomes, retries and follow-ups as production, always in the same order.
import OffstageCore
import OffstageWorker

/// Drains a store in this process.
struct TestRunner: Sendable {
    let store: any Store
    let time: ManualTime
    let middleware: [any EnqueueMiddleware]
    let handlers: [Handler]

    func drain(queues: WorkerQueues) async throws -> [JobRun] {
        guard !handlers.isEmpty else { return [] }
        var options = WorkerOptions()
        options.handlesSignals = false
        options.drain = true
        options.prefetchLimit = 0
        options.upkeep = nil
        options.time = time
        options.log = SilentLog()
        let worker = Worker(
            store, queues: queues, concurrency: 1, enqueueMiddleware: middleware, options: options, handlers: handlers)
        let events = worker.stream()
        async let runs = events.reduce(into: [JobRun]()) { runs, event in
            if case .finished(let id, let type, let outcome) = event {
                runs.append(JobRun(id: id, type: type, outcome: outcome))
            }
        }
        try await worker.run()
        return await runs
    }
}

/// Runs what is due before an enqueue returns.
struct InlineRun: EnqueueMiddleware {
    let runner: TestRunner

    func enqueue(
        _ jobs: [NewJob], next: @Sendable ([NewJob]) async throws -> [EnqueueAnswer]
    ) async throws -> [EnqueueAnswer] {
        let answers = try await next(jobs)
        let failed = try await runner.drain(queues: .all).first { run in
            guard jobs.contains(where: { $0.id == run.id }) else { return false }
            switch run.outcome {
            case .returned, .snoozed, .interrupted, .cancelled, .leaseLost: return false
            case .failed, .retryAt, .discarded, .timedOut: return true
            }
        }
        if let failed { throw JobDidFail(id: failed.id, type: failed.type, outcome: failed.outcome) }
        return answers
    }
}
