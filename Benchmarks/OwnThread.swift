// Where the benchmark blocks: on a thread that is made for one piece of work, never on Swift's cooperative pool, whose
// threads are what is measured.
import Foundation

/// Runs work that blocks on a thread of its own, and answers what it answers.
func onOwnThread<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Swift.Result { try work() }) }
    }
}
