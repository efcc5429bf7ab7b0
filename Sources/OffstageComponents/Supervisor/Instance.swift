// One process of a component, kept running: started, watched, restarted when it ends by itself, and stopped on request.
// InstanceLife decides each step; this only carries it out. Every wait for a process can be interrupted by a stop.
package import OffstageCore
import OffstageSystem
import Synchronization

/// A process of a component under supervision.
package final class Instance: Sendable {
    /// The result of waiting for readiness.
    package enum Outcome: Sendable, Hashable {
        /// It is up.
        case ready
        /// Its command does not exist or cannot be run. Reported before the next try.
        case notRunnable(String)
        /// It keeps dying, was stopped, or took too long.
        case notReady(String)
    }

    private struct State {
        var life: InstanceLife
        var process: ComponentProcess?
        var plan: InstancePlan?
        var pause: Task<Void, Never>?
        var run: Task<Void, Never>?
        var waiters: [UInt64: CheckedContinuation<Outcome, Never>] = [:]
        var nextWaiter: UInt64 = 0
        var outcome: Outcome?
        var isReplaced = false
    }

    /// Its name.
    package let name: InstanceName
    private let time: any TimeSource
    private let logs: LogPump
    private let makePlan: @Sendable (InstanceName) async throws -> InstancePlan
    private let changed: @Sendable (Instance) async -> Void
    private let state: Mutex<State>

    /// Creates an instance that has not been started. `changed` is called when it becomes ready or ends.
    package init(
        _ name: InstanceName, time: any TimeSource, logs: LogPump,
        plan: @escaping @Sendable (InstanceName) async throws -> InstancePlan,
        changed: @escaping @Sendable (Instance) async -> Void
    ) {
        self.name = name
        self.time = time
        self.logs = logs
        makePlan = plan
        self.changed = changed
        state = Mutex(State(life: InstanceLife(now: time.monotonicMicroseconds())))
    }

    /// The state of its life.
    package var life: InstanceLife { state.withLock { $0.life } }
    /// Its process id while it runs.
    package var pid: Int32? { state.withLock { $0.process?.pid } }
    /// The port it was given.
    package var port: Int? { state.withLock { $0.plan?.port } }
    /// How long it has been in its current phase.
    package var age: Duration { .microseconds(time.monotonicMicroseconds() - life.since) }
    /// Whether it keeps dying and has not yet stayed up for long since.
    package var isFailing: Bool { life.isFailing(at: time.monotonicMicroseconds()) }
    /// Whether another one replaces it, so that it is about to stop.
    package var isReplaced: Bool {
        get { state.withLock { $0.isReplaced } }
        set { state.withLock { $0.isReplaced = newValue } }
    }

    /// Starts it.
    package func start() {
        let task = Task { await keepRunning() }
        state.withLock { $0.run = task }
    }

    /// Waits until it is up, or until it is known that it will not be; at most for `limit`. Also returns if the calling
    /// task is cancelled.
    package func whenReady(within limit: Duration) async -> Outcome {
        let number = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        var clock: Task<Void, Never>?
        defer { clock?.cancel() }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let outcome = state.withLock { state -> Outcome? in
                    if let outcome = state.outcome { return outcome }
                    if Task.isCancelled { return .notReady(Self.unwanted) }
                    state.waiters[number] = continuation
                    return nil
                }
                if let outcome { return continuation.resume(returning: outcome) }
                clock = Task { [time] in
                    try? await time.sleep(for: limit)
                    guard !Task.isCancelled else { return }
                    giveUp(number, "was not ready within \(limit.components.seconds) s")
                }
            }
        } onCancel: {
            giveUp(number, Self.unwanted)
        }
    }

    private static let unwanted = "is no longer waited for"

    private func giveUp(_ number: UInt64, _ reason: String) {
        state.withLock { $0.waiters.removeValue(forKey: number) }?.resume(returning: .notReady(reason))
    }

    /// Tells it to stop, kills it after its stop timeout, and returns when it and everything it started have ended.
    package func stop() async {
        let (process, plan) = state.withLock { state -> (ComponentProcess?, InstancePlan?) in
            let isThere = state.life.stop(now: time.monotonicMicroseconds())
            state.pause?.cancel()
            return (isThere ? state.process : nil, state.plan)
        }
        if let process, let plan { terminate(process, plan) }
        await state.withLock { $0.run }?.value
    }

    /// Kills it at once. This counts as an end by itself, unless it was told to stop.
    package func kill() {
        state.withLock { $0.process }?.kill()
    }

    private func terminate(_ process: ComponentProcess, _ plan: InstancePlan) {
        if plan.stopSignal == SIGTERM { process.stop() } else { process.signal(plan.stopSignal) }
        let timeout = plan.stopTimeout
        Task { [time, logs, name] in
            let late = Task {
                try? await time.sleep(for: timeout)
                guard !Task.isCancelled else { return }
                let told = "did not stop within \(timeout.components.seconds) s and is killed"
                logs.say(told, about: name.component, instance: name.short)
                process.kill()
            }
            _ = try? await process.wait()
            late.cancel()
        }
    }

    private func keepRunning() async {
        while state.withLock({ $0.life.begin(now: time.monotonicMicroseconds()) }) {
            let how = await runOnce()
            let next = state.withLock { state in
                state.process = nil
                return state.life.ended(how.text, now: time.monotonicMicroseconds())
            }
            guard case .again(let usual, let isFailing) = next else { break }
            // While the app starts, this ends the app. The pause keeps a second try from being reported beside that.
            let pause = how.isNotRunnable ? max(usual, .seconds(1)) : usual
            if how.isNotRunnable { tell(.notRunnable(how.text)) }
            if isFailing { tell(.notReady("keeps dying: \(how.text)")) }
            say(
                isFailing
                    ? "keeps dying (\(how.text)); it is tried once a minute from now on"
                    : "\(how.text); started again \(pause == .zero ? "at once" : "in \(pause.components.seconds) s")")
            await changed(self)
            await rest(pause)
        }
        tell(.notReady("was stopped"))
        await changed(self)
    }

    private struct Ending {
        var text: String
        var isNotRunnable = false
    }

    private func runOnce() async -> Ending {
        let process: ComponentProcess
        let plan: InstancePlan
        do {
            plan = try await makePlan(name)
            process = try await ComponentProcess.start(plan.launch)
        } catch {
            return Ending(text: "\(error)", isNotRunnable: true)
        }
        logs.read(process.output, of: name, source: .output)
        logs.read(process.errors, of: name, source: .errors, without: plan.isNoise)
        let isUnwanted = state.withLock { state in
            state.process = process
            state.plan = plan
            return state.life.phase == .stopping
        }
        if isUnwanted { terminate(process, plan) }
        let born = time.monotonicMicroseconds()
        let probe = Task { await awaitReadiness(plan.readiness, born: born) }
        let end = try? await process.wait()
        probe.cancel()
        plan.cleanUp?()
        // A shell exits with 126 or 127 if it cannot run or find a command. A program may use them too, but hardly
        // before it is up.
        let isNotFound = end?.status == .exited(127) || end?.status == .exited(126)
        let wasReady = state.withLock { $0.life.phase == .running }
        return Ending(text: Self.words(end, isNotFound: isNotFound), isNotRunnable: isNotFound && !wasReady)
    }

    private static func words(_ end: ComponentEnd?, isNotFound: Bool) -> String {
        guard let end else { return "ended" }
        return isNotFound ? "\(end) (command not found, or not to be run)" : "\(end)"
    }

    private func awaitReadiness(_ readiness: Readiness, born: Int64) async {
        while !Task.isCancelled {
            let age = Duration.microseconds(time.monotonicMicroseconds() - born)
            if await readiness.holds(age: age), !Task.isCancelled {
                guard state.withLock({ $0.life.ready(now: time.monotonicMicroseconds()) }) else { return }
                say("is up")
                await changed(self)
                tell(.ready)
                return
            }
            try? await time.sleep(for: Readiness.pause)
        }
    }

    private func rest(_ pause: Duration) async {
        guard pause > .zero else { return }
        let task = Task { [time] in _ = try? await time.sleep(for: pause) }
        state.withLock { state in
            state.pause = task
            if state.life.phase != .waiting { task.cancel() }
        }
        await task.value
    }

    private func tell(_ outcome: Outcome) {
        let waiters = state.withLock { state in
            state.outcome = outcome
            defer { state.waiters = [:] }
            return Array(state.waiters.values)
        }
        for waiter in waiters { waiter.resume(returning: outcome) }
    }

    private func say(_ text: String) {
        logs.say(text, about: name.component, instance: name.short)
    }
}
