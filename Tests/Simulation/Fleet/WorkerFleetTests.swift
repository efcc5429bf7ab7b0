// Real workers in a storm, on the store in memory.
import OffstageCore
import OffstageMemory
import OffstageTesting
import Testing

@Suite struct WorkerFleetTests {
    @Test func aStormOverRealWorkersBreaksNoPromise() async throws {
        for offset in 0..<UInt64(max(1, FleetTests.fleets / 12)) {
            let seed = ComparisonTests.seed &+ offset
            let time = ManualTime()
            var options = StoreOptions()
            options.time = time
            options.log = SilentLog()
            let store = MemoryStore(options: options)
            let fleet = WorkerFleet(seed: seed, store: store, time: time)
            let found = try await fleet.run(turns: 400)
            #expect(found.isEmpty, "OFFSTAGE_SEED=\(seed): \(found.prefix(5).joined(separator: "\n"))")
            let totals = fleet.totals
            let isBusy = totals.jobs > 100 && totals.grants > totals.jobs
            #expect(isBusy, "OFFSTAGE_SEED=\(seed): hardly anything happened: \(totals)")
            await store.close()
        }
    }
}
