// The benchmark run. Each part gets a fresh store and they run one after the other, so none measures what another left
// behind.
import Foundation
import Offstage

/// A benchmark run on one kind of store.
public struct Bench: Sendable {
    private let settings: BenchSettings
    private let target: any BenchTarget
    private let progress: @Sendable (String) -> Void

    /// Creates a run. `progress` is called with the name of each part as it begins.
    public init(_ settings: BenchSettings, on target: any BenchTarget, progress: @escaping @Sendable (String) -> Void) {
        self.settings = settings
        self.target = target
        self.progress = progress
    }

    /// Runs all parts and returns the figures. Removes the stores made for it, also when it throws.
    public func run() async throws -> BenchReport {
        do {
            let report = try await measure()
            await target.cleanUp()
            return report
        } catch {
            await target.cleanUp()
            throw error
        }
    }

    private func measure() async throws -> BenchReport {
        var report = BenchReport()
        report.cores = ProcessInfo.processInfo.activeProcessorCount
        report.jobs = settings.jobs
        report.payloadBytes = arguments.count
        try await bulkAndDrain(&report)
        progress("single enqueues")
        report.enqueueSingle = (settings.tasks, try await single())
        progress("both at once")
        report.both = try await both()
        if !settings.peerArguments.isEmpty {
            progress("pick-up and idle cost")
            try await Pickup(settings: settings, target: target).run(&report)
        }
        for waiting in settings.backlogs {
            progress("draining in front of \(waiting) jobs")
            report.backlog.append((waiting, try await backlog(waiting)))
        }
        return report
    }

    /// The number of completed jobs kept: a tenth, so that the cost of pruning is included.
    private var keep: Int { max(1000, settings.jobs / 10) }

    /// JSON of the configured size.
    private var arguments: [UInt8] {
        let filler = max(0, settings.payloadBytes - 8)
        return Array("{\"a\":\"".utf8) + [UInt8](repeating: UInt8(ascii: "x"), count: filler) + Array("\"}".utf8)
    }

    private static let type = "bench.noop"

    // MARK: Parts

    /// Runs the bare loop and the real store in alternating rounds, and takes medians of both and of their ratio.
    /// Figures taken minutes apart would also measure how the machine's speed varies.
    private func bulkAndDrain(_ report: inout BenchReport) async throws {
        var raw: [(enqueue: Double, drain: Double)] = []
        var real: [Round] = []
        for round in 1...Self.rounds {
            progress("raw limit, round \(round) of \(Self.rounds)")
            if let rates = try await target.raw(jobs: settings.jobs, arguments: arguments, keep: keep) {
                raw.append(rates)
            }
            progress("bulk enqueue and drain, round \(round) of \(Self.rounds)")
            real.append(try await oneRound(named: "drain-\(round)", &report))
        }
        report.enqueueBulk = Self.rate(real.map(\.enqueue), raw.map(\.enqueue))
        report.drain = Self.rate(real.map(\.drain), raw.map(\.drain))
        let costs = real.compactMap(\.cpu)
        if !costs.isEmpty { report.storeCPUMicrosecondsPerJob = Self.median(costs) }
    }

    private static let rounds = 5

    private static func rate(_ real: [Double], _ raw: [Double]) -> BenchReport.Rate {
        BenchReport.Rate(
            jobsPerSecond: median(real), rawJobsPerSecond: raw.isEmpty ? nil : median(raw),
            ratio: raw.isEmpty ? nil : median(zip(real, raw).map { $0 / $1 }))
    }

    private static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

    /// Jobs per second of one round, and the server's CPU time per job from enqueue to settled.
    private struct Round {
        var enqueue = 0.0
        var drain = 0.0
        var cpu: Double?
    }

    private func oneRound(named name: String, _ report: inout BenchReport) async throws -> Round {
        var round = Round()
        // Memory is compared while no store is open, because a server's figure includes the buffers of its connections.
        let empty = try await target.usage()
        let store = try await target.open(name, keep: keep)
        let traits = store.traits
        report.store = traits.location.contains("://") ? traits.location : "\(traits.kind):\(traits.location)"
        report.settings = store.traits.settings
        let jobs = Double(settings.jobs)
        let begun = try await target.usage()
        let watch = StopWatch()
        try await fill(store, settings.jobs)
        round.enqueue = jobs / watch.lap()
        await store.close()
        let full = try await target.usage()
        let grown = empty.flatMap { empty in full.map { $0.bytes - empty.bytes } }
        report.storeBytesPerJob = (target.bytes(name) ?? grown).map { Double($0) / jobs }
        let again = try await target.open(name, keep: keep)
        let opened = try await target.usage()
        _ = watch.lap()
        try await drain(again, count: settings.jobs)
        round.drain = jobs / watch.lap()
        if let begun, let full, let opened, let end = try await target.usage() {
            let spent = full.cpuMicroseconds - begun.cpuMicroseconds + end.cpuMicroseconds - opened.cpuMicroseconds
            round.cpu = spent / jobs
        }
        let left = try await again.counts()
        guard left.total(.available) == 0, left.total(.running) == 0 else {
            throw StoreError.failed("the drain left jobs behind")
        }
        await again.close()
        await target.remove(name)
        return round
    }

    private func single() async throws -> Double {
        let store = try await target.open("single", keep: keep)
        let enqueuer = Enqueuer(store)
        let each = max(1, settings.jobs / 4 / settings.tasks)
        let watch = StopWatch()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<settings.tasks {
                group.addTask {
                    for _ in 0..<each { _ = try await enqueuer.enqueue(type: Self.type, arguments: arguments) }
                }
            }
            try await group.waitForAll()
        }
        let rate = Double(each * settings.tasks) / watch.lap()
        await store.close()
        await target.remove("single")
        return rate
    }

    private func both() async throws -> Double {
        let store = try await target.open("both", keep: keep)
        let count = settings.jobs
        try await fill(store, count / 2)
        let watch = StopWatch()
        async let filled: Void = fill(store, count - count / 2)
        try await drain(store, count: count)
        try await filled
        let rate = Double(count) / watch.lap()
        await store.close()
        await target.remove("both")
        return rate
    }

    private func backlog(_ waiting: Int) async throws -> Double {
        let store = try await target.open("backlog-\(waiting)", keep: keep)
        let count = min(settings.jobs, 200_000)
        try await fill(store, waiting + count)
        let watch = StopWatch()
        try await drain(store, count: count)
        let rate = Double(count) / watch.lap()
        await store.close()
        await target.remove("backlog-\(waiting)")
        return rate
    }

    // MARK: Filling and draining

    private func fill(_ store: any Store, _ count: Int) async throws {
        let enqueuer = Enqueuer(store)
        let arguments = arguments
        let ids = JobIDSource()
        var done = 0
        while done < count {
            let jobs = ids.next(min(Limits.batch, count - done)).map {
                NewJob(id: $0, type: Self.type, arguments: arguments).housed(in: store)
            }
            done += try await enqueuer.enqueue(batch: jobs).count
        }
    }

    /// Runs a worker until it has completed `count` jobs.
    private func drain(_ store: any Store, count: Int) async throws {
        let counter = FinishCounter(until: count)
        var options = WorkerOptions()
        options.handlesSignals = false
        options.log = SilentLog()
        let worker = Worker(store, concurrency: settings.concurrency, options: options) {
            Handler(raw: Self.type) { _, _ in
                counter.finish()
                return nil
            }
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await worker.run() }
            await counter.wait()
            worker.shutdown()
            try await group.waitForAll()
        }
    }
}
