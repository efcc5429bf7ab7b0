// Runs the public conformance suite on every store of the project, one test a case and store.
import OffstageCore
import OffstageMemory
import OffstageTesting
import Testing

@Suite struct StoreConformanceTests {
    @Test(arguments: StoreConformance.cases)
    func memory(_ test: ConformanceCase) async throws {
        try await ConformanceHarness { MemoryStore(options: $0) }.run(test)
    }
}
