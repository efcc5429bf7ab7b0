// The one road from prepared jobs to the store. The caller's middleware comes first, then what no middleware may undo:
// jobs that it changed are checked once more, and a commit whose outcome is unknown is sent again with the same ids.
import OffstageCore

extension Enqueuer {
    /// Sends one batch and answers for each job in order.
    func send(_ jobs: [NewJob]) async throws -> [EnqueueAnswer] {
        var chain = middleware
        if !middleware.isEmpty { chain.append(CheckAgain(limits: limits)) }
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

/// Checks jobs that middleware may have changed, for a store takes only valid ones.
struct CheckAgain: EnqueueMiddleware {
    let limits: Limits

    func enqueue(
        _ jobs: [NewJob], next: @Sendable ([NewJob]) async throws -> [EnqueueAnswer]
    ) async throws -> [EnqueueAnswer] {
        for job in jobs { try job.validate(limits) }
        return try await next(jobs)
    }
}

/// Sends a batch again, up to twice, when it is unknown whether it was stored.
struct SendAgain: EnqueueMiddleware {
    let time: any TimeSource
    private static let pauses: [Duration] = [.milliseconds(20), .milliseconds(200)]

    func enqueue(
        _ jobs: [NewJob], next: @Sendable ([NewJob]) async throws -> [EnqueueAnswer]
    ) async throws -> [EnqueueAnswer] {
        var pauses = Self.pauses[...]
        var isFirst = true
        while true {
            do {
                let answers = try await next(jobs)
                return isFirst ? answers : answers.map(Self.ours)
            } catch StoreError.unknownOutcome(let text) {
                let unknown = EnqueueError(StoreError.unknownOutcome(text), jobs: jobs, totals: EnqueueTotals())
                guard let pause = pauses.popFirst() else { throw unknown }
                do { try await time.sleep(for: pause) } catch { throw unknown }
                isFirst = false
            }
        }
    }

    // What the second sending finds there is what the first one stored.
    private static func ours(_ answer: EnqueueAnswer) -> EnqueueAnswer {
        if case .repeated(let state) = answer { .stored(state) } else { answer }
    }
}
