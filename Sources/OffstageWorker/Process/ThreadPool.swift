// The worker's own threads, as a task executor. It has two uses. Each blocking handler gets a thread, so that it cannot
// freeze Swift's cooperative pool. The worker's own upkeep (reserving, renewing leases, timeouts) runs on one thread,
// so that a handler that blocks without declaring it cannot make the worker lose its leases.
import Dispatch
import OffstageSystem
import Synchronization

/// Runs tasks on up to `limit` threads, which are started as needed.
final class ThreadPool: TaskExecutor {
    private struct State {
        var jobs: [UnownedJob] = []
        var head = 0
        var threads = 0
        var idle = 0
        var isClosed = false
    }

    private let state = Mutex(State())
    private let work = DispatchSemaphore(value: 0)
    private let limit: Int

    init(limit: Int) {
        self.limit = limit
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let needsThread = state.withLock { state in
            state.jobs.append(job)
            let waiting = state.jobs.count - state.head
            guard waiting > state.idle, state.threads < limit else { return false }
            state.threads += 1
            return true
        }
        if needsThread { insistOnThread() }
        work.signal()
    }

    /// Starts the first thread, so that at least one is certain. Throws `WorkerError.noThread` if the system has none.
    func prepare() throws(WorkerError) {
        state.withLock { $0.threads += 1 }
        let problem = startThread()
        guard problem != 0 else { return }
        state.withLock { $0.threads -= 1 }
        throw .noThread(LibC.reason(problem))
    }

    /// Starts one more thread. If the system has none, the other threads do the work. If there are no others, this
    /// waits for a thread: nothing else can be done, and Swift's own runtime does the same.
    private func insistOnThread() {
        while startThread() != 0 {
            let remaining = state.withLock { state in
                state.threads -= 1
                return state.threads
            }
            guard remaining == 0 else { return }
            _ = poll(nil, 0, 100)
            state.withLock { $0.threads += 1 }
        }
    }

    /// Lets the threads end once nothing is queued. What is enqueued later still runs, on a thread that ends after it.
    func close() {
        let threads = state.withLock { state in
            state.isClosed = true
            return state.threads
        }
        for _ in 0..<threads { work.signal() }
    }

    /// Returns 0 or an errno value. Signals are not blocked, because handlers may start programs.
    private func startThread() -> Int32 {
        SystemThread.start(blocksSignals: false) { self.work(untilClosed: self.asUnownedTaskExecutor()) }
    }

    /// The body of each thread.
    private func work(untilClosed executor: UnownedTaskExecutor) {
        while true {
            state.withLock { $0.idle += 1 }
            work.wait()
            let (job, ends) = state.withLock { state -> (UnownedJob?, Bool) in
                state.idle -= 1
                guard state.head < state.jobs.count else {
                    if state.isClosed { state.threads -= 1 }
                    return (nil, state.isClosed)
                }
                let job = state.jobs[state.head]
                state.head += 1
                if state.head == state.jobs.count {
                    state.jobs.removeAll(keepingCapacity: true)
                    state.head = 0
                }
                return (job, false)
            }
            if ends { return }
            job?.runSynchronously(on: executor)
        }
    }
}
