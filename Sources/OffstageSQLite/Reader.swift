// The thread that looks. It has a connection of its own, so that a look never waits for a commit nor a commit for a
// look, and every look is one short read transaction: a long one would keep the log from being copied back.
import Dispatch
import OffstageCore
import OffstageSystem
import Synchronization

/// Runs looks on the reading session, one after the other.
final class Reader: Sendable {
    private struct State {
        var calls: [@Sendable (Result<ReadSession, any Error>) -> Void] = []
        var isIdle = false
        var isClosed = false
    }

    private let state = Mutex(State())
    private let wakeUp = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)

    /// Starts the thread. A session that `mayBeLast` sees to the log when it ends.
    init(mayBeLast: Bool = false, makeSession: @escaping @Sendable () throws -> ReadSession) {
        SystemThread.startEventually("offstage-read") {
            self.live(makeSession, mayBeLast)
            self.ended.signal()
        }
    }

    /// Runs a look in a read transaction.
    func run<Answer: Sendable>(_ body: @escaping @Sendable (ReadSession) throws -> Answer) async throws -> Answer {
        try await withCheckedThrowingContinuation { continuation in
            let (isClosed, wake) = state.withLock { state -> (Bool, Bool) in
                guard !state.isClosed else { return (true, false) }
                state.calls.append { session in
                    continuation.resume(with: session.flatMap { session in Result { try session.transaction(body) } })
                }
                defer { state.isIdle = false }
                return (false, state.isIdle)
            }
            if isClosed { continuation.resume(throwing: StoreError.closed) }
            if wake { wakeUp.signal() }
        }
    }

    /// Lets the thread end once everything asked so far has been answered.
    func finish() {
        state.withLock { $0.isClosed = true }
        wakeUp.signal()
    }

    /// Ends the thread, and returns when it has ended.
    func close() async {
        finish()
        await ended.waited()
    }

    /// Opens the session, serves it and lets it go.
    private func live(_ makeSession: () throws -> ReadSession, _ mayBeLast: Bool) {
        let session = Result { try makeSession() }
        loop(session)
        if mayBeLast, case .success(let open) = session { open.prepareToClose() }
    }

    private func loop(_ session: Result<ReadSession, any Error>) {
        while true {
            let (calls, isClosed) = state.withLock { state in
                defer { state.calls = [] }
                if state.calls.isEmpty { state.isIdle = true }
                return (state.calls, state.isClosed)
            }
            for call in calls { call(session) }
            if calls.isEmpty {
                if isClosed { return }
                wakeUp.wait()
            }
        }
    }
}
