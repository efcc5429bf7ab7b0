// What handlers report, and what happens to an attempt during which the store failed.
import OffstageCore
import OffstageMemory
import OffstageWorker
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1))) struct NoteTests {
    /// Blocks the calls of a store until it is opened.
    private final class Gate: Sendable {
        let isOpen = Atomic(false)
        let calls = Mutex<[[JobNote]]>([])
        private let time = SystemTime()

        func pass(_ notes: [JobNote]) async throws {
            calls.withLock { $0.append(notes) }
            while !isOpen.load(ordering: .acquiring) { try await time.sleep(for: .milliseconds(2)) }
        }
    }

    @Test func whatIsReportedWhileACallIsUnderWayGoesTogetherAndTheNewestWins() async throws {
        let gate = Gate()
        let store = ProxyStore(memoryStore(lease: .seconds(20)), onNote: { try await gate.pass($0) })
        let ids = try await store.put(newJob("r"), newJob("r"), newJob("r"))
        let waiting = Box(0)
        let worker = Worker(store, concurrency: 3, options: testOptions()) {
            Handler(raw: "r") { _, context in
                try await context.report(progress: 0, "first")
                return try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 1...50 {
                        group.addTask {
                            waiting.change { $0 += 1 }
                            try await context.report(progress: 0.5, "\(number)")
                        }
                    }
                    group.addTask { try await context.save(rawCheckpoint: Array("5".utf8)) }
                    try await group.waitForAll()
                    return nil
                }
            }
        }
        try await running(worker) {
            try await eventually("the first report is under way") { gate.calls.withLock { $0.count } == 1 }
            gate.isOpen.store(true, ordering: .releasing)
            for id in ids {
                try await eventually("every report was answered") { try await store.state(id) == .completed }
                let record = try await store.record(id)
                #expect(record.progress?.fraction == 0.5)
            }
        }
        // 3 first reports and 153 others: sent one at a time, they would be as many calls.
        let calls = gate.calls.withLock { $0 }
        #expect(calls.count < 60, "\(calls.count)")
        for call in calls {
            let progress = call.filter { if case .progress = $0.kind { true } else { false } }
            #expect(Set(progress.map(\.token)).count == progress.count)
        }
    }

    @Test func aStoreThatIsFullUnderACheckpointCostsNoAttempt() async throws {
        let store = ProxyStore(
            memoryStore(lease: .seconds(20)),
            onNote: { notes in
                for note in notes { if case .checkpoint = note.kind { throw StoreError.full("no room left") } }
            })
        let id = try await store.put(newJob("r") { $0.maxAttempts = 1 })[0]
        let small = try await store.put(newJob("s"))[0]
        let options = testOptions()
        let worker = Worker(store, options: options) {
            Handler(raw: "r") { _, context in
                try await context.save(checkpoint: 5)
                return nil
            }
            Handler(raw: "s") { _, context in
                try await context.report(progress: 0.5)
                return nil
            }
        }
        try await running(worker) {
            try await eventually("it is tried later") { try await store.state(id) == .scheduled }
            try await eventually("progress finds room") { try await store.state(small) == .completed }
        }
        let record = try await store.record(id)
        #expect(record.errors.isEmpty)
        #expect(record.attempt <= 1)
        // The next attempt is still the first.
        #expect(record.maxAttempts == 1)
    }

    @Test func anotherStoresErrorIsTheHandlersOwn() async throws {
        let store = memoryStore()
        let id = try await store.put(newJob("r") { $0.maxAttempts = 1 })[0]
        let worker = Worker(store, options: testOptions()) {
            Handler(raw: "r") { _, _ in throw StoreError.full("a store of the handler's own") }
        }
        try await running(worker) {
            try await eventually("it has failed") { try await store.state(id) == .discarded }
        }
    }

    @Test func aLogThatIsStuckHoldsNoWorkerUp() async throws {
        final class StuckLog: Log {
            let isOpen = Atomic(false)
            let time = SystemTime()
            func write(_ level: LogLevel, _ message: String, _ facts: [(String, String)]) {
                while !isOpen.load(ordering: .acquiring) { usleepForTest(1000) }
            }
        }
        let log = StuckLog()
        defer { log.isOpen.store(true, ordering: .releasing) }
        let store = memoryStore()
        let failing = try await store.put(newJob("f") { $0.maxAttempts = 1 })[0]
        let talking = try await store.put(newJob("t"))[0]
        let worker = Worker(store, concurrency: 2, options: testOptions { $0.log = log }) {
            Handler(raw: "f") { _, _ in throw StoreError.failed("x") }
            Handler(raw: "t") { _, context in
                for number in 0..<5000 { context.log(.info, "\(number)") }
                return nil
            }
        }
        try await running(worker) {
            for (id, state) in [(failing, JobState.discarded), (talking, .completed)] {
                try await eventually("it goes on") { try await store.state(id) == state }
            }
        }
    }
}
