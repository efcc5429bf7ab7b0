// The end of a worker's process though handlers keep all of Swift's threads, in processes made for it.
import Dispatch
import Foundation
import OffstageCore
import OffstageMemory
import OffstageSystem
import OffstageTesting
import OffstageWorker
import Testing

@Suite(.timeLimit(.minutes(2))) struct EndTests {
    /// Runs a worker whose handlers occupy every thread, and sends signals to this process a while after they have
    /// begun. SIGALRM ends a process that still exists after a minute.
    private static func work(grace: Duration, signals: Int) async throws {
        alarm(60)
        let store = memoryStore(lease: .seconds(20))
        _ = try await store.enqueue((0..<64).map { _ in newJob("b") })
        var options = WorkerOptions()
        options.endsProcess = true
        options.patience = .seconds(4)
        options.log = SilentLog()
        let worker = Worker(store, concurrency: 64, grace: grace, options: options) {
            Handler(raw: "b") { _, _ in while true { usleepForTest(100_000) } }
        }
        Thread.detachNewThread {
            usleepForTest(1_500_000)
            for _ in 0..<signals {
                kill(getpid(), SIGTERM)
                usleepForTest(200_000)
            }
        }
        try await worker.run()
    }

    @Test func aProcessWhoseThreadsAreAllBlockedEndsAfterTheGrace() async {
        await #expect(processExitsWith: .exitCode(0)) { try await Self.work(grace: .seconds(1), signals: 1) }
    }

    @Test func atTheSecondSignalItEndsAtOnce() async {
        await #expect(processExitsWith: .exitCode(0)) { try await Self.work(grace: .seconds(3600), signals: 2) }
    }

    @Test func aStoreThatDoesNotAnswerKeepsItNoLonger() async {
        await #expect(processExitsWith: .exitCode(1)) {
            alarm(60)
            let hasGiven = TestSignal()
            let store = ProxyStore(
                memoryStore(lease: .seconds(20)),
                onSettle: { settlements, request, settle in
                    // The store replies until it has given the job out.
                    if hasGiven.isSet { try await SystemTime().sleep(for: .seconds(3600)) }
                    let reply = try await settle(settlements, request)
                    if reply.reservation?.jobs.isEmpty == false { hasGiven.set() }
                    return reply
                })
            _ = try await store.put(newJob("b"))
            var options = WorkerOptions()
            options.endsProcess = true
            options.handlesSignals = false
            options.patience = .seconds(3600)
            options.log = SilentLog()
            let hasStarted = DispatchSemaphore(value: 0)
            let worker = Worker(store, grace: .seconds(3600), options: options) {
                Handler(raw: "b") { _, _ in
                    hasStarted.signal()
                    try await SystemTime().sleep(for: .seconds(3600))
                    return nil
                }
            }
            Thread.detachNewThread {
                hasStarted.wait()
                worker.stopNow()
            }
            try await worker.run()
        }
    }

    @Test func aProgramThatEmbedsAWorkerIsNotEnded() async {
        await #expect(processExitsWith: .exitCode(7)) {
            alarm(60)
            let store = memoryStore()
            _ = try await store.put(newJob("b"))
            let worker = Worker(
                store, concurrency: 1, grace: .milliseconds(10),
                options: testOptions { $0.patience = .milliseconds(100) }
            ) {
                Handler(raw: "b", blocking: true) { _, _ in while true { usleepForTest(100_000) } }
            }
            let run = await start(worker)
            worker.stopNow()
            try await run.value
            try await SystemTime().sleep(for: .seconds(4))
            exit(7)
        }
    }
}
