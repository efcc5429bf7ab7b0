// A trap in Swift ends the process and every job in it. So a foreman runs the jobs in processes of their own, which are
// this very program once more: it knows what each had started, and when one dies it says so to the store at once. The
// jobs that had started are suspects then, and run alone in a quarantine; the guilty one is found there, and the others
// are done. The foreman itself runs no job, so nothing a job does can end it.
//
// What a program does to have one is the same in the parent and in its children: it makes the same foreman and calls
// `run`, which becomes the foreman in the one and a worker in the others.
import CSystem
public import OffstageCore
import OffstageSystem
public import OffstageWorker
import Synchronization

/// Runs workers in processes of their own, and finds the jobs under which they die.
public final class Foreman: Sendable {
    private struct State {
        var hasRun = false
        var stage = Roster.Stage.working
        var mailbox: ForemanMailbox?
        /// Why the store is of no use any more.
        var lost: (any Error)?
        /// The worker, in a child.
        var worker: Worker?
    }

    private let store: any ForemanStore
    private let options: ForemanOptions
    private let make: @Sendable (WorkerPost) throws -> Worker
    private let state = Mutex(State())

    /// Creates a foreman; a program runs one. `makeWorker` is called in each child, and makes the worker there as the
    /// post says.
    public init(
        _ store: any ForemanStore, options: ForemanOptions = ForemanOptions(),
        makeWorker: @escaping @Sendable (WorkerPost) throws -> Worker
    ) {
        self.store = store
        self.options = options
        make = makeWorker
    }

    /// Works until it is told to stop: by a signal, `shutdown`, the cancellation of this task, or when every worker
    /// has drained or was stopped. Throws ForemanError if it cannot begin, StoreError.lost if the store is of no use
    /// any more, and in a child what the worker throws.
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

    /// Stops reserving in all processes; what runs goes on.
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
        // A reader of the log who has stopped reading must not keep deaths from being reported.
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

    /// Starts the thread and waits for its end; answers why it gave up, if it did.
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
