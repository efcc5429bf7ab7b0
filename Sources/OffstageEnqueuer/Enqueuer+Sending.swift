// The one road from prepared jobs to the store. The caller's middleware comes first, then what no middleware may undo:
// jobs that it changed are checked once more, and a commit whose outcome is unknown is sent again with the same ids.
import OffstageCore

extension Enqueuer {
    /// Sends one batch and answers for each job in order.
    func send(_ jobs: [NewJob]) async throws -> [EnqueueAnswer] {
        var chain = middleware
        if !middleware.isEmpty { chain.append(CheckAgain(limits: limits, time: time)) }
        chain.append(SendAgain(time: time))
        let answers = try await store.enqueue(jobs, through: chain[...])
        guard answers.count == jobs.count else {
            throw InvalidJob("the enqueue middleware gave \(answers.count) answers for \(jobs.count) jobs")
        }
        return answers
    }

    /// Sends one batch; whatever stops it is told together with the batch and with what was stored before.
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
