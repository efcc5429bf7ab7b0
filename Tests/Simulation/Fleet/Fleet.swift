// Many workers on one store, with one clock and one seed: jobs arrive, calls fail and replies get lost, workers die and
// freeze, the wall clock steps, jobs are changed manually. Then the failures stop, and every job must end.
import OffstageCore
import OffstageTesting
import Synchronization

/// A simulated fleet.
final class Fleet {
    private let base: any Store
    private let time: ManualTime
    private let witness: Witness
    private let faults: FaultSource
    private var random: SeededRandom
    private var workers: [ModelWorker] = []
    private var unsent: [NewJob] = []
    private var known: [JobID] = []
    private let ids: JobIDSource

    /// Makes a fleet. `lease` is the lease time that the witness assumes.
    init(seed: UInt64, store: any Store, time: ManualTime, workers count: Int = 4, lease: Duration? = nil) {
        base = store
        self.time = time
        random = SeededRandom(seed: seed)
        faults = FaultSource(seed: seed &* 31)
        ids = JobIDSource(time: time, random: SeededRandom(seed: seed &* 17))
        witness = Witness(time: time, lease: lease ?? store.traits.lease, areAlike: true)
        for _ in 0..<count {
            workers.append(ModelWorker(id: WorkerID(bits: random.next()), store: proxy(), time: time))
        }
    }

    /// What the fleet has done, so that a test can check that anything happened at all.
    var totals: (jobs: Int, grants: Int, refusals: Int) {
        (known.count, witness.totals.grants, witness.totals.refusals)
    }

    /// Runs a storm of `turns` turns, then a calm until everything has ended. Returns the violations.
    func run(turns: Int) async throws -> [String] {
        for turn in 0..<turns {
            try await stormyTurn()
            if turn % 25 == 0 { try await checkUniqueHolds() }
            if !witness.violations.isEmpty { return witness.violations }
        }
        faults.isCalm = true
        for turn in 0..<4000 {
            time.advance(by: .milliseconds(500))
            try await send()
            await workers[turn % workers.count].turn(&random)
            if turn % 20 == 0, try await unfinished().isEmpty, unsent.isEmpty { break }
        }
        try await checkUniqueHolds()
        return witness.violations + (try await checkNothingIsLost())
    }

    private func proxy() -> FaultyStore {
        FaultyStore(base, choose: { [faults] verb in faults.next(verb) }, witness: { [witness] in witness.saw($0) })
    }

    private func stormyTurn() async throws {
        let index = Int(random.next() % UInt64(workers.count))
        switch random.next() % 100 {
        case 0..<15: try await send()
        case 15..<75: await workers[index].turn(&random)
        case 75..<90: time.advance(by: .milliseconds(Int(random.next() % 1500)))
        case 90..<93: time.advance(by: .seconds(Int(random.next() % 25)))
        case 93: time.step(by: .seconds(Int(random.next() % 20) - 10))
        case 94: workers[index].crash(as: WorkerID(bits: random.next()))
        case 95:
            let crashed = workers[index].report(random.next() % 3)
            _ = try? await proxy().retire(workers[index].id, crashed: crashed)
            workers[index].crash(as: WorkerID(bits: random.next()))
        case 96: workers[index].freeze(for: .seconds(Int(random.next() % 60)))
        case 97: _ = try? await proxy().maintain(limit: 20)
        default: try await meddle()
        }
    }

    /// Enqueues new jobs together with those that got no answer before; the same ids make that safe.
    private func send() async throws {
        if !faults.isCalm {
            unsent += (0..<1 + Int(random.next() % 3)).map { _ in newJob() }
        }
        guard !unsent.isEmpty else { return }
        guard let answers = try? await proxy().enqueue(unsent) else { return }
        for (job, answer) in zip(unsent, answers) {
            if case .refused(let why) = answer { throw Difference(text: "\(job.id) was refused: \(why)") }
            known.append(job.id)
        }
        unsent = []
    }

    private func newJob() -> NewJob {
        var job = NewJob(id: ids.next(), type: random.next() % 3 == 0 ? "unique" : "plain", arguments: [1])
        job.maxAttempts = 1 + Int(random.next() % 3)
        job.priority = Int(random.next() % 10)
        if random.next() % 5 == 0 { job.start = .after(.seconds(Int(random.next() % 10))) }
        if job.type == "unique" {
            let conflicts: [UniqueRule.Conflict] = [.existing, .replace, .again]
            job.unique = UniqueRule(
                key: "k\(random.next() % 4)", release: .ended, onConflict: conflicts[Int(random.next() % 3)])
        }
        return job.housed(in: base)
    }

    private func meddle() async throws {
        guard !known.isEmpty else { return }
        let id = known[Int(random.next() % UInt64(known.count))]
        let actions: [ChangeAction] = [.cancel, .retry, .remove, .reschedule(.now)]
        let action = actions[Int(random.next() % 4)]
        // A completed job may run again after a manual retry; the witness would count that as a second completion.
        if action == .retry, try await base.find([id])[0]?.state == .completed { return }
        _ = try? await proxy().change(ChangeRequest(action, .ids([id])))
    }

    private func unfinished() async throws -> [JobID] {
        let jobs = witness.jobs
        var open: [JobID] = []
        for start in stride(from: 0, to: jobs.count, by: Limits.batch) {
            let ids = Array(jobs[start..<min(jobs.count, start + Limits.batch)])
            for (id, record) in zip(ids, try await base.find(ids)) where record?.state.isEnded == false {
                open.append(id)
            }
        }
        return open
    }

    private func checkNothingIsLost() async throws -> [String] {
        let jobs = witness.jobs
        var lost: [String] = []
        for id in jobs where try await base.find([id])[0] == nil { lost.append("\(id) was accepted and is gone") }
        for id in try await unfinished() {
            lost.append("\(id) never ended: \(try await base.find([id])[0]?.state.name ?? "")")
        }
        return lost
    }

    /// Checks that at most one unfinished job holds a key, and at most one is held behind it.
    private func checkUniqueHolds() async throws {
        var holders: [String: Int] = [:]
        var held: [String: Int] = [:]
        for record in try await base.walk(JobFilter(type: "unique"), by: 1000) {
            guard let key = record.uniqueKey, !record.state.isEnded else { continue }
            if record.state == .held { held[key, default: 0] += 1 } else { holders[key, default: 0] += 1 }
        }
        for (key, count) in holders where count > 1 { throw Difference(text: "\(count) jobs hold \(key)") }
        for (key, count) in held where count > 1 || holders[key] == nil {
            throw Difference(text: "\(count) jobs are held behind \(key), which \(holders[key] ?? 0) hold")
        }
    }
}

/// Decides which calls fail, until it is calm.
final class FaultSource: Sendable {
    private let state: Mutex<(random: SeededRandom, isCalm: Bool)>

    init(seed: UInt64) { state = Mutex((SeededRandom(seed: seed), false)) }

    var isCalm: Bool {
        get { state.withLock { $0.isCalm } }
        set { state.withLock { $0.isCalm = newValue } }
    }

    func next(_ verb: StoreVerb) -> FaultyStore.Fault {
        state.withLock { state in
            guard !state.isCalm else { return .none }
            switch state.random.next() % 20 {
            case 0: return .failed
            case 1: return .lost
            default: return .none
            }
        }
    }
}
