// The partitions of jobs that handlers enqueue, on a partitioned store. A keyed child must get the same id whenever its
// parent runs, and a follow-up is stored in its parent's transaction.
import OffstageCore
import OffstageMemory
import OffstageWorker
import Testing

private struct Child: Job {
    static let name = "child"
    var n: Int
    func perform(in context: JobContext) async throws {}
}

@Suite(.timeLimit(.minutes(1))) struct HomeTests {
    private let asked = Box<[String?]>([])
    private let memory = memoryStore()

    /// A store with many partitions that places jobs with a key in 77 and others in 55.
    private var store: ProxyStore {
        ProxyStore(
            memory, partitions: 100,
            onHome: { id, key in
                asked.change { $0.append(key) }
                return id.moved(to: key == nil ? 55 : 77)
            })
    }

    /// Runs a handler once. Returns the ids of the children that it made, by their number, and its own id.
    private func children(
        _ body: @escaping @Sendable (JobContext) async throws -> Void
    ) async throws -> (parent: JobID, children: [Int: JobID]) {
        let parent = newJob("parent") { $0.id = $0.id.moved(to: 33) }
        _ = try await memory.enqueue([parent])
        let worker = Worker(store, options: testOptions()) {
            Handler(raw: "parent") { _, context in
                try await body(context)
                return nil
            }
        }
        try await running(worker) {
            try await eventually("completed") { try await memory.state(parent.id) == .completed }
        }
        var made: [Int: JobID] = [:]
        for row in try await memory.list(JobFilter(type: "child"), after: nil, limit: 100).records {
            let arguments = try await memory.record(row.id).arguments
            made[try #require(try JSON.parse(arguments)["n"]?.integerValue)] = row.id
        }
        return (parent.id, made)
    }

    private static func unique(_ key: String) -> EnqueueOptions {
        var options = EnqueueOptions()
        options.unique = .key(key)
        return options
    }

    private static func own(_ id: JobID) -> EnqueueOptions {
        var options = EnqueueOptions()
        options.id = id
        return options
    }

    @Test func childrenLiveWhereTheStoreSaysUnlessTheirIDIsDerived() async throws {
        let own = JobID(high: 0x0190_0000_0000_7abc, low: 1 << 63 | 2)
        let (parent, made) = try await children { context in
            try await context.enqueue(Child(n: 1))
            try await context.enqueue(Child(n: 2), key: "two")
            try await context.enqueue(Child(n: 3), key: "three", options: Self.unique("u"))
            try await context.enqueue(Child(n: 4), options: Self.own(own))
        }
        #expect(made[1]?.home == 55)
        #expect(made[2] == JobID(childOf: parent, key: "two"))
        #expect(made[3] == JobID(childOf: parent, key: "three").moved(to: 77))
        #expect(made[4] == own)
        #expect(asked.value == [nil, "u"])
    }

    @Test func followUpsLiveBesideTheirParentWhateverTheirKey() async throws {
        let (parent, made) = try await children { context in
            try context.follow(with: Child(n: 1))
            try context.follow(with: Child(n: 2), key: "two")
        }
        #expect(made[1]?.home == parent.home)
        #expect(made[2] == JobID(childOf: parent, key: "two").moved(to: parent.home))
        #expect(asked.value == [])
    }

    @Test func aFollowUpThatMustLiveElsewhereIsRefused() async throws {
        let refused = Box(0)
        let (_, made) = try await children { context in
            for options in [Self.unique("u"), Self.own(JobID(high: 0x0190_0000_0000_7abc, low: 1 << 63 | 2))] {
                do {
                    try context.follow(with: Child(n: 1), options: options)
                } catch is InvalidJob {
                    refused.change { $0 += 1 }
                }
            }
        }
        #expect(refused.value == 2)
        #expect(made.isEmpty)
    }
}
