// What every test of the enqueuer uses: a store on a simulated clock, an enqueuer, and helpers that do a worker's part.
import OffstageCore
import OffstageEnqueuer
import OffstageMemory
import OffstageTesting
import Synchronization
import Testing

struct Resize: Job, Equatable {
    static let name = "image.resize"
    static let defaults = JobDefaults(queue: "images", priority: 2, maxAttempts: 5, timeout: .seconds(60))
    var source: String
    var width = 320
    func perform(in context: JobContext) async throws -> Size { Size(width: width, height: width) }
}

struct Size: Codable, Equatable { var width, height: Int }

struct Ping: Job {
    static let name = "ping"
    var number = 0
    func perform(in context: JobContext) async throws {}
}

struct Bench: Sendable {
    let time: TurnedTime
    let store: CountingStore
    let enqueuer: Enqueuer
    private let leases = Counter()

    init(middleware: [any EnqueueMiddleware] = []) {
        let time = TurnedTime()
        var options = StoreOptions()
        options.time = time
        self.init(MemoryStore(options: options), time: time, middleware: middleware)
    }

    init(
        _ inner: any Store, time: TurnedTime, middleware: [any EnqueueMiddleware] = [], seed: UInt64 = 7
    ) {
        self.time = time
        store = CountingStore(inner)
        enqueuer = Enqueuer(store, middleware: middleware, time: time, random: SeededRandom(seed: seed))
    }

    func record(_ id: JobID) async throws -> JobRecord { try #require(try await store.find([id])[0]) }

    func count() async throws -> Int {
        let counts = try await store.counts()
        return JobState.allCases.reduce(0) { $0 + counts.total($1) }
    }

    /// Reserves the next job of a type, as a worker that starts it at once.
    func start(_ type: String) async throws -> ReservedJob {
        let request = ReserveRequest(
            worker: WorkerID(bits: 9), selection: WorkSelection(queues: nil, types: [type]), limit: 1, startNow: 1,
            holding: 0, firstCounter: leases.next())
        return try #require(try await store.reserve(request).jobs.first)
    }

    /// Runs the next job of a type until it ends.
    @discardableResult
    func run(_ type: String, _ outcome: Outcome, policy: RetryPolicy = .never) async throws -> JobID {
        let job = try await start(type)
        var random: any RandomSource = SeededRandom(seed: 1)
        let settlement = Settlement.of(outcome, job: job, policy: policy, ranMicroseconds: 1000, random: &random)
        #expect(try await store.settle([settlement]) == [.accepted])
        return job.id
    }
}

final class Counter: Sendable {
    private let value = Mutex(UInt64(0))
    func next() -> UInt64 {
        value.withLock {
            $0 += 1
            return $0
        }
    }
    var count: UInt64 { value.withLock { $0 } }
}

func json(_ text: String) -> [UInt8] { Array(text.utf8) }
