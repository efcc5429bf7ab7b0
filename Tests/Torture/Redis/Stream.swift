// One store's part of a failover test: a process that enqueues numbered jobs at a steady pace and sends a batch again
// until it is accepted, processes that work, and the checks of that store at the end.
import Foundation
import OffstageCore
import OffstageTesting
import TestProcesses
import Testing

/// A steady load on one namespace.
final class Stream {
    let name: String
    let store: any Store
    private let crew: Crew
    private let workers: [Child]
    private let enqueuer: Child
    private let count: Int
    private let clock = SystemTime()
    private var removed: Set<Int> = []
    private var cancelled: Set<Int> = []

    /// Starts the processes on the store with the given address.
    init(_ name: String, _ address: String, jobs: Int, lease: Duration) async throws {
        self.name = name
        count = jobs
        let crew = try Crew(store: address)
        self.crew = crew
        store = try await AnyStore.open(address, lease: lease)
        _ = try await store.setPaused(true, queue: TortureJobs.parkedQueue)
        let settings = [
            "lease": "\(lease.microseconds / 1000)", "patience": "60000", "scale": "10", "slow": "400",
            "log": crew.folder.file("runs.log"), "concurrency": "16",
        ]
        workers = try (0..<2).map { _ in try crew.start("work", settings) }
        for worker in workers { try await worker.hears("ready") }
        enqueuer = try crew.start(
            "enqueue", ["count": "\(jobs)", "batch": "20", "pace": "15", "again": "1", "patience": "5000"])
    }

    /// Kills all processes that still run.
    func end() { crew.end() }

    // MARK: Operations

    private var lines: [AcceptedLine] { enqueuer.lines.compactMap { AcceptedLine($0) } }
    private var accepted: Set<Int> { Set(lines.flatMap(\.stored)) }

    /// Waits until the given part of the jobs was accepted and some have run.
    func isUnderWay(_ part: Double) async throws {
        let isUnderWay = try await TestSignal.holds(within: .seconds(60)) {
            guard enqueuer.lines.count >= Int(Double(count) * part / 20) else { return enqueuer.isOver }
            return try await store.counts().total(.completed) > 0
        }
        #expect(isUnderWay && !enqueuer.isOver, "\(name): \(enqueuer.lines.suffix(2)) \(enqueuer.log.suffix(3))")
    }

    /// Cancels some of the stored parked jobs, and removes some.
    func steer() async throws {
        let parked = accepted.filter { TortureJobs.kind($0) == .parked }.sorted()
        let remove = parked.prefix(parked.count / 4)
        let cancel = parked.dropFirst(parked.count / 4).prefix(parked.count / 4)
        let answers = try await store.change(ChangeRequest(.remove, .ids(remove.map { TortureJobs.id($0) }))).answers
        #expect(answers.allSatisfy { $0 == .removed })
        let others = try await store.change(ChangeRequest(.cancel, .ids(cancel.map { TortureJobs.id($0) }))).answers
        #expect(others.allSatisfy { $0 == .done(.cancelled) })
        removed = Set(remove)
        cancelled = Set(cancel)
    }

    /// Waits until everything is enqueued and only parked jobs are left, then stops the workers.
    func runsOut() async throws {
        try await enqueuer.hears("done", within: .seconds(180))
        var last = ""
        let isOver = try await TestSignal.holds(within: .seconds(180)) {
            let lanes = try await store.counts().lanes.filter { $0.queue != TortureJobs.parkedQueue }
            let open = lanes.map { lane in JobState.allCases.filter { !$0.isEnded }.reduce(0) { $0 + lane[$1] } }
            last = zip(lanes, open).filter { $0.1 > 0 }.map { "\($0.0.type) \($0.1)" }.joined(separator: ", ")
            try await clock.sleep(for: .milliseconds(20))
            return last.isEmpty
        }
        let left = isOver ? "" : await whatIsLeft()
        #expect(isOver, "\(name): not over: \(last)\n\(left)")
        for worker in workers { worker.signal(SIGTERM) }
        for worker in workers { #expect(try await worker.ends() == 0, "\(name): \(worker.log.suffix(3))") }
    }

    /// Some of the jobs that are left, and what they wait for.
    private func whatIsLeft() async -> String {
        var found: [String] = []
        for state in [JobState.available, .scheduled, .retryable, .running, .held] {
            guard let page = try? await store.list(JobFilter(state: state), after: nil, limit: 500) else { continue }
            for job in page.records.filter({ $0.queue != TortureJobs.parkedQueue }).prefix(3) {
                let standing = try? await store.standing(of: job.id)
                found.append("\(job) STANDING \(String(describing: standing))")
            }
        }
        return found.joined(separator: "\n")
    }

    // MARK: Checks

    /// Checks the store and prints what became of all jobs. `blind` is the time from when the replicas lost their
    /// master until it was killed, in microseconds of the monotonic clock. With `mayLose`, jobs accepted in that time
    /// may be lost; `wait` prevents that. Without `blind`, nothing may be lost and no replica lagged.
    func judge(mayLose: Bool, blind: ClosedRange<Int64>? = nil) async throws {
        let lines = lines
        let accepted = Set(lines.flatMap(\.stored))
        let duplicates = Set(lines.flatMap(\.duplicates))
        #expect(lines.allSatisfy { $0.others.isEmpty })
        let judge = try await Judge(store, runLog: crew.folder.file("runs.log"))
        try await judge.countsAreTrue()
        judge.noStaleEndWasAccepted(exact: false)
        for record in judge.records.values {
            let isCancelled = TortureJobs.number(record.id).map { cancelled.contains($0) } ?? false
            let isParked = record.type == TortureKind.parked.rawValue
            #expect(isParked || record.state == .completed || record.state == .discarded, "\(record.id)")
            if isParked { #expect(record.state == (isCancelled ? .cancelled : .available)) }
        }
        let account = Account(judge, accepted: accepted, removed: removed)
        #expect(accepted.count + duplicates.subtracting(accepted).count == count)
        if mayLose, let blind {
            let times = lines.filter { !account.lost.isDisjoint(with: $0.stored) }.map(\.at)
            // A process may receive its reply late, and a replica may receive the master's data late.
            let bound = blind.lowerBound - 500_000...blind.upperBound + 500_000
            // The batch that was in flight when the master died has jobs in several partitions. Its reply came when the
            // last of them was accepted, and the dead master may have accepted others before.
            let inFlight = lines.map(\.at).filter { $0 > blind.upperBound }.min()
            #expect(
                times.allSatisfy { bound.contains($0) || $0 == inFlight },
                "lost: \(times.map { $0 - blind.lowerBound }) µs")
        } else {
            #expect(account.isBalanced, "\(name)")
            judge.accountsFor(accepted: accepted, duplicates: duplicates, removed: removed)
            judge.familiesAreWhole()
            let isUnknown = enqueuer.lines.contains { $0.hasPrefix("again") && $0.contains("unknown") }
            #expect(isUnknown || blind == nil, "no lag was noticed")
        }
        let stale = try await store.counts().staleRefused
        let again = enqueuer.lines.count { $0.hasPrefix("again") }
        let gap = zip(lines, lines.dropFirst()).map { $1.at - $0.at }.max() ?? 0
        Crew.say(
            "\(name): \(account); \(stale) stale writes refused, \(again) batches sent again, "
                + "no batch accepted for \(gap / 1000) ms")
        await store.close()
    }
}
