// The worker's only timer. It sleeps until the next moment at which anything is due (DispatchState+Moments), or until
// an earlier moment is set. Due are a timeout, a lease that could not be renewed, a prefetched job that has waited too
// long, or a start to be noted.
import OffstageCore

/// Does what is due at a moment.
struct Deadlines: Sendable {
    let store: any WorkSource
    let dispatcher: Dispatcher
    let events: WorkerEvents
    let options: WorkerOptions
    let alarm: Alarm

    /// Runs until the task is cancelled.
    func run() async {
        while !Task.isCancelled {
            let now = options.time.monotonicMicroseconds()
            let due = dispatcher.update { state, wake in state.due(at: now, wake: &wake) }
            for id in due.reclaimed { events.send(.handedBack(id)) }
            for job in due.notStopping {
                events.send(.notStopping(job.token.job, type: job.type))
                options.log(
                    .warning, "a handler was told to stop and has not: it ignores cancellation",
                    ["job": "\(job.token.job)", "type": job.type, "reason": job.stop?.word ?? ""])
            }
            if !due.starts.isEmpty { note(due.starts) }
            if due.next == .max {
                await dispatcher.deadlines.wait()
            } else {
                await dispatcher.deadlines.wait(upTo: .microseconds(max(1000, due.next - now)), alarm: alarm)
            }
        }
    }

    /// Notes starts in a separate task, because the timer must not wait for a slow store. A start that could not be
    /// noted is tried again.
    private func note(_ starts: [(token: Token, ago: Int64)]) {
        let notes = starts.map { JobNote(token: $0.token, kind: .started(agoMicroseconds: $0.ago)) }
        Task(executorPreference: alarm.executor) {
            do {
                for first in stride(from: 0, to: notes.count, by: Limits.batch) {
                    _ = try await store.note(Array(notes[first..<min(notes.count, first + Limits.batch)]))
                }
            } catch {
                let pause = options.backoff.lowerBound
                _ = try? await options.time.sleep(for: pause)
                let now = options.time.monotonicMicroseconds()
                dispatcher.update { state, wake in state.startsFailed(notes.map(\.token), at: now, wake: &wake) }
            }
        }
    }
}
