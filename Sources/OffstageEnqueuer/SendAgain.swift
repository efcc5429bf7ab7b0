// The innermost middleware. A commit whose outcome is unknown is sent again with the same ids, which is what ids made
// by the enqueuer are for; if it stays unknown, the error carries the jobs as they were sent, so that the caller can
// send them again later.
import OffstageCore

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
