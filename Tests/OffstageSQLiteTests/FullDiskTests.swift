// A full disk: the call reports it, stores nothing, and the store continues as soon as there is room. Root fills a
// small file system; other users reach the file size limit, in a separate process.
import Foundation
import OffstageCore
import OffstageSQLite
import OffstageTesting
import TestProcesses
import Testing

@Suite(.timeLimit(.minutes(2))) struct FullDiskTests {
    @Test(.enabled(if: Crew.canMount, "no right to mount; aFileThatMayNotGrowStoresNothingByHalves runs anyway"))
    func aFullDiskStoresNothingByHalves() async throws {
        let crew = try Crew(onDisk: true)
        defer { crew.end() }
        let disk = crew.folder.path
        let child = try crew.start(
            "fill", ["store": crew.store, "disk": disk], after: "mount -t tmpfs -o size=2m tmpfs '\(disk)'")
        try await fills(child, saying: "the store is full")
    }

    @Test(.enabled(if: Crew.canMount, "no right to mount"), arguments: [true, false])
    func removingWorksOnAFullDisk(byJobs: Bool) async throws {
        let crew = try Crew(onDisk: true)
        defer { crew.end() }
        let disk = crew.folder.path
        var settings = ["store": crew.store, "disk": disk]
        if !byJobs {
            settings["jobs"] = "3000"
            settings["reopen"] = "1"
        }
        let child = try crew.start(
            "clear", settings, after: "mount -t tmpfs -o size=\(byJobs ? 3 : 80)m tmpfs '\(disk)'")
        let stored = Int(try await child.hears("stored")) ?? -1
        #expect(stored > 500)
        #expect(try await child.hears("by-id") == "50")
        #expect(Int(try await child.hears("removed")) == stored - 50)
        #expect(try await child.hears("then") == "50")
        #expect(try await child.ends() == 0)
    }

    @Test func aFileThatMayNotGrowStoresNothingByHalves() async throws {
        let crew = try Crew()
        defer { crew.end() }
        try await fills(try crew.start("fill", ["limit": "1500000"]), saying: "")
        // What was accepted while the disk was nearly full is visible to other processes.
        let store = try await openStore(crew.store)
        #expect(try await store.waiting() > 50)
        await store.close()
    }

    @Test func theExaminationTellsHowMuchRoomThereIs() async throws {
        let crew = try Crew()
        defer { crew.end() }
        let store = try await openStore(crew.store)
        #expect(try await store.examine().contains { $0.text.contains("MiB free") })
        await store.close()
    }

    private func fills(_ child: Child, saying text: String) async throws {
        let first = try await child.hears("refused")
        #expect(first.hasPrefix(text))
        let stored = Int(try await child.hears("stored")) ?? -1
        #expect(stored > 0 && stored % 50 == 0)
        #expect(try await child.hears("half-stored") == "0")
        #expect(try await child.hears("again").hasPrefix(text))
        try await child.hears("waited")
        #expect(Int(try await child.hears("then")) == stored + 50)
        #expect(try await child.ends() == 0)
    }
}
