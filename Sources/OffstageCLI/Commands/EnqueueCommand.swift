// `offstage enqueue TYPE [JSON|-]`: puts a job on a queue. Prints only the id, so that a script can keep it. With
// `--wait`, waits until the job has ended and prints the result.
import OffstageCore
import OffstageEnqueuer
import OffstageMonitor
import OffstageWorker

/// The command that enqueues jobs.
enum EnqueueCommand {
    static let spec = CommandSpec(
        "enqueue", "put a job, or many, on a queue",
        details: "Prints the job's id. Arguments are JSON, {} if none are given, and - reads them from standard input."
            + "\nWith --bulk, one job a line: {\"type\":\"mail.send\",\"args\":{...},\"queue\":\"mail\",...};"
            + " the members are named as the options are (max_attempts, return, ...), and options given here hold for"
            + " lines that say nothing else.",
        arguments: [
            ArgumentSpec("TYPE", .name, .optional, "what kind of job it is, such as mail.send"),
            ArgumentSpec("JSON", .text, .optional, "its arguments; - reads them from standard input"),
        ],
        options: EnqueueFlags.specs + [
            .value("id", "UUID", .id, "the job's id; the same id again stores nothing new"),
            .value("wait", "DURATION", .duration, "wait for the job's end and print its result"),
            .value("bulk", "FILE", .file, "enqueue one job a line of FILE (- is standard input)"),
            .flag("skip-bad", "with --bulk: go on after a line that is no job"),
        ],
        run: run)

    private static func run(_ context: CommandContext) async throws -> ExitStatus {
        let invocation = context.invocation
        if let path = invocation.text("bulk") {
            for name in ["id", "wait"] where invocation.has(name) { throw UsageError("--bulk takes no --\(name)") }
            guard invocation.argument("TYPE") == nil else {
                throw UsageError("--bulk takes no TYPE: each line has its own")
            }
            var bulk = BulkEnqueue(path: path, context: context)
            return try await bulk.run()
        }
        guard !invocation.has("skip-bad") else { throw UsageError("--skip-bad belongs to --bulk") }
        guard let type = invocation.argument("TYPE") else { throw UsageError("enqueue needs TYPE, or --bulk FILE") }
        let arguments = try arguments(context)
        let options = try EnqueueFlags.options(invocation, seenAt: context.time.now())
        return try await context.withStore(to: .make) { store in
            let enqueuer = context.enqueuer(store)
            let receipt = try await enqueuer.enqueue(type: type, arguments: arguments, options: options)
            guard let patience = try invocation.duration("wait") else {
                try report(receipt, context)
                return .done
            }
            return try await Waiting(id: receipt.id, patience: patience).run(
                Monitor(store, time: context.time), context)
        }
    }

    private static func arguments(_ context: CommandContext) throws -> [UInt8] {
        var bytes = Array((context.invocation.argument("JSON") ?? "{}").utf8)
        if bytes == [UInt8(ascii: "-")] {
            bytes = try InputFile.open("-").readAll(upTo: context.limits.argumentBytes)
            while let last = bytes.last, last == 0x0A || last == 0x0D { bytes.removeLast() }
        }
        do {
            try JSON.validate(bytes)
        } catch {
            throw UsageError("the arguments are not JSON: \(error)")
        }
        return bytes
    }

    private static func report(_ receipt: EnqueueReceipt, _ context: CommandContext) throws {
        guard context.invocation.wantsJSON else { return try context.output.line(receipt.id.description) }
        try context.output.document(
            Documents.receipt(
                id: receipt.id, state: receipt.state, duplicate: receipt.duplicate, replaced: receipt.replaced))
    }
}
