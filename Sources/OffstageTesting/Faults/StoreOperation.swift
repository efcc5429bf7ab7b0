// What a faulty store reports to its witness, and how the witness receives it in order.
public import OffstageCore
import Synchronization

/// What was really done by a call that changes who works on what.
public enum StoreOperation: Sendable {
    /// Jobs were enqueued.
    case enqueued([NewJob], [EnqueueAnswer])
    /// Attempts were settled, and jobs reserved.
    case settled([Settlement], ReserveRequest?, SettleReply)
    /// Leases were renewed.
    case renewed(RenewRequest, RenewReply)
    /// A worker was retired.
    case retired(WorkerID)
    /// Jobs were changed manually.
    case changed(ChangeRequest, ChangeReply)
}

/// The calls of a store that can fail, as the values a fault is chosen by.
public enum StoreVerb: String, Sendable, Hashable, CaseIterable {
    /// Storing new jobs.
    case enqueue
    /// Settling, reserving, or both.
    case settle
    /// Noting starts, progress and checkpoints.
    case note
    /// Renewing leases.
    case renew
    /// Upkeep.
    case maintain
    /// Heartbeats of workers.
    case heartbeat
    /// Commands to workers.
    case command
    /// Retiring a worker.
    case retire
    /// Listing the workers.
    case workers
    /// Pausing queues and changing jobs by hand.
    case steer
    /// Looking at jobs, counts and history.
    case look
    /// Taking, peeking at and acknowledging announcements.
    case returns

    /// The role that the call belongs to.
    public var role: StoreRole {
        switch self {
        case .enqueue: .jobSink
        case .settle, .note, .renew: .workSource
        case .heartbeat, .command, .retire, .workers: .fleet
        case .maintain: .upkeep
        case .look: .inspection
        case .steer: .steering
        case .returns: .returns
        }
    }
}

/// Runs the calls of several faulty stores one after the other, in the order in which they arrive.
public final class CallOrder: Sendable {
    private struct State {
        var isBusy = false
        var queue: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    /// Creates an order without calls.
    public init() {}

    /// Runs a call when its turn comes, and returns its result. A test sets its clock in such a call, too, so that no
    /// witness sees the clock move during a call.
    public func run<Answer: Sendable>(_ call: @Sendable () async throws -> Answer) async rethrows -> Answer {
        await withCheckedContinuation { continuation in
            let isFree = state.withLock { state in
                if state.isBusy { state.queue.append(continuation) }
                defer { state.isBusy = true }
                return !state.isBusy
            }
            if isFree { continuation.resume() }
        }
        defer { leave() }
        return try await call()
    }

    private func leave() {
        let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard !state.queue.isEmpty else {
                state.isBusy = false
                return nil
            }
            return state.queue.removeFirst()
        }
        next?.resume()
    }
}
