// Another process has locked the file: one of ours in the middle of a transaction, or a program that does not know the
// writer lock. A call waits for its patience, then fails, names the process in the way, and has changed nothing.
import Foundation
import OffstageCore
import OffstageSQLite
import OffstageTesting
import TestProcesses
import Testing

@Suite(.timeLimit(.minutes(2))) struct BusyTests {
    @Test func aCallGivesUpOnAHeldLockAndNamesItsHolder() async throws {
        let crew = try Crew()
        defer { crew.end() }
        let store = try await openStore(crew.store, patience: .milliseconds(800))
        let holder = try crew.start("hold", ["from": "999"])
        try await holder.hears("holding")
        for _ in 0..<2 {
            let error = await storeError { _ = try await store.enqueue([plain(1)]) }
            guard case .busy(let text) = error else {
                Issue.record("a held lock was answered with \(String(describing: error))")
                return
            }
            #expect(text.contains("process \(holder.pid)"))
        }
        // A read does not wait for a writer.
        #expect(try await store.waiting() == 0)
        holder.say("commit")
        try await holder.hears("committed")
        #expect(try await store.enqueue([plain(1)]) == [.stored(.available)])
        #expect(try await store.waiting() == 2)
        await store.close()
    }

    @Test func aKilledHolderLetsGoAtOnce() async throws {
        let crew = try Crew()
        defer { crew.end() }
        let store = try await openStore(crew.store, patience: .seconds(60))
        let holder = try crew.start("hold", ["from": "999"])
        try await holder.hears("holding")
        async let answer = store.enqueue([plain(1)])
        holder.end()
        #expect(try await answer == [.stored(.available)])
        #expect(try await store.find([TortureJobs.id(999)])[0] == nil)
        await store.close()
    }

    @Test func aForeignWriterMakesCallsFailAndNothingElse() async throws {
        let crew = try Crew()
        defer { crew.end() }
        let store = try await openStore(crew.store, patience: .seconds(1))
        let foreign = try crew.start("foreign", ["mode": "write"])
        try await foreign.hears("holding")
        let clock = SystemTime()
        let begun = clock.monotonicMicroseconds()
        // The waits of many concurrent calls must not add up.
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<30 {
                group.addTask {
                    let error = await storeError { _ = try await store.enqueue([plain(number)]) }
                    guard case .busy = error else {
                        Issue.record("a foreign writer was answered with \(String(describing: error))")
                        return
                    }
                }
            }
        }
        #expect(clock.monotonicMicroseconds() - begun < 20_000_000)
        foreign.say("end")
        try await foreign.hears("done")
        #expect(try await store.waiting() == 0)
        #expect(try await store.enqueue([plain(1)]) == [.stored(.available)])
        await store.close()
    }

    @Test func aForeignWriterIsWaitedForAsLongAsThePatienceLasts() async throws {
        let crew = try Crew()
        defer { crew.end() }
        let store = try await openStore(crew.store, patience: .seconds(7))
        let foreign = try crew.start("foreign", ["mode": "write"])
        try await foreign.hears("holding")
        let clock = SystemTime()
        let begun = clock.monotonicMicroseconds()
        let error = await storeError { _ = try await store.enqueue([plain(1)]) }
        #expect(clock.monotonicMicroseconds() - begun > 6_500_000)
        guard case .busy = error else {
            Issue.record("a foreign writer was answered with \(String(describing: error))")
            return
        }
        foreign.say("end")
        try await foreign.hears("done")
        await store.close()
    }

    @Test func aClosedStoreSaysSo() async throws {
        let crew = try Crew()
        defer { crew.end() }
        let store = try await openStore(crew.store)
        await store.close()
        #expect(await storeError { _ = try await store.enqueue([plain(1)]) } == .closed)
        #expect(await storeError { _ = try await store.counts() } == .closed)
        await store.close()
    }
}
