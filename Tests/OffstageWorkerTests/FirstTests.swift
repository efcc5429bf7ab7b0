import OffstageCore
import OffstageMemory
import OffstageWorker
import Testing

@Suite struct WorkerRunsTests {
    @Test func completesJobs() async throws {
        let store = memoryStore()
        let id = try await store.put(newJob("add", "[1,2]"))[0]
        let worker = Worker(store, options: testOptions()) {
            Handler("add") { (numbers: [Int], _) in numbers.reduce(0, +) }
        }
        try await running(worker) {
            try await eventually("completed") { try await store.state(id) == .completed }
        }
        #expect(try await store.record(id).result == Array("3".utf8))
        #expect(try await store.workers().isEmpty)
    }
}
