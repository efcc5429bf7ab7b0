// What can be attached to a worker: error and death handlers, events, metrics.
import OffstageCore
import OffstageMemory
import OffstageWorker
import Testing

@Suite(.timeLimit(.minutes(1))) struct HookTests {
    struct Broken: Error {}

    @Test func errorAndDeathHandlersHearOfTheirOwn() async throws {
        let store = memoryStore()
        let errors = Box<[Int]>([])
        let deaths = Box<[JobID]>([])
        let id = try await store.put(newJob("x") { $0.maxAttempts = 2 })[0]
        let options = testOptions {
            $0.onError = [{ context, failure in errors.change { $0.append(context.attempt) } }]
            $0.onDeath = [
                { job, _ in
                    // The record already has the new state.
                    if (try? await store.state(job.id)) == .discarded { deaths.change { $0.append(job.id) } }
                }
            ]
        }
        let worker = Worker(store, options: options) {
            Handler(raw: "x", retry: .constant(.milliseconds(2))) { _, _ in throw Broken() }
        }
        try await running(worker) {
            try await eventually("dead") { deaths.value == [id] }
        }
        #expect(errors.value == [1, 2])
    }

    final class Counting: WorkerMetrics {
        let counts = Box<[String: Int]>([:])
        private func add(_ name: String, _ count: Int) { counts.change { $0[name, default: 0] += count } }
        func reserved(_ count: Int) { add("reserved", count) }
        func finished(_ job: ReservedJob, _ outcome: Outcome, ranMicroseconds: Int64) { add("finished", 1) }
        func settled(accepted: Int, stale: Int, gone: Int) {
            add("accepted", accepted)
            add("stale", stale)
            add("gone", gone)
        }
        func storeFailed(_ verb: String) { add(verb, 1) }
    }

    @Test func metricsCountEveryJob() async throws {
        let store = memoryStore()
        let metrics = Counting()
        _ = try await store.enqueue((0..<100).map { _ in newJob("x") })
        let worker = Worker(
            store,
            options: testOptions {
                $0.drain = true
                $0.metrics = metrics
            }
        ) {
            Handler(raw: "x") { _, _ in nil }
        }
        try await worker.run()
        #expect(metrics.counts.value["finished"] == 100)
        #expect(metrics.counts.value["accepted"] == metrics.counts.value["reserved"])
        #expect(metrics.counts.value["stale"] == 0)
    }

    @Test func eventsTellAJobsCourse() async throws {
        let store = memoryStore()
        let id = try await store.put(newJob("x"))[0]
        let worker = Worker(store, options: testOptions { $0.drain = true }) { Handler(raw: "x") { _, _ in nil } }
        let events = worker.stream()
        try await worker.run()
        var seen: [WorkerEvent] = []
        for await event in events { seen.append(event) }
        #expect(
            seen == [
                .ready(worker.id), .started(id, type: "x"),
                .finished(id, type: "x", .returned(result: nil, truncated: false)), .settled(id, .accepted), .quiet,
                .stopping, .stopped,
            ])
        for await _ in worker.stream() { Issue.record("a stream after the end is empty") }
    }

    @Test func failuresOfTheStoreAreToldOncePerKind() async throws {
        let store = memoryStore()
        let log = CollectingLog()
        let failures = Box(0)
        let proxy = ProxyStore(
            store,
            onSettle: { settlements, request, next in
                if failures.change({ count in
                    count += 1
                    return count < 6
                }) {
                    throw StoreError.full("test")
                }
                return try await next(settlements, request)
            })
        let id = try await store.put(newJob("x"))[0]
        let worker = Worker(proxy, options: testOptions { $0.log = log }) { Handler(raw: "x") { _, _ in nil } }
        try await running(worker) {
            try await eventually("completed") { try await store.state(id) == .completed }
        }
        #expect(log.lines.filter { $0.contains("cannot settle and reserve") }.count == 1)
        #expect(log.lines.filter { $0.contains("can settle and reserve again") }.count == 1)
    }
}
