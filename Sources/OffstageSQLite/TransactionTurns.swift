// Middleware is asynchronous, but the caller's transaction belongs to one thread, which blocks. So the two take turns:
// the middleware runs in a task and passes the jobs it wants stored to the waiting thread.
import Dispatch
import OffstageCore
import Synchronization

extension EnqueuePath {
    /// Sends one batch from a thread that blocks; `sink` runs on that thread. Returns an answer for each job.
    ///
    /// Middleware runs on Swift's shared threads meanwhile, so the calling thread must not be one of them. Throws what
    /// the asynchronous `send` throws.
    func send(
        blocking jobs: [NewJob], to sink: ([NewJob]) throws -> [EnqueueAnswer]
    ) throws -> [EnqueueAnswer] {
        guard hasMiddleware else { return try sink(jobs) }
        let turns = TransactionTurns()
        Task {
            do {
                turns.end(.success(try await self.send(jobs) { try await turns.take($0) }))
            } catch {
                turns.end(.failure(error))
            }
        }
        return try turns.run(sink)
    }
}

/// Passes work from a task to a thread that waits for it.
private final class TransactionTurns: Sendable {
    private enum Turn: Sendable {
        case store([NewJob], CheckedContinuation<[EnqueueAnswer], any Error>)
        case end(Result<[EnqueueAnswer], any Error>)
    }

    private let turns = Mutex<[Turn]>([])
    private let arrived = DispatchSemaphore(value: 0)

    /// Passes jobs to the waiting thread, suspends until it has stored them, and returns its answers.
    func take(_ jobs: [NewJob]) async throws -> [EnqueueAnswer] {
        try await withCheckedThrowingContinuation { put(.store(jobs, $0)) }
    }

    /// Ends the wait of the thread with a result.
    func end(_ result: Result<[EnqueueAnswer], any Error>) { put(.end(result)) }

    private func put(_ turn: Turn) {
        turns.withLock { $0.append(turn) }
        arrived.signal()
    }

    /// Blocks the thread until `end` is called, and stores the jobs passed to it meanwhile.
    func run(_ store: ([NewJob]) throws -> [EnqueueAnswer]) throws -> [EnqueueAnswer] {
        while true {
            arrived.wait()
            switch turns.withLock({ $0.removeFirst() }) {
            case .store(let jobs, let continuation): continuation.resume(with: Result { try store(jobs) })
            case .end(let result): return try result.get()
            }
        }
    }
}
