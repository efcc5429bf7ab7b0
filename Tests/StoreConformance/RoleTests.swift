// A queue that has some of a store's roles passes the cases that need no others.
import OffstageCore
import OffstageMemory
import OffstageTesting
import Testing

/// A queue that accepts jobs, gives them out and can be read, and does nothing else.
private struct PlainQueue: JobSink, WorkSource, Inspection {
    let base: MemoryStore
    /// Whether it counts an interruption too many.
    var isWrong = false

    var traits: StoreTraits { base.traits }
    func close() async { await base.close() }
    func enqueue(_ jobs: [NewJob]) async throws -> [EnqueueAnswer] {
        try await base.enqueue(jobs)
    }
    func settle(_ settlements: [Settlement], reserving request: ReserveRequest?) async throws -> SettleReply {
        try await base.settle(settlements, reserving: request)
    }
    func note(_ notes: [JobNote]) async throws -> [TokenAnswer] { try await base.note(notes) }
    func renew(_ request: RenewRequest) async throws -> RenewReply { try await base.renew(request) }
    func makeWaiter(for selection: WorkSelection) -> any WorkWaiter { base.makeWaiter(for: selection) }
    func find(_ ids: [JobID]) async throws -> [JobRecord?] {
        let found = try await base.find(ids)
        guard isWrong else { return found }
        return found.map { record in
            var record = record
            record?.interruptions += 1
            return record
        }
    }
    func list(_ filter: JobFilter, after cursor: String?, limit: Int) async throws -> JobPage {
        try await base.list(filter, after: cursor, limit: limit)
    }
    func counts() async throws -> StoreCounts { try await base.counts() }
    func standing(of id: JobID) async throws -> JobStanding? { try await base.standing(of: id) }
    func history(since: Timestamp) async throws -> [HistoryRow] { try await base.history(since: since) }
    func now() async throws -> Timestamp { try await base.now() }
    func examine() async throws -> [Finding] { try await base.examine() }
}

@Suite struct RoleTests {
    private static let some: Set<StoreRole> = [.jobSink, .workSource, .inspection]

    @Test func theRolesOfAStoreAreTheProtocolsItConformsTo() {
        let store = MemoryStore(options: StoreOptions())
        #expect(StoreRole.roles(of: store) == Set(StoreRole.allCases))
        #expect(StoreRole.roles(of: PlainQueue(base: store)) == Self.some)
    }

    @Test func aQueueWithSomeRolesPassesTheCasesThatNeedNoOthers() async throws {
        let chosen = try await StoreConformance.cases(partitions: 1, roles: Self.some)
        // Far from all, and far from none.
        #expect(chosen.count > 50 && chosen.count < StoreConformance.cases.count - 50, "\(chosen.count)")
        let names = Set(chosen.map(\.name))
        #expect(names.contains("handed back without a start that was noted: no interruption"))
        #expect(!names.contains("upkeep ends an expired holder and the successor that it frees, once each"))
        let harness = ConformanceHarness(roles: Self.some) { PlainQueue(base: MemoryStore(options: $0)) }
        #expect(try await StoreConformance.run(harness).isEmpty)
    }

    @Test func aQueueThatIsWrongFails() async throws {
        let harness = ConformanceHarness(roles: Self.some) {
            PlainQueue(base: MemoryStore(options: $0), isWrong: true)
        }
        #expect(try await StoreConformance.run(harness).count > 5)
    }
}
