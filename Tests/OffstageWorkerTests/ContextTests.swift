// What a handler can report while it runs, and the jobs that it enqueues.
import OffstageCore
import OffstageMemory
import OffstageWorker
import Testing

private struct Child: Job {
    static let name = "child"
    var n: Int
    func perform(in context: JobContext) async throws {}
}

@Suite(.timeLimit(.minutes(1))) struct ContextTests {
    @Test func progressAndCheckpointAreOnTheRecordAndReadBack() async throws {
        let store = memoryStore()
        let id = try await store.put(newJob("x"))[0]
        let read = Box<[Place?]>([])
        let worker = Worker(store, options: testOptions()) {
            Handler(raw: "x", retry: .constant(.zero)) { _, context in
                let checkpoint = try context.checkpoint(as: Place.self)
                read.change { $0.append(checkpoint) }
                guard checkpoint == nil else { return nil }
                try await context.report(progress: 0.5, "half")
                try await context.save(checkpoint: Place(page: 2))
                throw Discontinued()
            }
        }
        try await running(worker) {
            try await eventually("completed") { try await store.state(id) == .completed }
        }
        #expect(read.value == [nil, Place(page: 2)])
        #expect(try await store.record(id).progress == Progress(fraction: 0.5, note: "half"))
    }

    struct Place: Codable, Equatable { var page: Int }
    struct Discontinued: Error {}

    @Test func keyedChildrenAreEnqueuedOnceThoughTheParentRunsTwice() async throws {
        let store = memoryStore()
        let id = try await store.put(newJob("parent"))[0]
        let worker = Worker(store, options: testOptions()) {
            Handler(raw: "parent", retry: .constant(.zero)) { _, context in
                try await context.enqueue((0..<10).map { (job: Child(n: $0), key: "\($0)") })
                if context.attempt == 1 { throw Discontinued() }
                return nil
            }
        }
        try await running(worker) {
            try await eventually("completed") { try await store.state(id) == .completed }
        }
        let children = try await store.list(JobFilter(type: "child"), after: nil, limit: 100).records
        #expect(children.count == 10)
        #expect(children.allSatisfy { $0.parent == id })
    }

    @Test func childrenAndFollowUpsLieAtMostTenYearsAhead() async throws {
        let store = memoryStore()
        let ids = try await store.put(newJob("child-at"), newJob("follow-at"))
        var far = EnqueueOptions()
        far.start = .at(SystemTime().now() + Limits().horizon + .seconds(60))
        let options = far
        let worker = Worker(store, options: testOptions()) {
            Handler(raw: "child-at", retry: .never) { _, context in
                try await context.enqueue(Child(n: 1), options: options)
                return nil
            }
            Handler(raw: "follow-at", retry: .never) { _, context in
                try context.follow(with: Child(n: 1), options: options)
                return nil
            }
        }
        try await running(worker) {
            for id in ids { try await eventually("discarded") { try await store.state(id) == .discarded } }
        }
        for id in ids {
            #expect(try await store.record(id).errors.first?.message.contains("more than ten years ahead") == true)
        }
        #expect(try await store.list(JobFilter(type: "child"), after: nil, limit: 10).records.isEmpty)
    }

    @Test func followUpsAreStoredWithTheCompletionOnly() async throws {
        let store = memoryStore()
        let good = try await store.put(newJob("good"))[0]
        let bad = try await store.put(newJob("bad"))[0]
        let worker = Worker(store, options: testOptions()) {
            Handler(raw: "good") { _, context in
                try context.follow(with: Child(n: 1))
                return nil
            }
            Handler(raw: "bad") { _, context in
                try context.follow(with: Child(n: 2))
                throw Discard("no")
            }
        }
        try await running(worker) {
            try await eventually("both ended") {
                let ends = try await [store.state(good), store.state(bad)]
                return ends == [.completed, .discarded]
            }
        }
        let children = try await store.list(JobFilter(type: "child"), after: nil, limit: 100).records
        #expect(children.map(\.parent) == [good])
    }

    struct Refusing: EnqueueMiddleware {
        func enqueue(
            _ jobs: [NewJob], next: @Sendable ([NewJob]) async throws -> [EnqueueAnswer]
        ) async throws -> [EnqueueAnswer] {
            throw InvalidJob("no children today")
        }
    }

    @Test func childrenPassTheEnqueueMiddleware() async throws {
        let store = memoryStore()
        let id = try await store.put(newJob("x"))[0]
        let worker = Worker(store, enqueueMiddleware: [Refusing()], options: testOptions()) {
            Handler(raw: "x") { _, context in
                try await context.enqueue(Child(n: 1))
                return nil
            }
        }
        try await running(worker) {
            try await eventually("failed") { try await store.state(id) == .retryable }
        }
        #expect(try await store.record(id).errors.map(\.message) == ["no children today"])
    }
}
