// A worker is frozen in the middle of its jobs. Another one gets them after their leases have expired, and the first
// wakes while the other still runs them. Everything that the first then reports about them must be refused.
import Foundation
import OffstageCore
import OffstageTesting
import RedisServers
import TestProcesses
import Testing

extension RedisTorture {
    @Suite(.timeLimit(.minutes(5)), .serialized) struct RedisFrozenTests {
        @Test func whatAFrozenWorkerSaysTooLateIsRefused() async throws {
            let lease = 1000
            let server = try await RedisServer.start(.durable(.always))
            let crew = try Crew(store: server.url)
            defer { crew.end() }
            let store = try await AnyStore.open(crew.store, lease: .milliseconds(lease))
            // Half of the jobs end as soon as the frozen worker wakes, so it settles them; the other half continue.
            func start(slow: Int) async throws -> Child {
                let worker = try crew.start(
                    "work",
                    [
                        "lease": "\(lease)", "slow": "\(slow)", "prefetch": "0", "concurrency": "8", "scale": "10",
                        "log": crew.folder.file("runs.log"),
                    ])
                try await worker.hears("ready")
                return worker
            }
            let frozen = try await start(slow: lease / 2)
            let numbers = Array(0..<8)
            _ = try await store.enqueue(numbers.map { TortureJobs.job($0, kind: .slow) })
            let haveBegun = await TestSignal.holds { frozen.lines.count { $0.hasPrefix("started") } == 8 }
            #expect(haveBegun)
            frozen.signal(SIGSTOP)
            try await frozen.isFrozen()
            let other = try await start(slow: 2 * lease)
            let goOn = await TestSignal.holds(within: .seconds(20)) {
                other.lines.count { $0.hasPrefix("started") } == 8
            }
            #expect(goOn)
            frozen.signal(SIGCONT)
            let areRefused = try await TestSignal.holds(within: .seconds(20)) {
                try await store.counts().staleRefused >= 8
            }
            #expect(areRefused)
            #expect(try await store.counts().total(.running) == 8, "the leases are the other one's")
            let isOver = try await TestSignal.holds(within: .seconds(20)) {
                try await store.counts().total(.completed) == 8
            }
            #expect(isOver)
            let judge = try await Judge(store, runLog: crew.folder.file("runs.log"))
            try await judge.countsAreTrue()
            judge.noStaleEndWasAccepted(exact: true)
            #expect(judge.records.values.allSatisfy { $0.crashes == 0 && $0.attempt == 1 })
            let stale = try await store.counts().staleRefused
            Crew.say("frozen worker: \(Account(judge, accepted: Set(numbers), removed: [])); \(stale) refused")
            for worker in [frozen, other] { worker.signal(SIGTERM) }
            for worker in [frozen, other] { #expect(try await worker.ends() == 0) }
            await store.close()
        }
    }
}
