// `offstage bench`: measures how fast a store is on this machine, compared with a bare loop over the same backing.
// Takes several stores in one run, so that they can be compared.
import OffstageBench
import OffstageCore

/// The command that measures.
enum BenchCommand {
    static let spec = CommandSpec(
        "bench", "measure the store on this machine, beside the raw limit",
        details: "Runs on fresh stores, in a folder beside the file or in namespaces of their own on the server, and"
            + " removes them. Takes a minute or two.",
        options: [
            .value(
                "store", "URL", .text, repeatable: true,
                "what to measure: sqlite:PATH, redis://HOST:PORT, unix:///PATH; several are measured one by one"
                    + " (default: as for all commands)"),
            .value("jobs", "N", .count(100...100_000_000), "how many jobs each part handles (100000)"),
            .value("payload", "BYTES", .count(16...Limits().argumentBytes), "bytes of each job's arguments (64)"),
            .value("concurrency", "N", .count(1...10_000), "how many jobs the worker runs at once (16)"),
            .value(
                "backlog", "N", .count(0...1_000_000_000), repeatable: true,
                "drain in front of N waiting jobs (10000 and 1000000); 0: not"),
        ],
        run: run)

    /// The worker that `bench` starts in a separate process; hidden from help.
    static let peer = CommandSpec(
        "bench-peer", "be the worker whose latency bench measures",
        options: [.flag("bare", "wait for bare messages instead")]
    ) { context in
        if context.invocation.has("bare") {
            for sample in try await bareSamples(context.storeURL()) { try context.output.line("\(sample)") }
            return .done
        }
        var options = StoreOptions()
        options.log = SilentLog()
        let store = try await StoreOpener.open(context.storeURL(), options: options)
        for sample in try await PickupPeer.run(store) { try context.output.line("\(sample)") }
        await store.close()
        return .done
    }

    private static func bareSamples(_ store: StoreURL) async throws -> [Int64] {
        switch store.location {
        case .sqlite(let path): try await BareWakePeer.run(page: SQLiteBenchTarget.barePage(path))
        case .redis(let server): try await BareWakePeer.run(server, list: RedisBenchTarget.bareList(server))
        case .memory: throw UsageError("bench measures sqlite: and redis: stores")
        }
    }

    private static func run(_ context: CommandContext) async throws -> ExitStatus {
        let named = context.invocation.texts("store")
        let stores =
            named.isEmpty ? [try context.storeURL()] : try named.map { try StoreURL.parse($0, from: "--store") }
        // Reject an unusable address before minutes are spent on the stores before it.
        for store in stores where store.isServer || stores.count > 1 { await (try target(for: store)).cleanUp() }
        var settings = BenchSettings()
        settings.jobs = context.invocation.count("jobs") ?? settings.jobs
        settings.payloadBytes = context.invocation.count("payload") ?? settings.payloadBytes
        settings.concurrency = context.invocation.count("concurrency") ?? settings.concurrency
        let backlogs = context.invocation.texts("backlog").compactMap { Int($0) }
        if !backlogs.isEmpty { settings.backlogs = backlogs.filter { $0 > 0 } }
        settings.peerArguments = [peer.name]
        #if DEBUG
            context.output.message("this is a debug build: its figures say nothing; use a release build")
        #endif
        let output = context.output
        for (number, store) in stores.enumerated() {
            let report = try await Bench(settings, on: target(for: store)) { part in
                output.status("bench: \(part) …")
            }.run()
            output.status("")
            if context.invocation.wantsJSON {
                try output.document(report.json())
            } else {
                if number > 0 { try output.line("") }
                for line in BenchText.lines(report) { try output.line(line) }
            }
            try output.flush()
        }
        return .done
    }

    private static func target(for store: StoreURL) async throws -> any BenchTarget {
        switch store.location {
        case .sqlite(let path): try SQLiteBenchTarget(beside: path)
        case .redis(let server): try await RedisBenchTarget(server)
        case .memory: throw UsageError("bench measures sqlite: and redis: stores")
        }
    }
}
