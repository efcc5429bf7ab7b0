// What healthy workers promise on any store, with real processes: suspects of a crash never starve ordinary jobs, and
// no report of a healthy worker is counted as stale.
import Foundation
import OffstageCore
import OffstageTesting
import TestProcesses
import Testing

/// The tests of healthy workers, on the store with the given address; nil for a new file.
struct SuspectFleet {
    let address: String?

    init(_ address: String? = nil) { self.address = address }

    private static let lease = Duration.seconds(20)

    private func withCrew(_ act: (Crew, any Store) async throws -> Void) async throws {
        let crew = try Crew(store: address)
        defer { crew.end() }
        let store = try await AnyStore.open(crew.store, lease: Self.lease)
        try await act(crew, store)
        await store.close()
    }

    /// Enqueues slow jobs, and reports that a worker died while it ran each of them, which makes them suspects.
    private func makeSuspects(_ numbers: Range<Int>, in store: any Store) async throws {
        let jobs = numbers.map { TortureJobs.job($0, kind: .slow) }
        _ = try await store.enqueue(jobs)
        let doomed = WorkerID(bits: 0xdead)
        let reserved = try await store.reserve(
            ReserveRequest(
                worker: doomed, selection: WorkSelection(queues: nil, types: [TortureKind.slow.rawValue]),
                limit: jobs.count, startNow: jobs.count, holding: 0, firstCounter: 1)
        ).jobs
        let answers = try await store.retire(
            doomed,
            crashed: reserved.map {
                CrashedAttempt(token: $0.token, startedAgoMicroseconds: 0, autopsy: Failure(.crash, "signal 11"))
            })
        #expect(answers == Array(repeating: .accepted, count: jobs.count))
    }

    /// Three workers, six suspects of a few seconds each, and waves of short jobs while they run.
    func suspectsStarveNobody() async throws {
        try await withCrew { crew, store in
            try await makeSuspects(0..<6, in: store)
            for _ in 0..<3 {
                let worker = try crew.start(
                    "work", ["concurrency": "4", "slow": "3000", "log": crew.folder.file("runs.log")])
                try await worker.hears("ready")
            }
            let suspects = (0..<6).map { TortureJobs.id($0) }
            func left() async throws -> Int { try await store.find(suspects).count { $0?.state != .completed } }
            let runsOne = try await TestSignal.holds(within: .seconds(30)) {
                try await store.workers().contains { $0.suspect != nil }
            }
            #expect(runsOne)
            let time = SystemTime()
            let begun = time.monotonicMicroseconds()
            var number = 1000
            var waits: [Double] = []
            var together = 0
            while try await left() > 0, time.monotonicMicroseconds() - begun < 180_000_000 {
                let wave = (number..<number + 100).map { TortureJobs.job($0, kind: .plain) }
                number += 100
                let from = time.monotonicMicroseconds()
                _ = try await store.enqueue(wave)
                let areDone = try await TestSignal.holds(within: .seconds(20)) {
                    together = max(together, try await store.workers().count { $0.suspect != nil })
                    return try await store.find(wave.map(\.id)).allSatisfy { $0?.state == .completed }
                }
                #expect(areDone)
                waits.append(Double(time.monotonicMicroseconds() - from) / 1_000_000)
                // As many waves as a fast machine can run would complete more jobs than retention keeps. The records of
                // the suspects would be gone before the last of them has run.
                try await time.sleep(for: .milliseconds(30))
            }
            let took = Double(time.monotonicMicroseconds() - begun) / 1_000_000
            #expect(try await left() == 0, "every suspect has its turn")
            #expect(together <= 1, "one worker at a time is taken by a suspect")
            let longest = waits.max() ?? 0
            #expect(longest < 2.5, "the slowest hundred took \(longest) s")
            #expect(try await store.counts().staleRefused == 0)
            Crew.say(
                "suspects: 6 of 3 s each ran in \(took) s beside \(waits.count) waves of 100 jobs, which took at most"
                    + " \(longest) s; at most \(together) of 3 workers had one")
        }
    }

    /// Two healthy workers renew all the time while they settle, fail, snooze and hand back: nothing is stale.
    func healthyWorkersAreNeverStale(_ jobs: Int) async throws {
        try await withCrew { crew, store in
            let numbers = (0..<jobs).filter { TortureJobs.kind($0) != .parked && TortureJobs.kind($0) != .slow }
            for start in stride(from: 0, to: numbers.count, by: Limits.batch) {
                let some = numbers[start..<min(numbers.count, start + Limits.batch)]
                _ = try await store.enqueue(some.map { TortureJobs.job($0, in: store) })
            }
            var workers: [Child] = []
            for _ in 0..<2 {
                workers.append(
                    try crew.start(
                        "work", ["heartbeat": "3", "reclaim": "5", "log": crew.folder.file("runs.log")]))
            }
            let isOver = try await TestSignal.holds(within: .seconds(180)) {
                let counts = try await store.counts()
                return JobState.allCases.allSatisfy { $0.isEnded || counts.total($0) == 0 }
            }
            #expect(isOver)
            for worker in workers { worker.signal(SIGTERM) }
            for worker in workers { #expect(try await worker.ends() == 0) }
            let counts = try await store.counts()
            #expect(counts.staleRefused == 0)
            #expect(!workers.contains { worker in worker.lines.contains { $0.hasPrefix("stale ") } })
            Crew.say("healthy workers: \(numbers.count) jobs, \(counts.staleRefused) late writes")
        }
    }
}

@Suite(.timeLimit(.minutes(8)), .serialized) struct SuspectFleetTests {
    @Test func suspectsStarveNobody() async throws { try await SuspectFleet().suspectsStarveNobody() }
    @Test func healthyWorkersAreNeverStale() async throws {
        try await SuspectFleet().healthyWorkersAreNeverStale(Crew.isLong("stale") ? 100_000 : 10_000)
    }
}
