// More jobs at once than one reservation returns, and more bytes than one reply may have: they arrive in pieces, and
// each job runs once.
import Foundation
import OffstageCore
import OffstageTesting
import OffstageWorker
import RedisServers
import Synchronization
import Testing

@testable import OffstageRedis

/// Blocks its callers until it is opened.
private final class Gate: Sendable {
    private let waiting = Mutex<[CheckedContinuation<Void, Never>]?>([])

    var isOpen: Bool { waiting.withLock { $0 == nil } }

    func pass() async {
        await withCheckedContinuation { continuation in
            let isOpen = waiting.withLock { waiting in
                waiting?.append(continuation)
                return waiting == nil
            }
            if isOpen { continuation.resume() }
        }
    }

    func open() {
        for one in waiting.withLock({ $0.take() ?? [] }) { one.resume() }
    }
}

@Suite(.timeLimit(.minutes(5))) struct ManyAtOnceTests {
    private static let isLong = ProcessInfo.processInfo.environment["OFFSTAGE_TEST_ALL"] == "1"

    /// Runs jobs of the given size that all wait for each other.
    private func runTogether(_ count: Int, bytes: Int) async throws {
        let server = try await RedisServer.start()
        let store = try await Trouble.store(server.url)
        let text = [UInt8](repeating: UInt8(ascii: "x"), count: bytes)
        let batch = max(1, min(Limits.batch, (8 << 20) / bytes))
        for first in stride(from: 0, to: count, by: batch) {
            let jobs = (first..<min(first + batch, count)).map { _ in
                Trouble.job { $0.arguments = [UInt8(ascii: "\"")] + text + [UInt8(ascii: "\"")] }
            }
            _ = try await store.enqueue(jobs)
        }
        let runs = Mutex<[JobID: Int]>([:])
        let gate = Gate()
        let worker = Worker(store, concurrency: count, options: Trouble.workerOptions()) {
            Handler(raw: "work") { job, _ in
                let running = runs.withLock { runs in
                    runs[job.id, default: 0] += 1
                    return runs.count
                }
                if running == count { gate.open() }
                await gate.pass()
                return nil
            }
        }
        let working = Task { try await worker.run() }
        #expect(await TestSignal.holds(within: .seconds(120)) { gate.isOpen }, "\(runs.withLock { $0.count }) ran")
        gate.open()
        let isDone = await TestSignal.holds(within: .seconds(30)) {
            (try? await store.counts().total(.completed)) == count
        }
        #expect(isDone)
        #expect(runs.withLock { $0.values.allSatisfy { $0 == 1 } })
        worker.shutdown()
        try await working.value
        await store.close()
    }

    @Test func aWorkerRunsMoreJobsAtOnceThanAReservationBrings() async throws {
        try await runTogether(1500, bytes: 16)
    }

    /// 600 MiB, more than the maximum size of a Redis reply.
    @Test(.enabled(if: Self.isLong, "OFFSTAGE_TEST_ALL=1 runs it: it takes two gigabytes of memory"))
    func soItDoesWithLargeJobs() async throws {
        try await runTogether(1100, bytes: 600 << 10)
    }
}
