// The buffer between the task that reads a stream and the task that commits it. It holds at most one batch, bounded in
// jobs and in bytes. The side that comes too early sleeps until the other has made a step. There is one reader and one
// committer.
import OffstageCore
import Synchronization

/// A batch that one side fills and the other takes as a whole.
final class BatchBuffer: Sendable {
    /// The bytes of arguments at which a batch counts as full; this bounds memory when single jobs are large.
    static let fullBytes = 8 << 20

    private struct State {
        var jobs: [NewJob] = []
        var bytes = 0
        var isFinished = false
        var isStopped = false
        var reader: CheckedContinuation<Void, Never>?
        var committer: CheckedContinuation<Void, Never>?

        var isFull: Bool { jobs.count >= Limits.batch || bytes >= BatchBuffer.fullBytes }

        func isReady(_ waitsUntilFull: Bool) -> Bool {
            isFinished || isFull || (!waitsUntilFull && !jobs.isEmpty)
        }

        mutating func wakeReader() -> CheckedContinuation<Void, Never>? {
            defer { reader = nil }
            return reader
        }

        mutating func wakeCommitter() -> CheckedContinuation<Void, Never>? {
            defer { committer = nil }
            return committer
        }
    }

    private let state = Mutex(State())
    private let waitsUntilFull: Bool

    /// Creates a buffer whose batches are taken only when full, or as soon as they hold any job.
    init(waitsUntilFull: Bool) { self.waitsUntilFull = waitsUntilFull }

    /// Waits for room, then adds a job. Returns false if no task will take it any more.
    func put(_ job: NewJob) async -> Bool {
        while true {
            let (isDone, isStopped, committer) = state.withLock { state in
                if state.isStopped { return (true, true, state.wakeCommitter()) }
                if state.isFull { return (false, false, nil) }
                state.jobs.append(job)
                state.bytes += job.arguments.count
                return (true, false, state.isReady(waitsUntilFull) ? state.wakeCommitter() : nil)
            }
            committer?.resume()
            if isDone { return !isStopped }
            await withCheckedContinuation { continuation in
                let isRoom = state.withLock { state in
                    if state.isFull, !state.isStopped {
                        state.reader = continuation
                        return false
                    }
                    return true
                }
                if isRoom { continuation.resume() }
            }
        }
    }

    /// Signals that no more jobs will come.
    func finish() {
        state.withLock { state in
            state.isFinished = true
            return state.wakeCommitter()
        }?.resume()
    }

    /// Waits for jobs and takes those that have gathered; nil at the end.
    func take() async -> [NewJob]? {
        while true {
            let (jobs, isOver, reader): (_, _, CheckedContinuation<Void, Never>?) = state.withLock { state in
                guard state.isReady(waitsUntilFull) else { return ([NewJob](), false, nil) }
                let jobs = state.jobs
                state.jobs = []
                state.bytes = 0
                return (jobs, state.isFinished, state.wakeReader())
            }
            reader?.resume()
            if !jobs.isEmpty { return jobs }
            if isOver { return nil }
            await withCheckedContinuation { continuation in
                let isReady = state.withLock { state in
                    if state.isReady(waitsUntilFull) { return true }
                    state.committer = continuation
                    return false
                }
                if isReady { continuation.resume() }
            }
        }
    }

    /// Signals that nothing will be taken any more.
    func stop() {
        state.withLock { state in
            state.isStopped = true
            state.jobs = []
            return state.wakeReader()
        }?.resume()
    }
}
