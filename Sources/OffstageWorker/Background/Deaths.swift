// Death handlers are called once the store has recorded the discard, not when the handler fails: a stale token means
// that another worker runs the job, and the job is not discarded. They run in separate tasks, so a slow one delays only
// the end of the worker.
import OffstageCore
import Synchronization

/// Calls the death handlers.
final class Deaths: Sendable {
    private struct State {
        var expected: [UInt64: (job: ReservedJob, failure: Failure)] = [:]
        var running: [UInt64: Task<Void, Never>] = [:]
    }

    private let handlers: [@Sendable (ReservedJob, Failure) async -> Void]
    private let state = Mutex(State())

    init(_ handlers: [@Sendable (ReservedJob, Failure) async -> Void]) { self.handlers = handlers }

    func expect(_ job: ReservedJob, _ failure: Failure) {
        guard !handlers.isEmpty else { return }
        state.withLock { $0.expected[job.token.counter] = (job, failure) }
    }

    func settled(_ settlement: Settlement, _ answer: TokenAnswer) {
        guard !handlers.isEmpty, case .discarded = settlement.kind else { return }
        let counter = settlement.token.counter
        state.withLock { state in
            guard let death = state.expected.removeValue(forKey: counter), answer == .accepted else { return }
            state.running[counter] = Task {
                for handler in handlers { await handler(death.job, death.failure) }
                self.state.withLock { $0.running[counter] = nil }
            }
        }
    }

    /// Waits for the handlers that are running.
    func finish() async {
        for task in state.withLock({ Array($0.running.values) }) { await task.value }
    }
}
