// Outages with real processes: three workers run long jobs, and the store is repeatedly unavailable for longer than a
// lease. No job may be charged with a crash, suspected or discarded. Afterwards a worker that is really killed loses
// its jobs as soon as usual.
import Foundation
import OffstageCore
import OffstageTesting
import TestProcesses
import Testing

/// An outage test with three workers on one store.
struct Outages {
    let name: String
    let crew: Crew
    /// The store's address for the workers; `ownStore` is the address for the test.
    let workersStore: String
    let ownStore: String

    init(_ name: String, _ crew: Crew, workersStore: String? = nil) {
        self.name = name
        self.crew = crew
        self.workersStore = workersStore ?? crew.store
        ownStore = crew.store
    }

    /// The lease, and the durations of each outage and of the time after it. The quick version has a lease of four
    /// seconds.
    struct Times {
        let lease: Duration
        let outages: [Duration]
        let between: Duration

        static let quick = Times(
            lease: .seconds(4), outages: [.seconds(5), .seconds(5), .seconds(18)], between: .seconds(3))
        static let long = Times(
            lease: .seconds(20),
            outages: Array(repeating: .seconds(25), count: 6) + Array(repeating: .seconds(90), count: 6),
            between: .seconds(25))
    }

    /// Runs the workers through outages, each begun and ended by the caller.
    func endure(_ times: Times, begin: ([Child]) async throws -> Void, end: ([Child]) async throws -> Void) async throws
    {
        let store = try await AnyStore.open(ownStore, lease: times.lease)
        let numbers = Array(0..<6)
        _ = try await store.enqueue(numbers.map { TortureJobs.job($0, kind: .slow) })
        var workers: [Child] = []
        for _ in 0..<3 {
            let worker = try crew.start(
                "work",
                [
                    "store": workersStore, "lease": "\(times.lease.milliseconds)", "slow": "3600000",
                    "concurrency": "4",
                    "prefetch": "0", "patience": "2000",
                ])
            try await worker.hears("ready")
            workers.append(worker)
        }
        try await allRun(store, "before the first outage")
        for (round, outage) in times.outages.enumerated() {
            try await begin(workers)
            try await Task.sleep(for: outage)
            try await end(workers)
            try await Task.sleep(for: times.between)
            try await allRun(store, "after outage \(round + 1)")
        }
        let records = try await store.find(numbers.map { TortureJobs.id($0) }).compactMap { $0 }
        Crew.say(
            "\(name): \(times.outages.count) outages of \(times.outages[0]) to \(times.outages.last ?? .zero), lease "
                + "\(times.lease): crashes \(records.map(\.crashes)), suspects \(records.count(where: \.isSuspect)), "
                + "interruptions \(records.map(\.interruptions)), attempts \(records.map(\.attempt))")
        #expect(records.map(\.crashes) == Array(repeating: 0, count: 6))
        #expect(records.allSatisfy { !$0.isSuspect && $0.attempt <= 1 && $0.state == .running })
        let blamed = records.flatMap(\.errors).filter { $0.kind != .leaseLost }
        #expect(blamed.isEmpty, "\(blamed)")
        try await aKilledWorkerLosesItsJobs(workers, store, lease: times.lease)
        await store.close()
    }

    private func allRun(_ store: any Store, _ when: String) async throws {
        let areRunning = try await TestSignal.holds(within: .seconds(60)) {
            try await store.counts().total(.running) == 6
        }
        let counts = try await store.counts()
        try #require(areRunning, "\(name), \(when): \(counts.total(.running)) of 6 jobs run")
    }

    private func aKilledWorkerLosesItsJobs(_ workers: [Child], _ store: any Store, lease: Duration) async throws {
        let known = try await store.workers()
        let victim = try #require(known.first { !$0.running.isEmpty }, "no worker runs a job")
        let child = try #require(workers.first { Int($0.pid) == victim.status.pid })
        let clock = SystemTime()
        child.end()
        let killedAt = clock.monotonicMicroseconds()
        let lost = victim.running
        let runElsewhere = try await TestSignal.holds(within: lease * 3 / 2) {
            try await store.find(lost).allSatisfy {
                $0?.state == .running && $0?.worker != victim.status.id && $0?.isStarted == true
            }
        }
        let after = (clock.monotonicMicroseconds() - killedAt) / 1000
        Crew.say("\(name): \(lost.count) jobs of a killed worker ran elsewhere after \(after) ms")
        #expect(runElsewhere)
        #expect(try await store.find(lost).allSatisfy { $0?.crashes == 1 })
    }
}

extension Duration {
    fileprivate var milliseconds: Int64 { components.seconds * 1000 }
}
