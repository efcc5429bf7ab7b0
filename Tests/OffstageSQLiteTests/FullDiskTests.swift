// A disk that has no room: the call says so, nothing of it is stored, and the store goes on as soon as there is room. Root fills a small file
// system; anybody else meets the limit on the size of a file, in a process of its own.
import Foundation
import OffstageCore
import OffstageSQLite
import OffstageTesting
import TestProcesses
import Testing

@Suite(.timeLimit(.minutes(2))) struct FullDiskTests {
    private static var canMount: Bool {
        guard geteuid() == 0, let disk = try? SmallDisk(kibibytes: 64) else { return false }
        disk.unmount()
        return true
    }

    @Test(.enabled(if: FullDiskTests.canMount, "mounting needs root; aFileThatMayNotGrow runs anyway"))
    func aFullDiskStoresNothingByHalves() async throws {
        let disk = try SmallDisk(kibibytes: 2048)
        defer { disk.unmount() }
        let store = try await openStore(disk.file("jobs.db"))
        var stored = 0
        var error: StoreError?
        while error == nil, stored < 10_000 {
            let batch = (stored..<stored + 50).map { plain($0, bytes: 1000) }
            error = await storeError { _ = try await store.enqueue(batch) }
            if error == nil { stored += 50 }
        }
        guard case .full(let text) = error else {
            Issue.record("a full disk was answered with \(String(describing: error))")
            return
        }
        #expect(!text.contains("\n"))
        #expect(stored > 0)
        #expect(try await store.waiting() == stored)
        let batch = (stored..<stored + 50).map { plain($0, bytes: 1000) }
        #expect(try await store.find(batch.map(\.id)).allSatisfy { $0 == nil })
        // What fits is still taken, what does not is still refused, and a look still works.
        guard case .full = await storeError({ _ = try await store.enqueue(batch) }) else {
            Issue.record("the second try on a full disk was not refused as full")
            return
        }
        try disk.remount("size=64m")
        #expect(try await store.enqueue(batch).allSatisfy { $0 == .stored(.available) })
        #expect(try await store.waiting() == stored + 50)
        #expect(try await store.take(1000).count == stored + 50)
        await store.close()
    }

    @Test(.enabled(if: FullDiskTests.canMount, "mounting needs root; aFileThatMayNotGrow runs anyway"))
    func aWaiterOnAFullDiskDoesNotDie() async throws {
        let crew = try Crew()
        defer { crew.end() }
        let disk = try SmallDisk(kibibytes: 2048)
        defer { disk.unmount() }
        let store = try await openStore(disk.file("jobs.db"))
        let filler = try disk.fill()
        // Waiters of many selections use the wake file's pages one after the other.
        let waiters = (0..<200).map { _ in store.makeWaiter(for: WorkSelection(queues: nil, types: ["plain"])) }
        for waiter in waiters { waiter.arm() }
        for waiter in waiters { waiter.close() }
        try FileManager.default.removeItem(atPath: filler)
        #expect(try await store.enqueue([plain(1)]) == [.stored(.available)])
        await store.close()
    }

    @Test func aFileThatMayNotGrowStoresNothingByHalves() async throws {
        let crew = try Crew()
        defer { crew.end() }
        let child = try crew.start("fill", ["limit": "1500000"])
        let error = try await child.hears("refused")
        let stored = Int(try await child.hears("stored")) ?? -1
        #expect(!error.isEmpty)
        #expect(stored > 0)
        #expect(Int(try await child.hears("then")) == stored + 50)
        #expect(try await child.ends() == 0)
        let store = try await openStore(crew.store)
        #expect(try await store.waiting() == stored + 50)
        await store.close()
    }
}
