// One run of the torture: rounds of enqueueing, killing and freezing, then a calm until no work is left, then the
// checks.
import Foundation
import OffstageCore
import OffstageTesting
import TestProcesses
import Testing

final class Ordeal {
    private let plan: Plan
    private let crew: Crew
    private let seed: UInt64
    private var random: SeededRandom
    private let clock = SystemTime()
    /// What the enqueuing processes learned: numbers that are stored, and numbers whose key another job holds.
    private var accepted: Set<Int> = []
    private var duplicates: Set<Int> = []
    private var removed: Set<Int> = []
    private var cancelled: Set<Int> = []
    private var announced: [JobID: Int] = [:]

    /// The addresses by which processes reach the crew's store, in turn; `storm` damages the store meanwhile.
    private let roads: [String]
    private let storm: (any Storm)?

    init(_ plan: Plan, crew: Crew, seed: UInt64, roads: [String] = [], storm: (any Storm)? = nil) {
        self.plan = plan
        self.roads = roads.isEmpty ? [crew.store] : roads
        self.storm = storm
        self.crew = crew
        self.seed = seed
        random = SeededRandom(seed: seed)
    }

    /// Runs the ordeal, makes the checks that apply to any store, and calls `judging` for those of this store.
    func run(judging: (Judge) async throws -> Void) async throws {
        let store = try await AnyStore.open(crew.store, lease: plan.lease)
        _ = try await store.setPaused(true, queue: TortureJobs.parkedQueue)
        let fleet = try Fleet(crew, workers: plan.workers, lease: plan.lease, prefetch: plan.prefetch, roads: roads)
        let raging = storm.map { storm in Task { try await storm.rage() } }
        let perRound = plan.jobs / plan.rounds
        for round in 0..<plan.rounds {
            try await enqueue(round * perRound, perRound)
            if round % 3 == 2 { try fleet.freezeOne(&random) } else { try fleet.killOne(&random) }
            try await steer(store, round * perRound, perRound)
            try await readReturns(store)
            if round % 6 == 5 { await fleet.allAreAwake() }
            try await clock.sleep(for: .milliseconds(Int(random.next() % 400)))
        }
        await fleet.allAreAwake()
        storm?.calm()
        try await raging?.value
        try await waitUntilOver(store)
        try await readReturns(store)
        try await fleet.stop()
        try await judge(store, fleet, judging)
        await store.close()
    }

    // MARK: Operations

    /// Has a process enqueue numbers, and kills it in the middle now and then. The next process sends the same numbers
    /// again.
    private func enqueue(_ first: Int, _ count: Int) async throws {
        var settings = [
            "from": "\(first)", "count": "\(count)", "batch": "\(50 + random.next() % 200)", "patience": "60000",
            "store": roads[Int(random.next() % UInt64(roads.count))],
        ]
        if storm != nil { settings["again"] = "1" }
        if random.next() % 2 == 0 {
            let child = try crew.start("enqueue", settings)
            let enough = 1 + Int(random.next() % 5)
            _ = await TestSignal.holds(within: .seconds(60)) { child.lines.count > enough || child.isOver }
            child.end()
            _ = await TestSignal.holds { child.isOver }
        }
        let child = try crew.start("enqueue", settings)
        try await child.hears("done", within: .seconds(120))
        for line in child.lines.compactMap({ AcceptedLine($0) }) {
            accepted.formUnion(line.stored)
            duplicates.formUnion(line.duplicates)
            #expect(line.others.isEmpty, "answered otherwise")
        }
        #expect(child.lines.allSatisfy { !$0.hasPrefix("refused") })
    }

    /// Cancels and removes a few of the round's parked jobs.
    private func steer(_ store: any Store, _ first: Int, _ count: Int) async throws {
        let parked = (first..<first + count).filter { TortureJobs.kind($0) == .parked }
        let remove = parked.prefix(parked.count / 4)
        let cancel = parked.dropFirst(parked.count / 4).prefix(parked.count / 4)
        let answers = try await store.change(ChangeRequest(.remove, .ids(remove.map { TortureJobs.id($0) }))).answers
        #expect(answers.allSatisfy { $0 == .removed })
        let others = try await store.change(ChangeRequest(.cancel, .ids(cancel.map { TortureJobs.id($0) }))).answers
        #expect(others.allSatisfy { $0 == .done(.cancelled) })
        removed.formUnion(remove)
        cancelled.formUnion(cancel)
    }

    /// Takes announcements and acknowledges most of them; the others are delivered again.
    private func readReturns(_ store: any Store) async throws {
        while true {
            let taken = try await store.takeReturns(from: TortureJobs.returnQueue, limit: 200, lease: .seconds(1))
            guard !taken.isEmpty else { return }
            let kept = taken.filter { _ in random.next() % 8 != 0 }
            let count = try await store.acknowledgeReturns(kept.map(\.receipt))
            #expect(count == kept.count)
            for announcement in kept { announced[announcement.job, default: 0] += 1 }
        }
    }

    /// Waits until only parked jobs are left. The bound is generous: the test checks that the end comes, not how soon.
    private func waitUntilOver(_ store: any Store) async throws {
        var last = ""
        let isOver = try await TestSignal.holds(within: .seconds(300)) {
            let counts = try await store.counts()
            let open = counts.lanes.filter { $0.queue != TortureJobs.parkedQueue }.map { lane in
                (lane.type, JobState.allCases.filter { !$0.isEnded }.map { lane[$0] }.reduce(0, +))
            }
            last = open.filter { $0.1 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
            try await clock.sleep(for: .milliseconds(20))
            return last.isEmpty
        }
        #expect(isOver, "not over, seed \(seed): \(last)")
    }

    // MARK: Checks

    private func judge(
        _ store: any Store, _ fleet: Fleet, _ judging: (Judge) async throws -> Void
    ) async throws {
        try await readLastReturns(store)
        let judge = try await Judge(store, runLog: crew.folder.file("runs.log"))
        try await judge.countsAreTrue()
        try await judging(judge)
        judge.accountsFor(accepted: accepted, duplicates: duplicates, removed: removed)
        judge.familiesAreWhole()
        judge.noStaleEndWasAccepted(exact: plan.prefetch == 0)
        let parked = Set(judge.records(.parked).map(\.id))
        for record in judge.records.values where !parked.contains(record.id) {
            #expect(record.state == .completed || record.state == .discarded, "\(record.id) is \(record.state.name)")
            // Only jobs that always fail, or crashed alone repeatedly, are discarded.
            if record.state == .discarded { #expect(record.type == "doomed" || record.crashes >= 5) }
            if record.type == "doomed" { #expect(record.state == .discarded) }
        }
        for record in judge.records(.parked) {
            let isCancelled = TortureJobs.number(record.id).map { cancelled.contains($0) } ?? false
            #expect(record.state == (isCancelled ? .cancelled : .available))
        }
        let told = judge.records(.told)
        #expect(announced.values.allSatisfy { $0 == 1 })
        #expect(Set(announced.keys) == Set(told.map(\.id)), "the return queue")
        #expect(fleet.killed > 0)
        #expect(fleet.woken > 0)
        let account = Account(judge, accepted: accepted, removed: removed)
        #expect(account.isBalanced)
        let staleRefused = try await store.counts().staleRefused
        // With few rounds, it can happen that no worker still sends a write for a lease that it has lost.
        #expect(
            staleRefused > 0 || plan.rounds < 60, "frozen workers came back, and none of their writes was refused")
        report(judge, fleet, account, staleRefused: staleRefused)
    }

    private func readLastReturns(_ store: any Store) async throws {
        let isRead = try await TestSignal.holds(within: .seconds(30)) {
            try await readReturns(store)
            return try await store.counts().returns[TortureJobs.returnQueue, default: 0] == 0
        }
        #expect(isRead)
    }

    private func report(_ judge: Judge, _ fleet: Fleet, _ account: Account, staleRefused: Int) {
        let begun = judge.runs.count { $0.kind == .begin }
        let crashed = judge.records.values.count { $0.crashes > 0 }
        Crew.say(
            "torture: \(judge.records.count) jobs, \(begun) runs, \(fleet.killed) workers killed, "
                + "\(fleet.woken) frozen, \(crashed) jobs crashed, \(staleRefused) stale writes refused, seed \(seed)"
                + (storm.map { "; \($0.damage)" } ?? "") + "\n    \(account)")
    }
}

/// Failures of a store while processes use it.
protocol Storm: Sendable {
    /// A description of the damage so far, for the log.
    var damage: String { get }
    /// Causes failures until `calm` is called; leaves the store intact.
    func rage() async throws
    /// Makes `rage` end soon.
    func calm()
}
