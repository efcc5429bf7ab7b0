// Runs the public conformance suite on every store of the project, one test a case and store.
import Foundation
import OffstageCore
import OffstageMemory
import OffstageSQLite
import OffstageTesting
import Testing

@Suite struct StoreConformanceTests {
    @Test(arguments: StoreConformance.cases)
    func memory(_ test: ConformanceCase) async throws {
        try await ConformanceHarness { MemoryStore(options: $0) }.run(test)
    }

    @Test(arguments: StoreConformance.cases)
    func sqlite(_ test: ConformanceCase) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "offstage-conformance-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appending(path: "queue.db").path
        try await ConformanceHarness { try await SQLiteStore.open(path, options: $0) }.run(test)
    }
}
