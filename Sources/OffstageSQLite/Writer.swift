// The one thread of this process that writes. Calls queue up while a transaction is running. When it is done, all
// queued calls run in the next one and are committed together (group commit), so no timer delays or splits a batch.
//
// A call's body runs inside the shared transaction. If any body fails, everything is rolled back and each call is run
// again in its own transaction, so that one call's failure does not affect the others. Bodies must therefore touch
// nothing but the session. Every rollback clears the session's caches.
import Dispatch
import OffstageCore
import OffstageSystem
import Synchronization

/// Runs calls on the writing session, several in one transaction.
final class Writer: Sendable {
    /// One call: runs inside the transaction, and then learns whether it was committed.
    struct Call: Sendable {
        /// The amount of work, in jobs. A transaction takes calls of about 2,000 in all.
        var weight: Int
        /// Runs in the transaction. Returns what to do once it is committed.
        var body: @Sendable (WriteSession) throws -> @Sendable () -> Void
        /// Called with the error if the call failed.
        var fail: @Sendable (any Error) -> Void
    }

    private struct State {
        var urgent: [Call] = []
        var ordinary: [Call] = []
        var isIdle = false
        var isClosed = false
    }

    private static let weightOfTransaction = 2000

    private let state = Mutex(State())
    private let wakeUp = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)
    private let lock: WriterLock
    private let makeSession: @Sendable () throws -> WriteSession

    init(lock: WriterLock, makeSession: @escaping @Sendable () throws -> WriteSession) {
        self.lock = lock
        self.makeSession = makeSession
    }

    /// Opens the session on a new thread and returns once it is open. Throws what prevented that.
    func start() async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            SystemThread.startEventually("offstage-write") {
                if self.live(continuation) { self.lock.unlock() }
                self.ended.signal()
            }
        }
    }

    /// Runs a call in the next transaction and returns its result once that is committed. Urgent calls go first.
    func run<Answer: Sendable>(
        weight: Int = 1, urgent: Bool = false, _ body: @escaping @Sendable (WriteSession) throws -> Answer
    ) async throws -> Answer {
        try await withUnsafeThrowingContinuation { (continuation: UnsafeContinuation<Answer, any Error>) in
            let call = Call(
                weight: weight,
                body: { session in
                    let answer = try body(session)
                    return { continuation.resume(returning: answer) }
                },
                fail: { continuation.resume(throwing: $0) })
            enqueue(call, urgent: urgent)
        }
    }

    private func enqueue(_ call: Call, urgent: Bool) {
        let (isClosed, wake) = state.withLock { state -> (Bool, Bool) in
            guard !state.isClosed else { return (true, false) }
            if urgent { state.urgent.append(call) } else { state.ordinary.append(call) }
            defer { state.isIdle = false }
            return (false, state.isIdle)
        }
        if isClosed { call.fail(StoreError.closed) }
        if wake { wakeUp.signal() }
    }

    /// Lets the thread end once all queued calls are answered.
    func finish() {
        let wake = state.withLock { state -> Bool in
            state.isClosed = true
            defer { state.isIdle = false }
            return state.isIdle
        }
        if wake { wakeUp.signal() }
    }

    /// Ends the thread and returns when it has ended.
    func close() async {
        finish()
        await ended.waited()
    }

    /// Fails all queued calls with an error because the lock was not granted in time. Nothing of them has been done.
    func failWaiting(_ error: StoreError) {
        let calls = state.withLock { state in
            let all = state.urgent + state.ordinary
            state.urgent = []
            state.ordinary = []
            return all
        }
        for call in calls { call.fail(error) }
    }

    // MARK: On the thread

    /// Opens the session, runs its calls and releases it. Returns whether it holds the lock for the release.
    private func live(_ continuation: CheckedContinuation<Void, any Error>) -> Bool {
        let session: WriteSession
        do {
            session = try makeSession()
        } catch {
            continuation.resume(throwing: error)
            return false
        }
        continuation.resume()
        loop(session)
        // If the lock is not granted in this time, for example because its holder is frozen, the holder will checkpoint
        // the WAL.
        guard lock.lock(within: .seconds(1)) else { return false }
        session.prepareToClose()
        return true
    }

    private func loop(_ session: WriteSession) {
        while waitForCalls() {
            let start = lock.time.monotonicMicroseconds()
            do {
                try lock.lock()
            } catch {
                for call in take() { call.fail(error) }
                continue
            }
            // Calls that arrived while this process waited for the lock go into the same transaction.
            let calls = take()
            if !calls.isEmpty {
                session.hasWaited(lock.time.monotonicMicroseconds() - start)
                perform(calls, session)
                session.checkpointIfLarge()
            }
            lock.unlock()
            session.announceWork()
        }
    }

    private func waitForCalls() -> Bool {
        while true {
            let (goOn, hasCalls) = state.withLock { state -> (Bool, Bool) in
                let has = !state.urgent.isEmpty || !state.ordinary.isEmpty
                if !has, !state.isClosed { state.isIdle = true }
                return (has || !state.isClosed, has)
            }
            if hasCalls { return true }
            if !goOn { return false }
            wakeUp.wait()
        }
    }

    private func take() -> [Call] {
        state.withLock { state in
            var calls = state.urgent
            state.urgent = []
            var weight = calls.reduce(0) { $0 + $1.weight }
            var count = 0
            while count < state.ordinary.count,
                count == 0 || weight + state.ordinary[count].weight <= Self.weightOfTransaction
            {
                weight += state.ordinary[count].weight
                count += 1
            }
            calls.append(contentsOf: state.ordinary[..<count])
            state.ordinary.removeFirst(count)
            return calls
        }
    }

    private func perform(_ calls: [Call], _ session: WriteSession, isSecondTry: Bool = false) {
        do {
            for answer in try session.transaction({ try calls.map { try $0.body(session) } }) { answer() }
        } catch StoreError.unknownOutcome(let text) {
            for call in calls { call.fail(StoreError.unknownOutcome(text)) }
        } catch StoreError.busy(let text) {
            // Another program holds the file without the writer lock. Each call alone would wait for it as long again.
            for call in calls { call.fail(StoreError.busy(text)) }
        } catch {
            // Without the file a retry is pointless.
            if let lost = session.lost {
                for call in calls { call.fail(lost) }
                return
            }
            // On a small disk the WAL itself may fill it.
            if case StoreError.full = error, !isSecondTry, session.makeRoom() {
                return perform(calls, session, isSecondTry: true)
            }
            guard calls.count > 1 else { return calls[0].fail(error) }
            for call in calls { perform([call], session, isSecondTry: isSecondTry) }
        }
    }
}
