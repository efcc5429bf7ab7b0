// Several processes on one file: they write at the same time, wake each other's waiters, and may die at any moment
// without harm to the others.
import Foundation
import OffstageCore
import OffstageSQLite
import OffstageTesting
import TestProcesses
import Testing

@Suite(.timeLimit(.minutes(3))) struct SharedFileTests {
    @Test func severalProcessesWriteAtOnce() async throws {
        let crew = try Crew()
        defer { crew.end() }
        let children = try (0..<4).map { part in
            try crew.start("enqueue", ["from": "\(part * 1000)", "count": "400", "batch": "10", "kind": "plain"])
        }
        for child in children {
            try await child.hears("done")
            #expect(try await child.ends() == 0)
            #expect(child.lines.count { $0.hasPrefix("accepted") } == 40)
        }
        let store = try await openStore(crew.store)
        #expect(try await store.waiting() == 1600)
        let ids = (0..<4).flatMap { part in (0..<400).map { TortureJobs.id(part * 1000 + $0) } }
        var found = 0
        for batch in stride(from: 0, to: ids.count, by: 400) {
            found += try await store.find(Array(ids[batch..<batch + 400])).count { $0 != nil }
        }
        #expect(found == 1600)
        await store.close()
    }

    @Test func aJobIsThereOnceEnqueueHasReturned() async throws {
        let rounds = Crew.isLong("kill -9 after enqueue") ? 200 : 15
        let crew = try Crew()
        defer { crew.end() }
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededRandom(seed: seed)
        let store = try await openStore(crew.store)
        for round in 0..<rounds {
            let child = try crew.start(
                "enqueue",
                ["from": "\(round * 100_000)", "count": "100000", "batch": "\(1 + random.next() % 7)", "kind": "plain"])
            try await child.hears("accepted")
            let enough = 1 + Int(random.next() % 60)
            _ = await TestSignal.holds { child.lines.count > enough || child.isOver }
            child.end()
            _ = await TestSignal.holds { child.isOver }
            let numbers = child.lines.filter { $0.hasPrefix("accepted") }.flatMap { line in
                line.split(separator: " ").dropFirst().compactMap { Int($0.prefix { $0 != ":" }) }
            }
            #expect(!numbers.isEmpty)
            for batch in numbers.batches {
                let missing = zip(batch, try await store.find(batch.map { TortureJobs.id($0) })).filter { $0.1 == nil }
                #expect(missing.isEmpty, "accepted and gone, seed \(seed): \(missing.map(\.0))")
            }
        }
        await store.close()
    }

    @Test func aCommitWakesAWaiterInAnotherProcess() async throws {
        let crew = try Crew()
        defer { crew.end() }
        let store = try await openStore(crew.store)
        let waiter = try crew.start("wait")
        try await waiter.hears("armed")
        _ = try await store.enqueue([TortureJobs.job(1, kind: .slow)])
        _ = try await store.enqueue([plain(2)])
        try await waiter.hears("woken")
        await store.close()
    }

    @Test func aKilledWaiterTakesNoWakeUpAlong() async throws {
        let crew = try Crew()
        defer { crew.end() }
        let store = try await openStore(crew.store)
        for round in 0..<3 {
            let killed = try crew.start("wait")
            try await killed.hears("armed")
            let alive = try crew.start("wait")
            try await alive.hears("armed")
            killed.end()
            _ = try await store.enqueue([plain(round)])
            try await alive.hears("woken")
            #expect(try await alive.ends() == 0)
        }
        await store.close()
    }

    @Test func moreWaitersThanPlacesStillWaitAndEnd() async throws {
        let crew = try Crew()
        defer { crew.end() }
        let store = try await openStore(crew.store)
        let waiters = (0..<300).map { _ in store.makeWaiter(for: WorkSelection(queues: nil, types: ["plain"])) }
        // Waiters without a place only poll: their wait ends when its time is up.
        await withTaskGroup(of: Void.self) { group in
            for waiter in waiters.suffix(50) {
                waiter.arm()
                group.addTask { await waiter.wait(upTo: .milliseconds(50)) }
            }
        }
        for waiter in waiters { waiter.close() }
        await store.close()
    }

    @Test func leasesOfAnotherBootAreVoid() async throws {
        struct Boot: TimeSource {
            let bootID: String
            func now() -> Timestamp { SystemTime().now() }
            func monotonicMicroseconds() -> Int64 { SystemTime().monotonicMicroseconds() }
            func sleep(for duration: Duration) async throws { try await SystemTime().sleep(for: duration) }
        }
        let crew = try Crew()
        defer { crew.end() }
        let first = try await openStore(crew.store, time: Boot(bootID: "first"))
        _ = try await first.enqueue([plain(1)])
        let job = try #require(try await first.take().first)
        #expect(try await first.take(worker: 2).isEmpty)
        await first.close()
        let same = try await openStore(crew.store, time: Boot(bootID: "first"))
        #expect(try await same.take(worker: 2).isEmpty)
        await same.close()
        let next = try await openStore(crew.store, time: Boot(bootID: "second"))
        let again = try #require(try await next.take(worker: 2, firstCounter: 5).first)
        #expect(again.id == job.id)
        #expect((again.crashes, again.interruptions, again.token.attempt) == (0, 1, 1), "nobody is to blame")
        await next.close()
    }
}

extension Array {
    /// The elements in chunks of up to a thousand.
    var batches: [ArraySlice<Element>] {
        stride(from: 0, to: count, by: 1000).map { self[$0..<Swift.min(count, $0 + 1000)] }
    }
}
