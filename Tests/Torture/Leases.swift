// What leases promise on any store, with real processes: a killed worker's job soon runs elsewhere, and a worker that
// is stopped hands its jobs back without any trace.
import Foundation
import OffstageCore
import OffstageTesting
import TestProcesses
import Testing

/// The tests of leases, on the store with the given address; nil for a new file.
struct Leases {
    let address: String?
    private let clock = SystemTime()

    init(_ address: String? = nil) { self.address = address }

    /// SIGTERM hands jobs back without a trace: no attempt is used up, and the place in the queue is kept.
    func deployCostsNothing() async throws {
        let crew = try Crew(store: address)
        defer { crew.end() }
        let store = try await AnyStore.open(crew.store, lease: .seconds(20))
        let worker = try crew.start(
            "work",
            [
                "slow": "600000", "grace": "200", "concurrency": "4", "log": crew.folder.file("runs.log"),
                "scale": "10",
            ])
        try await worker.hears("ready")
        let numbers = Array(0..<12)
        for number in numbers { _ = try await store.enqueue([TortureJobs.job(number, kind: .slow)]) }
        let before = try await store.find(numbers.map { TortureJobs.id($0) })
        #expect(try await TestSignal.holds { try await store.counts().total(.running) >= 4 && worker.lines.count >= 5 })
        worker.signal(SIGTERM)
        #expect(try await worker.ends() == 0)
        try await worker.hears("stopped")
        // No lease has expired yet, so the jobs were handed back.
        let counts = try await store.counts()
        #expect((counts.total(.available), counts.total(.running)) == (12, 0))
        #expect(counts.staleRefused == 0)
        for (old, new) in zip(before, try await store.find(numbers.map { TortureJobs.id($0) })) {
            #expect(new?.runAt == old?.runAt)
            #expect(new?.crashes == 0)
            #expect(new?.errors.isEmpty == true)
        }
        // In their old place, with the same attempt.
        let given = try await store.reserve(
            ReserveRequest(
                worker: WorkerID(bits: 9), selection: WorkSelection(queues: nil, types: ["slow"]), limit: 20,
                startNow: 20,
                holding: 0, firstCounter: 1)
        ).jobs
        #expect(given.map(\.id) == numbers.map { TortureJobs.id($0) })
        #expect(given.allSatisfy { $0.token.attempt == 1 })
        await store.close()
    }

    /// A second SIGTERM does not wait for running jobs.
    func secondSignalStopsAtOnce() async throws {
        let crew = try Crew(store: address)
        defer { crew.end() }
        let store = try await AnyStore.open(crew.store, lease: .seconds(20))
        let worker = try crew.start("work", ["slow": "600000", "grace": "600000", "scale": "10"])
        try await worker.hears("ready")
        _ = try await store.enqueue([TortureJobs.job(1, kind: .slow)])
        try await worker.hears("started")
        worker.signal(SIGTERM)
        #expect(await TestSignal.holds(within: .seconds(30)) { worker.log.contains { $0.contains("SIGTERM") } })
        worker.signal(SIGTERM)
        #expect(try await worker.ends() == 0)
        let job = try await Self.record(store, 1)
        // Either the handler's end came in time to be settled, or retiring handed the lease back: it is a race.
        #expect((job.state, job.attempt, job.crashes) == (.available, 1, 0))
        #expect(job.interruptions <= 1)
        await store.close()
    }

    /// A killed worker's job runs elsewhere when its lease has expired.
    func killed(lease: Int, settings: [String: String], within bound: Duration) async throws {
        let crew = try Crew(store: address)
        defer { crew.end() }
        let store = try await AnyStore.open(crew.store, lease: .milliseconds(lease))
        var settings = settings
        settings["lease"] = "\(lease)"
        settings["slow"] = "600000"
        settings["concurrency"] = "2"
        let first = try crew.start("work", settings)
        try await first.hears("ready")
        _ = try await store.enqueue([TortureJobs.job(1, kind: .slow)])
        try await first.hears("started")
        let second = try crew.start("work", settings)
        try await second.hears("ready")
        first.end()
        let killedAt = clock.monotonicMicroseconds()
        #expect(second.lines.allSatisfy { !$0.hasPrefix("started") })
        try await second.hears("started", within: bound)
        let after = clock.monotonicMicroseconds() - killedAt
        Crew.say("leases of \(lease) ms: the job of a killed worker ran elsewhere after \(after / 1000) ms")
        let job = try await Self.record(store, 1)
        #expect((job.state, job.attempt, job.crashes, job.interruptions) == (.running, 1, 1, 1))
        #expect(job.errors.map(\.kind) == [.crash])
        second.end()
        await store.close()
    }

    static func record(_ store: any Store, _ number: Int) async throws -> JobRecord {
        try #require(try await store.find([TortureJobs.id(number)])[0])
    }
}
