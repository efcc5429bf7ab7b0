// `offstage bench`: how fast the store is on this machine, beside the rate of a bare loop over the same backing.
import OffstageBench
import OffstageCore
import OffstageSQLite

/// The command that measures.
enum BenchCommand {
    static let spec = CommandSpec(
        "bench", "measure the store on this machine, beside the raw limit",
        details: "Runs on fresh stores in a folder beside the store, and removes them. Takes a minute or two.",
        options: [
            .value("jobs", "N", .count(100...100_000_000), "how many jobs each part handles (100000)"),
            .value("payload", "BYTES", .count(16...Limits().argumentBytes), "bytes of each job's arguments (64)"),
            .value("concurrency", "N", .count(1...10_000), "how many jobs the worker runs at once (16)"),
            .value(
                "backlog", "N", .count(0...1_000_000_000), repeatable: true,
                "drain in front of N waiting jobs (10000 and 1000000); 0: not"),
        ],
        run: run)

    /// The worker that `bench` starts in a process of its own; not for people.
    static let peer = CommandSpec(
        "bench-peer", "be the worker whose latency bench measures",
        arguments: [ArgumentSpec("PATH", .file, .one, "the store")]
    ) { context in
        var options = StoreOptions()
        options.log = SilentLog()
        let store = try await SQLiteStore.open(context.invocation.argument("PATH") ?? "", options: options)
        for sample in try await PickupPeer.run(store) { try context.output.line("\(sample)") }
        await store.close()
        return .done
    }

    private static func run(_ context: CommandContext) async throws -> ExitStatus {
        guard case .sqlite(let path) = try context.storeURL().location else {
            throw UsageError("bench measures sqlite: stores")
        }
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
        let target = try SQLiteBenchTarget(beside: path)
        let report = try await Bench(settings, on: target) { part in output.status("bench: \(part) …") }.run()
        output.status("")
        if context.invocation.wantsJSON {
            try output.document(report.json())
        } else {
            for line in BenchText.lines(report) { try output.line(line) }
        }
        return .done
    }
}
