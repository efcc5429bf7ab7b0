// The one thread of this process that writes. Calls queue up while a transaction is on its way; when it is done, all
// that gathered is run in the next one and committed together (group commit), so a batch is never waited for and
// never split by a timer.
//
// A call's body runs inside the shared transaction. If any body fails, everything is rolled back and each call is run
// again in a transaction of its own, so that one call's failure is its own; bodies therefore touch nothing but the
// session. The session's caches are thrown away with every rollback.
import Dispatch
import OffstageCore
import OffstageSystem
import Synchronization

/// Runs calls on the writing session, many to a transaction.
final class Writer: Sendable {
    /// One call: run inside the transaction, then told whether it was committed.
    struct Call: Sendable {
        /// How much work it is, in jobs; a transaction takes on about 2,000.
        var weight: Int
        /// Runs in the transaction; answers what to do once it is committed.
        var body: @Sendable (WriteSession) throws -> @Sendable () -> Void
        /// Told when it could not be done.
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

    /// Opens the session on a new thread; answers once it is open.
    func start() async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            SystemThread.startEventually("offstage-write") {
                if self.live(continuation) { self.lock.unlock() }
                self.ended.signal()
            }
        }
    }

    /// Runs a call in the next transaction and answers when that is committed. Urgent calls go first.
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

    /// Lets the thread end once everything asked so far has been answered.
    func finish() {
        let wake = state.withLock { state -> Bool in
            state.isClosed = true
            defer { state.isIdle = false }
            return state.isIdle
        }
        if wake { wakeUp.signal() }
    }

    /// Ends the thread, and answers when it has ended.
    func close() async {
        finish()
        await ended.waited()
    }

    /// Withdraws everything that has waited for the lock too long: nothing of it has been done.
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

    /// Opens the session, serves it and lets it go; returns whether it holds the lock for that.
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
        // A process that is frozen with the lock in its hand will see to the log itself.
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
            // What came while this process stood in line goes with the same transaction.
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
            // Somebody holds the file without the writer lock: each call alone would wait for it as long again.
            for call in calls { call.fail(StoreError.busy(text)) }
        } catch {
            // Without its file there is nothing to try again.
            if let lost = session.lost {
                for call in calls { call.fail(lost) }
                return
            }
            // On a small disk it may be the log that fills it.
            if case StoreError.full = error, !isSecondTry, session.makeRoom() {
                return perform(calls, session, isSecondTry: true)
            }
            guard calls.count > 1 else { return calls[0].fail(error) }
            for call in calls { perform([call], session, isSecondTry: isSecondTry) }
        }
    }
}
