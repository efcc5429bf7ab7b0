// The same storm over real workers, with the heartbeats, prefetching, settling and stopping of production. Time is
// simulated, but threads are real, so a seed determines what is done to the workers but not their every step.
import Offstage
import OffstageTesting
import Synchronization

/// A fleet of real workers over one store.
final class WorkerFleet {
    private struct Member {
        let worker: Worker
        let store: FaultyStore
        let run: Task<Void, any Error>
    }

    private let base: any Store
    private let time: ManualTime
    private let witness: Witness
    private let faults: FaultSource
    private let order = CallOrder()
    private var random: SeededRandom
    private var members: [Member] = []
    private let ids: JobIDSource

    init(seed: UInt64, store: any Store, time: ManualTime, workers count: Int = 3) {
        base = store
        self.time = time
        random = SeededRandom(seed: seed)
        faults = FaultSource(seed: seed &* 31)
        ids = JobIDSource(time: time, random: SeededRandom(seed: seed &* 17))
        witness = Witness(time: time, lease: store.traits.lease)
        for _ in 0..<count { members.append(start()) }
    }

    /// What the fleet has done, so that a test can check that anything happened at all.
    var totals: (jobs: Int, grants: Int) { (witness.jobs.count, witness.totals.grants) }

    /// Runs a storm, then a calm until everything has ended. Returns the violations.
    func run(turns: Int) async throws -> [String] {
        for _ in 0..<turns {
            try await stormyTurn()
            await settleDown()
        }
        faults.isCalm = true
        let hasEnded = try await TestSignal.holds(within: .seconds(30)) {
            await advance(by: .milliseconds(200))
            return try await unfinished() == 0
        }
        let open = try await unfinished()
        var found = witness.violations
        if !hasEnded { found.append("\(open) jobs never ended") }
        for id in witness.jobs where try await base.find([id])[0] == nil { found.append("\(id) is gone") }
        found += await stop()
        return found
    }

    private func stormyTurn() async throws {
        await advance(by: .milliseconds(Int(random.next() % 400)))
        let index = Int(random.next() % UInt64(members.count))
        switch random.next() % 40 {
        case 0:
            // A process that dies: its calls no longer reach the store, and its jobs are not handed back.
            members[index].store.sever()
            members[index].worker.stopNow()
            members[index] = start()
        case 1:
            let leaving = members[index]
            leaving.worker.shutdown()
            members[index] = start()
        case 2: await advance(by: .seconds(Int(random.next() % 6)))
        case 3:
            let seconds = Int(random.next() % 20) - 10
            await order.run { [time] in time.step(by: .seconds(seconds)) }
        case 4, 5:
            let jobs = witness.jobs
            guard !jobs.isEmpty else { return }
            let id = jobs[Int(random.next() % UInt64(jobs.count))]
            let action: ChangeAction = random.next() % 2 == 0 ? .cancel : .remove
            _ = try await direct().change(ChangeRequest(action, .ids([id])))
        default:
            _ = try await direct().enqueue((0..<Int(random.next() % 4)).map { _ in newJob() })
        }
    }

    private func advance(by duration: Duration) async {
        await order.run { [time] in time.advance(by: duration) }
    }

    /// Lets the workers do what they can do now; how much that is depends on the machine.
    private func settleDown() async {
        for _ in 0..<20 { await Task.yield() }
    }

    private func direct() -> FaultyStore {
        FaultyStore(base, order: order, witness: { [witness] in witness.saw($0) })
    }

    private func start() -> Member {
        // A worker whose first heartbeat fails does not start, and `run` throws. The faults tested here begin after
        // that.
        let isKnown = TestSignal()
        let store = FaultyStore(
            base, order: order,
            choose: { [faults] verb in
                if verb == .heartbeat, !isKnown.isSet {
                    isKnown.set()
                    return .none
                }
                return faults.next(verb)
            },
            witness: { [witness] in witness.saw($0) })
        var options = WorkerOptions()
        options.handlesSignals = false
        options.time = time
        options.random = SeededRandom(seed: random.next())
        options.log = SilentLog()
        let worker = Worker(store, concurrency: 4, options: options, handlers: handlers())
        return Member(worker: worker, store: store, run: Task { try await worker.run() })
    }

    private func handlers() -> [Handler] {
        let time = time
        let retry = RetryPolicy.constant(.seconds(3))
        return [
            Handler(raw: "quick", retry: retry) { _, _ in nil },
            Handler(raw: "slow", retry: retry) { job, context in
                try await context.report(progress: 0.5)
                try await time.sleep(for: .milliseconds(300 + Int(job.id.low % 4000)))
                return Array("1".utf8)
            },
            Handler(raw: "moody", retry: retry) { job, context in
                switch (job.id.low >> 3 + UInt64(context.attempt + job.interruptions)) % 4 {
                case 0: throw StoreError.failed("h: broken")
                case 1: throw Snooze(for: .seconds(1))
                case 2: throw Discard("h: never")
                default: return nil
                }
            },
        ]
    }

    private func newJob() -> NewJob {
        var job = NewJob(id: ids.next(), type: ["quick", "slow", "moody"][Int(random.next() % 3)], arguments: [])
        job.maxAttempts = 1 + Int(random.next() % 3)
        job.priority = Int(random.next() % 10)
        if random.next() % 6 == 0 { job.start = .after(.seconds(Int(random.next() % 5))) }
        if random.next() % 4 == 0 {
            let conflicts: [UniqueRule.Conflict] = [.existing, .replace, .again]
            job.unique = UniqueRule(key: "k\(random.next() % 3)", onConflict: conflicts[Int(random.next() % 3)])
        }
        return job
    }

    private func unfinished() async throws -> Int {
        let counts = try await base.counts()
        return JobState.allCases.filter { !$0.isEnded }.reduce(0) { $0 + counts.total($1) }
    }

    /// Stops every worker. A worker that does not stop, or fails, is a violation.
    private func stop() async -> [String] {
        var found: [String] = []
        for member in members {
            member.worker.shutdown()
            let hasStopped = TestSignal()
            let watch = Task {
                _ = await member.run.result
                hasStopped.set()
            }
            let stops = await TestSignal.holds(within: .seconds(20)) {
                await advance(by: .milliseconds(100))
                return hasStopped.isSet
            }
            if !stops {
                found.append("worker \(member.worker.id) does not stop")
                watch.cancel()
            } else if case .failure(let error) = await member.run.result {
                found.append("worker \(member.worker.id) threw \(error)")
            }
        }
        return found
    }
}
