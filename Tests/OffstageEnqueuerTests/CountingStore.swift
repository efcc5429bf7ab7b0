// A store before another one that counts enqueues and can fail them: before anything happens, or after it happened and
// the reply is lost.
import OffstageCore
import OffstageTesting
import Synchronization

final class CountingStore: ForwardingStore {
    enum Fault: Sendable {
        case before(StoreError)
        case after(StoreError)
    }

    /// A call that asked where to store a job, and the id that it returned.
    struct Asked: Hashable {
        var type: String
        var uniqueKey: String?
        var answer: JobID
    }

    private struct State {
        var batches: [[NewJob]] = []
        var faults: [Int: Fault] = [:]
        var isSpread = false
        var asked: [Asked] = []
        var delay: (@Sendable () async -> Void)?
    }

    let base: any Store
    private let state = Mutex(State())

    init(_ base: any Store) { self.base = base }

    /// The batches that were sent, those that failed too.
    var batches: [[NewJob]] { state.withLock { $0.batches } }

    /// Fails the enqueue with this number, from 0.
    func fail(_ number: Int, _ fault: Fault) { state.withLock { $0.faults[number] = fault } }

    /// Names a home for each job from now on, 1, 2, 3 and so on, whatever its key.
    func spread() { state.withLock { $0.isSpread = true } }

    /// The calls that asked where to store a job, since `spread`.
    var asked: [Asked] { state.withLock { $0.asked } }

    /// Calls a function before each enqueue.
    func delay(_ delay: @escaping @Sendable () async -> Void) { state.withLock { $0.delay = delay } }

    func home(of id: JobID, type: String, uniqueKey: String?) -> JobID {
        state.withLock { state in
            guard state.isSpread else { return id }
            let answer = id.moved(to: state.asked.count + 1)
            state.asked.append(Asked(type: type, uniqueKey: uniqueKey, answer: answer))
            return answer
        }
    }

    func enqueue(_ jobs: [NewJob]) async throws -> [EnqueueAnswer] {
        await state.withLock { $0.delay }?()
        let fault = state.withLock { state in
            state.batches.append(jobs)
            return state.faults[state.batches.count - 1]
        }
        if case .before(let error) = fault { throw error }
        let answers = try await base.enqueue(jobs)
        if case .after(let error) = fault { throw error }
        return answers
    }
}
