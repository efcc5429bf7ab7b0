// Runs the public conformance suite on every store of the project, one test per case and store.
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
        let scratch = try ScratchDirectory()
        try await ConformanceHarness { try await SQLiteStore.open(scratch.file("jobs.db"), options: $0) }.run(test)
    }
}
