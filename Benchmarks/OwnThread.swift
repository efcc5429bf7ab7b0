// Where the benchmark blocks: on a thread made for one piece of work, never on Swift's cooperative pool, whose threads
// are what is measured.
import OffstageCore
import OffstageSystem

/// Runs blocking work on a dedicated thread. Returns or throws what the work does.
func onOwnThread<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
    guard let result = await SystemThread.call({ Result { try work() } }) else {
        throw StoreError.failed("the system gives no thread")
    }
    return try result.get()
}
