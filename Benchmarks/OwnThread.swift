// Where the benchmark blocks: on a thread made for one piece of work, never on Swift's cooperative pool, whose threads
// are what is measured.
import Foundation

/// Runs blocking work on a dedicated thread. Returns or throws what the work does.
func onOwnThread<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Swift.Result { try work() }) }
    }
}
