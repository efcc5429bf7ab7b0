// A store whose calls fail when a test says so: before anything was done, after everything was done, or permanently
// from some moment on. It wraps the real store, whose state is always correct; only the caller sees errors.
public import OffstageCore
import Synchronization

/// A store that forwards calls, or fails them as the test chooses.
public final class FaultyStore: ForwardingStore {
    /// What goes wrong with a call.
    public enum Fault: Sendable, Hashable {
        /// The call is passed on.
        case none
        /// The call throws StoreError.failed, and nothing was done.
        case failed
        /// The call throws StoreError.unknownOutcome, but everything was done: only the reply is lost.
        case lost
    }

    /// The wrapped store.
    public let base: any Store
    /// The traits of the wrapped store.
    public let traits: StoreTraits
    private let choose: @Sendable (StoreVerb) -> Fault
    private let witness: @Sendable (StoreOperation) -> Void
    private let order: CallOrder?
    private let isSevered = Mutex(false)

    /// Creates a store in front of another one. `choose` is called for every call, and `witness` receives what was
    /// really done, before a reply is lost. Stores that share an `order` call their witnesses in the order of the
    /// operations.
    public init(
        _ base: any Store, order: CallOrder? = nil, choose: @escaping @Sendable (StoreVerb) -> Fault = { _ in .none },
        witness: @escaping @Sendable (StoreOperation) -> Void = { _ in }
    ) {
        self.base = base
        self.order = order
        self.choose = choose
        self.witness = witness
        traits = base.traits
    }

    /// Makes every later call throw StoreError.closed and do nothing: to the store, the caller has died.
    public func sever() { isSevered.withLock { $0 = true } }

    /// Makes a call, or fails it as the test says.
    public func pass<Answer: Sendable>(
        _ verb: StoreVerb, _ call: @escaping @Sendable () async throws -> Answer
    ) async throws -> Answer {
        try await pass(verb, call) { _ in nil }
    }

    private func pass<Answer: Sendable>(
        _ verb: StoreVerb, _ call: @escaping @Sendable () async throws -> Answer,
        operation: @escaping @Sendable (Answer) -> StoreOperation?
    ) async throws -> Answer {
        if isSevered.withLock({ $0 }) { throw StoreError.closed }
        let fault = choose(verb)
        if fault == .failed { throw StoreError.failed("a test let \(verb) fail") }
        let witnessed: @Sendable () async throws -> Answer = {
            let answer = try await call()
            if let operation = operation(answer) { self.witness(operation) }
            return answer
        }
        let answer = if let order { try await order.run(witnessed) } else { try await witnessed() }
        if fault == .lost { throw StoreError.unknownOutcome("a test lost the reply of \(verb)") }
        return answer
    }

    /// Stores new jobs, unless a test lets it fail.
    public func enqueue(_ jobs: [NewJob]) async throws -> [EnqueueAnswer] {
        try await pass(.enqueue, { try await self.base.enqueue(jobs) }, operation: { .enqueued(jobs, $0) })
    }

    /// Records ends and reserves, unless the test makes the call fail.
    public func settle(_ settlements: [Settlement], reserving request: ReserveRequest?) async throws -> SettleReply {
        try await pass(
            .settle, { try await self.base.settle(settlements, reserving: request) },
            operation: { .settled(settlements, request, $0) })
    }

    /// Renews leases, unless the test makes the call fail.
    public func renew(_ request: RenewRequest) async throws -> RenewReply {
        try await pass(.renew, { try await self.base.renew(request) }, operation: { .renewed(request, $0) })
    }

    /// Retires a worker, unless the test makes the call fail.
    public func retire(_ worker: WorkerID, crashed: [CrashedAttempt]) async throws -> [TokenAnswer] {
        try await pass(
            .retire, { try await self.base.retire(worker, crashed: crashed) }, operation: { _ in .retired(worker) })
    }

    /// Changes jobs, unless a test lets it fail.
    public func change(_ request: ChangeRequest) async throws -> ChangeReply {
        try await pass(.steer, { try await self.base.change(request) }, operation: { .changed(request, $0) })
    }

    /// Does nothing: the store behind it is closed by the code that opened it.
    public func close() async {}
}
