// The reading thread. It has its own connection, so reads and commits never wait for each other. Every read is one
// short read transaction: a long one would keep the WAL from being checkpointed.
import Dispatch
import OffstageCore
import OffstageSystem
import Synchronization

/// Runs reads on the reading session, one after the other.
final class Reader: Sendable {
    private struct State {
        var calls: [@Sendable (Result<ReadSession, any Error>) -> Void] = []
        var isIdle = false
        var isClosed = false
    }

    private let state = Mutex(State())
    private let wakeUp = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)

    /// Starts the thread. With `mayBeLast` the session prepares a checkpoint of the WAL when it ends.
    init(mayBeLast: Bool = false, makeSession: @escaping @Sendable () throws -> ReadSession) {
        SystemThread.startEventually("offstage-read") {
            self.live(makeSession, mayBeLast)
            self.ended.signal()
        }
    }

    /// Runs a read in a read transaction and returns its result. Throws StoreError.closed once the reader is closed.
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

    /// Lets the thread end once all queued calls are answered.
    func finish() {
        state.withLock { $0.isClosed = true }
        wakeUp.signal()
    }

    /// Ends the thread and returns when it has ended.
    func close() async {
        finish()
        await ended.waited()
    }

    /// Opens the session, runs its calls and releases it.
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
