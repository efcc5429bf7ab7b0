// The store that many machines share: one Redis, a master watched by Sentinels, or a cluster. Each operation is one Lua
// script per partition. This type decides which script runs where, and what its reply means. Wire/ handles connections,
// failovers and lost replies.
public import OffstageCore
import Synchronization

/// A store in Redis.
public final class RedisStore: Store {
    /// The layout of the keys that this program reads and writes.
    static let layout = 2

    /// The store's kind, location and guarantees.
    public let traits: StoreTraits
    let caller: ScriptCaller
    let partitions: Partitions
    let options: StoreOptions
    let url: RedisURL
    private let gatherers: [EnqueueGatherer]
    private let waiters: RedisWaiters
    let homes: HomeCounter
    /// Whether one of several partitions recently reported that a crash suspect is due.
    let suspectIsDue = Atomic(false)

    private init(
        traits: StoreTraits, caller: ScriptCaller, partitions: Partitions, options: StoreOptions, url: RedisURL
    ) {
        self.traits = traits
        self.caller = caller
        self.partitions = partitions
        self.options = options
        self.url = url
        gatherers = partitions.all.map {
            EnqueueGatherer(
                caller: caller, partition: $0, replicas: url.wait,
                replicaPatience: url.waitTimeout ?? .seconds(1))
        }
        waiters = RedisWaiters(caller: caller, partitions: partitions, time: options.time)
        homes = HomeCounter()
    }

    /// Opens the store at a URL, and creates its namespace if there is none. The schemes are `redis://`, `rediss://`,
    /// `unix://`, `redis+sentinel://` and `redis+cluster://`. Throws StoreError if the store cannot be reached or must
    /// not be used.
    public static func open(_ url: String, options: StoreOptions = StoreOptions()) async throws -> RedisStore {
        try await open(url, options: options, clock: .server)
    }

    /// Opens the store with a clock other than the server's, for tests that control time.
    package static func open(_ text: String, options: StoreOptions, clock: RedisClock) async throws -> RedisStore {
        try await connecting(to: try RedisURL(text), options) { url, client, watch in
            let store = try await open(url, client: client, watch, options: options, clock: clock)
            return (store, true)
        }
    }

    /// Connects and runs `body`. Closes the connections if `body` throws or does not keep them.
    private static func connecting<Answer>(
        to url: RedisURL, _ options: StoreOptions,
        _ body: (RedisURL, RedisClient, NamespaceGuard) async throws -> (Answer, isKept: Bool)
    ) async throws -> Answer {
        let isCluster = if case .cluster = url.topology { true } else { false }
        let watch = NamespaceGuard(
            location: "\(url)", namespace: url.namespaceName, isCluster: isCluster, log: options.log)
        let client = try await RedisClient.open(url, options: RedisClientOptions(options, watch))
        watch.use(client)
        do {
            let (answer, isKept) = try await body(url, client, watch)
            if !isKept { await client.close() }
            return answer
        } catch {
            await client.close()
            throw error
        }
    }

    private static func open(
        _ url: RedisURL, client: RedisClient, _ watch: NamespaceGuard, options: StoreOptions, clock: RedisClock
    ) async throws -> RedisStore {
        var caller = ScriptCaller(client: client, options: options, clock: clock)
        var settings = try await ServerSettings.read(client, slot: 0, patience: options.patience)
        try settings.check("\(url)", url)
        let namespace = url.namespaceName
        let wanted = url.partitions ?? (client.isCluster ? 16 : 1)
        let opened = try await Namespace(name: namespace, caller: caller, location: "\(url)").open(partitions: wanted)
        let found = opened.partitions
        caller.identity = opened.identity
        watch.expect(opened.identity)
        watch.watch(Partitions(namespace: namespace, count: found).all)
        if let asked = url.partitions, asked != found {
            options.log(
                .warning, "the namespace has \(found) partitions and keeps them; the URL asks for \(asked)",
                ["namespace": namespace])
        }
        // Each node of a cluster has its own settings; the store promises only what the weakest of them keeps.
        var seen: Set<String> = [client.address(slot: 0)]
        for partition in Partitions(namespace: namespace, count: found).all {
            let node = client.address(slot: partition.slot)
            guard seen.insert(node).inserted else { continue }
            let own = try await ServerSettings.read(client, slot: partition.slot, patience: options.patience)
            try own.check("\(url), node \(node),", url)
            if settings.isDurable, !own.isDurable { settings = own }
        }
        let traits = StoreTraits(
            kind: "redis", location: "\(url)", settings: settings.line(waiting: url.wait), lease: options.lease,
            isDurable: settings.isDurable, isShared: true, partitions: found)
        return RedisStore(
            traits: traits, caller: caller, partitions: Partitions(namespace: namespace, count: found),
            options: options, url: url)
    }

    /// Creates the namespace, or migrates an older one. Returns the layouts before and after; 0 if there was none.
    public static func migrate(_ text: String, options: StoreOptions = StoreOptions()) async throws -> (
        from: Int, to: Int
    ) {
        try await connecting(to: try RedisURL(text), options) { url, client, _ in
            let caller = ScriptCaller(client: client, options: options, clock: .server)
            let namespace = Namespace(name: url.namespaceName, caller: caller, location: "\(url)")
            let before = try await namespace.layout()
            if let before, before < 1 {
                throw StoreError.unusable(
                    "\(url): namespace \(namespace.name) has layout \(before), which no version wrote")
            }
            if before == 1 { try await namespace.migrate() }
            _ = try await namespace.open(partitions: url.partitions ?? (client.isCluster ? 16 : 1))
            return ((before ?? 0, layout), false)
        }
    }

    // MARK: Enqueue

    /// Returns the id moved to a partition: that of its unique key, or else the next one in turn.
    public func home(of id: JobID, type: String, uniqueKey: String?) -> JobID {
        guard partitions.count > 1 else { return id }
        if let uniqueKey { return partitions.moved(id, type: type, key: uniqueKey) }
        return id.moved(to: homes.next())
    }

    /// Stores new jobs. Returns when the server and as many replicas as the URL asks for have stored them.
    public func enqueue(_ jobs: [NewJob]) async throws -> [EnqueueAnswer] {
        guard partitions.count > 1 else { return try await gatherers[0].enqueue(jobs) }
        var answers = jobs.map { EnqueueAnswer.taken($0.id) }
        var groups: [Int: [Int]] = [:]
        for (place, job) in jobs.enumerated() {
            if let refusal = refusal(of: job) {
                answers[place] = .refused(refusal)
            } else {
                groups[partitions.home(of: job.id).index, default: []].append(place)
            }
        }
        let results = await withTaskGroup(of: (places: [Int], answers: Result<[EnqueueAnswer], any Error>).self) {
            group in
            for (partition, places) in groups {
                let gatherer = gatherers[partition]
                group.addTask {
                    do {
                        return (places, .success(try await gatherer.enqueue(places.map { jobs[$0] })))
                    } catch { return (places, .failure(error)) }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        var isDoneInPart = false
        var errors: [any Error] = []
        for result in results {
            switch result.answers {
            case .success(let some):
                isDoneInPart = true
                for (place, answer) in zip(result.places, some) { answers[place] = answer }
            case .failure(let error):
                if case StoreError.unknownOutcome = error { isDoneInPart = true }
                errors.append(error)
            }
        }
        if let error = errors.first { throw isDoneInPart ? StoreError.afterAPart(error) : error }
        return answers
    }

    /// A unique job must be in the partition of its key. An id that names another partition is refused.
    private func refusal(of job: NewJob) -> EnqueueRefusal? {
        guard let unique = job.unique else { return nil }
        let home = partitions.moved(job.id, type: job.type, key: unique.key)
        guard partitions.home(of: home).index != partitions.home(of: job.id).index else { return nil }
        return .idAndKeyApart(partitions: partitions.count)
    }

    // MARK: Waiting and itself

    /// Makes a waiter for jobs of a selection.
    public func makeWaiter(for selection: WorkSelection) -> any WorkWaiter { waiters.make(for: selection) }

    /// Returns the server's wall clock.
    public func now() async throws -> Timestamp { try await caller.now(partitions.first) }

    /// Waits for the replies of calls in flight, then closes the connections.
    public func close() async {
        await waiters.close()
        await caller.client.close()
    }
}

extension RedisClientOptions {
    /// The wire options that follow from a store's options. The store's patience also limits opening.
    fileprivate init(_ options: StoreOptions, _ watch: NamespaceGuard) {
        self.init()
        log = options.log
        openPatience = options.patience
        busyPatience = options.patience
        judge = { watch.judge($0, slot: $1) }
    }
}
