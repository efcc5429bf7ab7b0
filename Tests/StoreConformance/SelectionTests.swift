// The cases that a partitioned store must pass: none is left out without being counted here.
import OffstageMemory
import OffstageTesting
import Testing

@Suite struct SelectionTests {
    /// The number of cases that assume one order of all jobs. A change that marks another case must update it.
    static let ordered = 32

    @Test func onePartitionMustPassAllAndSeveralAllButThoseThatAssumeOneOrder() {
        let all = StoreConformance.cases
        #expect(StoreConformance.cases(partitions: 1).count == all.count)
        let spread = StoreConformance.cases(partitions: 2)
        #expect(spread.count == all.count - Self.ordered)
        #expect(spread.allSatisfy { !$0.needsTotalOrder })
        #expect(StoreConformance.cases(partitions: 4096).count == spread.count)
    }

    @Test func aCaseThatNeedsOneOrderFailsOnSeveralPartitionsInsteadOfBeingSkipped() async throws {
        let test = try #require(StoreConformance.cases.first { $0.needsTotalOrder })
        let harness = ConformanceHarness(partitions: 2) { MemoryStore(options: $0) }
        await #expect(throws: ConformanceFailure.self) { try await harness.run(test) }
        try await ConformanceHarness { MemoryStore(options: $0) }.run(test)
    }
}
