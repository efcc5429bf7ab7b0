// Calls that gather while the writer is busy are committed together, and each still has its own result.
import Foundation
import OffstageCore
import OffstageSQLite
import OffstageTesting
import Synchronization
import TestProcesses
import Testing

@Suite(.timeLimit(.minutes(2))) struct GroupCommitTests {
    private final class Count: Sendable {
        private let count = Mutex(0)
        var value: Int { count.withLock { $0 } }
        func add() { count.withLock { $0 += 1 } }
    }

    /// A call to make. A struct, because a bare array of such closures is cast wrongly at run time.
    private struct Call: Sendable {
        let run: @Sendable () async -> Void
    }

    /// Lets calls gather behind another process' transaction, then releases them.
    private func gathering(_ crew: Crew, calls: [Call]) async throws {
        let holder = try crew.start("hold", ["from": "999999"])
        try await holder.hears("holding")
        let begun = Count()
        let all = calls.map { call in
            Task {
                begun.add()
                await call.run()
            }
        }
        #expect(await TestSignal.holds { begun.value == calls.count })
        // Whether a call has reached the writer's queue cannot be observed. A late call would only make the test cover
        // less.
        try await SystemTime().sleep(for: .milliseconds(200))
        holder.say("abort")
        for task in all { await task.value }
    }

    @Test func sixtyFourCallsAreFewTransactions() async throws {
        let crew = try Crew()
        defer { crew.end() }
        let store = try await openStore(crew.store, patience: .seconds(60))
        let before = try WriteAheadLog.commits(crew.store)
        try await gathering(
            crew,
            calls: (0..<64).map { number in
                Call {
                    let answer = try? await store.enqueue([plain(number)])
                    #expect(answer == [.stored(.available)])
                }
            })
        #expect(try await store.waiting() == 64)
        let commits = try WriteAheadLog.commits(crew.store) - before
        #expect(commits >= 1)
        #expect(commits <= 16, "64 calls took \(commits) transactions")
        await store.close()
    }

    @Test func oneFailingCallDoesNotTouchItsNeighbours() async throws {
        let crew = try Crew()
        defer { crew.end() }
        let store = try await openStore(crew.store, patience: .seconds(60))
        let waiter = store.makeWaiter(for: WorkSelection(queues: nil, types: ["plain"]))
        waiter.arm()
        let failures = Count()
        let calls = (0..<40).map { number in
            Call {
                if number % 4 == 3 {
                    let bad = ChangeRequest(.cancel, .filter(JobFilter(), after: "no cursor"))
                    let error = await storeError { _ = try await store.change(bad) }
                    if error != nil { failures.add() }
                } else {
                    let answer = try? await store.enqueue([plain(number)])
                    #expect(answer == [.stored(.available)])
                }
            }
        }
        try await gathering(crew, calls: calls)
        #expect(failures.value == 10)
        #expect(try await store.waiting() == 30)
        // The work of the other calls is announced too, even if the last call of the group failed.
        let clock = SystemTime()
        let begun = clock.monotonicMicroseconds()
        await waiter.wait(upTo: .seconds(60))
        #expect(clock.monotonicMicroseconds() - begun < 30_000_000, "the waiter was not woken")
        waiter.close()
        await store.close()
    }

    @Test func aFailureAfterWorkWasMadeStillWakes() async throws {
        let crew = try Crew()
        defer { crew.end() }
        let store = try await openStore(crew.store, patience: .seconds(60))
        let waiter = store.makeWaiter(for: WorkSelection(queues: nil, types: ["plain"]))
        waiter.arm()
        // Calls keep their order, so the failing change is the last of its group.
        try await gathering(
            crew,
            calls: [
                Call {
                    _ = try? await store.enqueue([plain(1)])
                },
                Call {
                    try? await SystemTime().sleep(for: .milliseconds(100))
                    _ = try? await store.change(ChangeRequest(.cancel, .filter(JobFilter(), after: "no cursor")))
                },
            ])
        let clock = SystemTime()
        let begun = clock.monotonicMicroseconds()
        await waiter.wait(upTo: .seconds(60))
        #expect(clock.monotonicMicroseconds() - begun < 30_000_000, "the waiter was not woken")
        waiter.close()
        await store.close()
    }
}
