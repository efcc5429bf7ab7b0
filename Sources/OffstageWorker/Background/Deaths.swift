// Death handlers hear of a discarded job when the store has it so, not when the handler failed: a stale token means
// that somebody else runs the job, and it is not dead. They run in tasks of their own, so that a slow one holds up
// nothing but the end of the worker.
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

    /// Waits for the handlers that run.
    func finish() async {
        for task in state.withLock({ Array($0.running.values) }) { await task.value }
    }
}
