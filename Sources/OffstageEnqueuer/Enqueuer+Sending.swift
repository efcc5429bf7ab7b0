// From prepared jobs to the store, and from the store's answers to results.
import OffstageCore

extension Enqueuer {
    /// Sends one batch. Returns an answer for each job, in order.
    func send(_ jobs: [NewJob]) async throws -> [EnqueueAnswer] {
        try await path.send(jobs) { [store] jobs in try await store.enqueue(jobs) }
    }

    /// Sends one batch. Whatever stops it is thrown with the batch and with the totals of what was stored before.
    func send(_ jobs: [NewJob], counting totals: inout EnqueueTotals) async throws(EnqueueError) -> [EnqueueResult] {
        do {
            let answers = try await send(jobs)
            for answer in answers { totals.count(answer) }
            return zip(answers, jobs).map { EnqueueReceipt.of($0, id: $1.id) }
        } catch let error as EnqueueError {
            throw EnqueueError(error.cause, jobs: error.jobs, totals: totals)
        } catch {
            throw EnqueueError(error, jobs: jobs, totals: totals)
        }
    }
}
