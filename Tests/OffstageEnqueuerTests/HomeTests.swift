// The partitions of jobs on a partitioned store. The enqueuer asks the store once for each id that it makes, and never
// for an id that a caller chose, because only the caller may change that id.
import OffstageCore
import OffstageEnqueuer
import OffstageMemory
import Testing

@Suite struct HomeTests {
    let bench = Bench()

    init() { bench.store.spread() }

    private var homes: [JobID] { bench.store.asked.map(\.answer) }

    @Test func everyRoadToTheStoreAsksOnceForEachJob() async throws {
        let enqueuer = bench.enqueuer
        var ids = [try await enqueuer.enqueue(Ping()).id]
        ids.append(try await enqueuer.enqueue(Ping(), at: bench.time.now()).id)
        ids.append(try await enqueuer.enqueue(type: "raw", arguments: []).id)
        ids.append(try await enqueuer.enqueue(type: "encoded", encoding: [1]).id)
        ids += try await enqueuer.enqueue(all: [Ping(), Ping()]).map(\.id)
        #expect(homes == ids)
        #expect(ids.map(\.home) == Array(1...6))
        for id in ids { #expect(try await bench.record(id).id == id) }
        try await enqueuer.enqueue(stream: (0..<3).map { _ in Ping() })
        #expect(bench.store.batches.last?.map(\.id) == Array(homes.suffix(3)))
        #expect(
            bench.store.asked.map(\.type) == ["ping", "ping", "raw", "encoded"] + Array(repeating: "ping", count: 5))
    }

    @Test func aPreparedJobKeepsItsHomeHoweverOftenItIsSent() async throws {
        let job = try bench.enqueuer.prepare(Ping())
        #expect(homes == [job.id])
        _ = try await bench.enqueuer.enqueue(batch: [job])
        let again = try await bench.enqueuer.enqueue(batch: [job])[0].get()
        #expect(again == EnqueueReceipt(id: job.id, state: .available, duplicate: true))
        #expect(homes == [job.id])
    }

    @Test func aUniqueKeyIsToldToTheStore() async throws {
        try await bench.enqueuer.enqueue(Ping(), unique: .key("k"))
        try await bench.enqueuer.enqueue(Ping())
        #expect(bench.store.asked.map(\.uniqueKey) == ["k", nil])
    }

    @Test func aCallersOwnIDIsLeftAsItIs() async throws {
        var options = EnqueueOptions()
        options.id = JobID(high: 0x0190_0000_0000_7abc, low: 1 << 63 | 2)
        #expect(try await bench.enqueuer.enqueue(Ping(), options: options).id == options.id)
        #expect(try bench.enqueuer.prepare(type: "ping", arguments: [], options: options).id == options.id)
        #expect(homes.isEmpty)
    }

    @Test func aStoreOfOnePartitionKeepsIdentifiersThatAscend() throws {
        let plain = Enqueuer(MemoryStore(options: StoreOptions()), time: bench.time)
        let ids = try (0..<100).map { _ in try plain.prepare(Ping()).id }
        #expect(ids == ids.sorted())
    }
}
