// The worker over the most common store: the path through its threads, its wake-ups, and several workers on one file.
import Foundation
import OffstageCore
import OffstageSQLite
import OffstageWorker
import Testing

@Suite(.timeLimit(.minutes(1))) struct SQLiteTests {
    /// Opens a store in a temporary folder, and removes both afterwards.
    static func withStore(_ body: (SQLiteStore) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "offstage-worker-\(ids.next())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var options = StoreOptions()
        options.lease = .seconds(2)
        options.log = SilentLog()
        let store = try await SQLiteStore.open(folder.appending(path: "jobs.db").path, options: options)
        do {
            try await body(store)
        } catch {
            await store.close()
            throw error
        }
        await store.close()
    }

    @Test func twoWorkersRunEachJobOnce() async throws {
        try await Self.withStore { store in
            for _ in 0..<4 { _ = try await store.enqueue((0..<500).map { _ in newJob("x") }) }
            let runs = Box<[JobID: Int]>([:])
            let handler = Handler(raw: "x") { job, _ in
                runs.change { $0[job.id, default: 0] += 1 }
                return nil
            }
            let workers = (0..<2).map { _ in
                Worker(store, concurrency: 4, options: testOptions { $0.drain = true }, handlers: [handler])
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for worker in workers { group.addTask { try await worker.run() } }
                try await group.waitForAll()
            }
            #expect(try await store.counts().total(.completed) == 2000)
            #expect(runs.value.count == 2000 && runs.value.values.allSatisfy { $0 == 1 })
            #expect(try await store.workers().isEmpty)
        }
    }

    @Test func idleWorkerIsWokenAtOnce() async throws {
        try await Self.withStore { store in
            let worker = Worker(
                store,
                options: testOptions {
                    $0.slowPoll = .seconds(60)
                    $0.upkeep = nil
                }
            ) {
                Handler(raw: "x") { _, _ in nil }
            }
            try await running(worker) {
                for _ in 0..<20 {
                    let id = try await store.put(newJob("x"))[0]
                    try await eventually("woken", within: .seconds(5)) { try await store.state(id) == .completed }
                }
            }
        }
    }

    @Test func jobThatBecomesDueLaterIsRunInTime() async throws {
        try await Self.withStore { store in
            let worker = Worker(
                store,
                options: testOptions {
                    $0.slowPoll = .seconds(60)
                    $0.upkeep = nil
                }
            ) {
                Handler(raw: "x") { _, _ in nil }
            }
            let id = try await store.put(newJob("x") { $0.start = .after(.milliseconds(300)) })[0]
            try await running(worker) {
                try await eventually("run", within: .seconds(5)) { try await store.state(id) == .completed }
            }
            let record = try await store.record(id)
            #expect((record.attemptedAt ?? record.enqueuedAt) >= record.runAt)
        }
    }

    @Test func cancelTimeoutAndStopWork() async throws {
        try await Self.withStore { store in
            let handler = Handler(raw: "x") { _, _ in
                try await sleepUntilCancelled()
                return nil
            }
            let options = testOptions { $0.heartbeat = .milliseconds(50) }
            let worker = Worker(store, grace: .zero, options: options, handlers: [handler])
            let jobs = try await store.put(newJob("x"), newJob("x") { $0.timeout = .milliseconds(100) }, newJob("x"))
            try await running(worker, started: 3) {
                _ = try await store.change(ChangeRequest(.cancel, .ids([jobs[0]])))
                try await eventually("cancelled") { try await store.state(jobs[0]) == .cancelled }
                try await eventually("timed out") { try await store.state(jobs[1]) == .retryable }
            }
            let last = try await store.record(jobs[2])
            #expect(last.state == .available && last.interruptions == 1 && last.errors.isEmpty)
        }
    }
}
