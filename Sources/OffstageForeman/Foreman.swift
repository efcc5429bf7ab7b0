// A trap in Swift ends the process and every job in it. So a foreman runs the jobs in child processes, which run this
// same program. It knows which jobs each child had started, and when a child dies it reports that to the store at once.
// The started jobs become suspects and run alone in a quarantine. The culprit is found there, and the other jobs
// complete. The foreman itself runs no job, so no job can end it.
//
// A program uses a foreman the same way in the parent and in its children: it creates the same foreman and calls `run`,
// which becomes the foreman in the parent and a worker in the children.
import CSystem
public import OffstageCore
import OffstageSystem
public import OffstageWorker
import Synchronization

/// Runs workers in child processes, and finds the jobs that crash them.
public final class Foreman: Sendable {
    private struct State {
        var hasRun = false
        var stage = Roster.Stage.working
        var mailbox: ForemanMailbox?
        /// The error because of which the store can no longer be used.
        var lost: (any Error)?
        /// The worker, in a child.
        var worker: Worker?
    }

    private let store: any ForemanStore
    private let options: ForemanOptions
    private let make: @Sendable (WorkerPost) throws -> Worker
    private let state = Mutex(State())

    /// Creates a foreman; a program runs one. `makeWorker` is called in each child and creates the worker there with
    /// the values of the post.
    public init(
        _ store: any ForemanStore, options: ForemanOptions = ForemanOptions(),
        makeWorker: @escaping @Sendable (WorkerPost) throws -> Worker
    ) {
        self.store = store
        self.options = options
        make = makeWorker
    }

    /// Works until the foreman is told to stop by a signal, `shutdown`, `stopNow`, or the cancellation of this task, or
    /// until every worker has drained or was stopped. In a child it runs the worker instead. Throws ForemanError if it
    /// cannot begin or has run before, StoreError.lost if the store can no longer be used, and in a child what the
    /// worker throws.
    public func run() async throws {
        try options.check()
        let hadRun = state.withLock { state in
            defer { state.hasRun = true }
            return state.hasRun
        }
        guard !hadRun else { throw ForemanError.alreadyRan }
        if let link = try ChildLink.take(options.environment) {
            try await link.work(options) { post in
                let worker = try make(post)
                let stage = state.withLock { state in
                    state.worker = worker
                    return state.stage
                }
                Self.tell(worker, stage)
                return worker
            }
        } else {
            try await lead()
        }
    }

    /// Stops reserving in all processes; running jobs continue.
    public func quiet() { advance(to: .quiet) }

    /// Begins to stop, as on SIGTERM; `run` returns when all processes have ended.
    public func shutdown() { advance(to: .stopping) }

    /// Stops at once, as on a second signal: handlers are cancelled and not waited for.
    public func stopNow() { advance(to: .stoppingNow) }

    private func advance(to stage: Roster.Stage) {
        let (mailbox, worker) = state.withLock { state in
            state.stage = max(state.stage, stage)
            return (state.mailbox, state.worker)
        }
        mailbox?.post(.advance(stage))
        if let worker { Self.tell(worker, stage) }
    }

    private static func tell(_ worker: Worker, _ stage: Roster.Stage) {
        switch stage {
        case .working: break
        case .quiet: worker.quiet()
        case .stopping: worker.shutdown()
        case .stoppingNow: worker.stopNow()
        }
    }

    private func heard(_ signal: ProcessSignal, _ log: LooseLog) {
        log(.info, "\(signal.name) received by the foreman")
        switch signal {
        case .quiet: advance(to: .quiet)
        case .stop, .interrupt, .hangup:
            advance(to: state.withLock { $0.stage } >= .stopping ? .stoppingNow : .stopping)
        }
    }

    private func lead() async throws {
        let mailbox: ForemanMailbox
        do { mailbox = try ForemanMailbox() } catch { throw ForemanError.system("make a pipe", error.number) }
        let stage = state.withLock { state in
            state.mailbox = mailbox
            return state.stage
        }
        mailbox.post(.advance(stage))
        // A log reader that has stopped reading must not delay the report of deaths.
        let log = LooseLog.around(options.worker.log)
        let signals = options.worker.handlesSignals ? ProcessSignals.watch { self.heard($0, log) } : nil
        defer { signals?.stop() }
        var options = options
        options.worker.log = log
        let reporter = DeathReporter(
            store: store, time: options.worker.time, log: log, hooks: options.worker.onDeath,
            patience: options.worker.patience,
            onLost: { error in
                self.state.withLock { $0.lost = error }
                self.advance(to: .stoppingNow)
            })
        let report: @Sendable (Death) -> Void = { death in
            Task {
                mailbox.post(.reported(suspects: await reporter.report(death)))
                await reporter.lookAgain(death.worker)
            }
        }
        let loop = ForemanThread(options: options, mailbox: mailbox, report: report)
        let problem = await withTaskCancellationHandler {
            await loop.run()
        } onCancel: {
            advance(to: .stopping)
        }
        let lost = state.withLock { $0.lost }
        if problem == nil, lost == nil { log(.info, "the foreman has stopped") }
        await log.finish()
        if let lost { throw lost }
        if let problem { throw problem }
    }
}

/// What the foreman's thread is started with.
private final class ForemanThread: Sendable {
    private let options: ForemanOptions
    private let mailbox: ForemanMailbox
    private let report: @Sendable (Death) -> Void
    private let end = Mutex<CheckedContinuation<ForemanError?, Never>?>(nil)

    init(options: ForemanOptions, mailbox: ForemanMailbox, report: @escaping @Sendable (Death) -> Void) {
        self.options = options
        self.mailbox = mailbox
        self.report = report
    }

    /// Starts the thread and waits for its end. Returns why the thread gave up; nil if it did not.
    func run() async -> ForemanError? {
        await withCheckedContinuation { continuation in
            end.withLock { $0 = continuation }
            let problem = SystemThread.start(name: "foreman") { self.work() }
            if problem != 0 { finish(.system("start the foreman's thread", problem)) }
        }
    }

    private func work() {
        finish(ForemanLoop(options: options, mailbox: mailbox, report: report).run())
    }

    private func finish(_ problem: ForemanError?) {
        end.withLock { $0.take() }?.resume(returning: problem)
    }
}
