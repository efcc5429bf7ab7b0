// The enqueuer on the embedded store: its additions must also work on a file, and with two stores on one file.
import Foundation
import OffstageCore
import OffstageEnqueuer
import OffstageSQLite
import Testing

@Suite(.timeLimit(.minutes(1))) struct OnSQLiteTests {
    /// The simulated clock for a store. The store's background tasks sleep in real time and do not advance the clock.
    private struct StoreTime: TimeSource {
        let time: TurnedTime
        var bootID: String { time.bootID }
        func now() -> Timestamp { time.now() }
        func monotonicMicroseconds() -> Int64 { time.monotonicMicroseconds() }
        func sleep(for duration: Duration) async throws { try await SystemTime().sleep(for: duration) }
    }

    /// Runs a test with `count` stores on one new file, and removes the file.
    private func onFile(stores count: Int = 1, _ test: ([Bench]) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "enqueuer-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let time = TurnedTime()
        var options = StoreOptions()
        options.time = StoreTime(time: time)
        options.log = SilentLog()
        var stores: [SQLiteStore] = []
        for _ in 0..<count {
            stores.append(try await SQLiteStore.open(folder.appending(path: "jobs.db").path, options: options))
        }
        let outcome: Result<Void, any Error>
        let benches = stores.enumerated().map { Bench($1, time: time, seed: UInt64($0)) }
        do { outcome = .success(try await test(benches)) } catch {
            outcome = .failure(error)
        }
        for store in stores { await store.close() }
        try outcome.get()
    }

    @Test func aStreamIsStoredInOrder() async throws {
        try await onFile { benches in
            let bench = benches[0]
            let totals = try await bench.enqueuer.enqueue(stream: (0..<5432).lazy.map { Ping(number: $0) })
            #expect(totals.stored == 5432)
            #expect(try await bench.count() == 5432)
            let job = try await bench.start("ping")
            #expect(try JSON.parse(job.arguments)["number"]?.integerValue == 0)
        }
    }

    @Test func aLostReplyStoresNothingTwice() async throws {
        try await onFile { benches in
            let bench = benches[0]
            bench.store.fail(1, .after(.unknownOutcome("lost")))
            let totals = try await bench.enqueuer.enqueue(stream: (0..<2500).lazy.map { Ping(number: $0) })
            #expect((totals.stored, totals.duplicates) == (2500, 0))
            #expect(try await bench.count() == 2500)
        }
    }

    @Test func manySingleEnqueuesAtOnceAreAllKept() async throws {
        try await onFile { benches in
            let enqueuer = benches[0].enqueuer
            let ids = try await withThrowingTaskGroup(of: JobID.self) { group in
                for number in 0..<500 { group.addTask { try await enqueuer.enqueue(Ping(number: number)).id } }
                var ids: Set<JobID> = []
                for try await id in group { ids.insert(id) }
                return ids
            }
            #expect(ids.count == 500)
            #expect(try await benches[0].count() == 500)
        }
    }

    @Test func aTicketOfOneStoreSeesWhatAnotherSettled() async throws {
        try await onFile(stores: 2) { benches in
            let ticket = try await benches[0].enqueuer.enqueue(Resize(source: "a"), unique: .byArguments)
            let second = try await benches[1].enqueuer.enqueue(Resize(source: "a"), unique: .byArguments)
            #expect(second.receipt == EnqueueReceipt(id: ticket.id, state: .available, duplicate: true))
            try await benches[1].run(
                "image.resize", .returned(result: json(#"{"width":3,"height":4}"#), truncated: false))
            #expect(try await ticket.result(within: .seconds(30)) == Size(width: 3, height: 4))
        }
    }

    @Test func twoReadersOfAReturnQueueShareIt() async throws {
        try await onFile(stores: 2) { benches in
            var options = EnqueueOptions()
            options.returnQueue = "web"
            try await benches[0].enqueuer.enqueue(all: (0..<10).map { Ping(number: $0) }, options: options)
            for _ in 0..<10 { try await benches[0].run("ping", .returned(result: nil, truncated: false)) }
            let queues = try benches.map { try ReturnQueue($0.store, "web", time: $0.time) }
            let first = try await queues[0].take(4)
            let second = try await queues[1].take()
            #expect((first.count, second.count) == (4, 6))
            #expect(Set(first.map(\.job)).isDisjoint(with: second.map(\.job)))
            #expect(try await queues[1].acknowledge(second) == 6)
            benches[0].time.turn(by: .seconds(31))
            let again = try await queues[1].take()
            #expect(Set(again.map(\.job)) == Set(first.map(\.job)))
            #expect(again.allSatisfy { $0.deliveries == 2 })
        }
    }
}
