// `offstage enqueue --bulk`: one job a line, any number of lines. Lines are read in pieces and enqueued in batches. The
// next batch is read while the previous one is stored, so memory stays small and the store stays busy. A bad line ends
// the command: everything before it is stored, nothing after it. With `--skip-bad`, bad lines are noted and skipped.
import OffstageCore
import OffstageEnqueuer
import OffstageMonitor

/// Enqueues a file of jobs.
struct BulkEnqueue {
    /// The most bytes of arguments in one batch.
    private static let batchBytes = 4 << 20
    /// The most bad lines that the JSON document lists.
    private static let badLimit = 10_000

    private struct Batch {
        var jobs: [NewJob] = []
        var lines: [Int] = []
        var bytes = 0

        var isFull: Bool { jobs.count >= Limits.batch || bytes >= BulkEnqueue.batchBytes }
    }

    private let path: String
    private let context: CommandContext
    private let skipsBad: Bool
    private var stored = 0
    private var duplicates = 0
    private var replaced = 0
    private var bad: [(line: Int, message: String)] = []
    private var badCount = 0

    init(path: String, context: CommandContext) {
        self.path = path
        self.context = context
        skipsBad = context.invocation.has("skip-bad")
    }

    /// Reads and enqueues everything, and reports the result.
    mutating func run() async throws -> ExitStatus {
        let defaults = try EnqueueFlags.options(context.invocation, seenAt: context.time.now())
        var lines = LineReader(file: try InputFile.open(path), limit: BulkLine.maxBytes)
        let context = context
        var bar = ProgressBar("enqueue", output: context.output, time: context.time)
        var this = self
        try await context.withStore(to: .make) { store in
            let enqueuer = context.enqueuer(store)
            let parser = BulkLine(defaults: defaults, enqueuer: enqueuer)
            var underWay: Task<(Batch, [EnqueueResult]), any Error>?
            var isAtEnd = false
            while !isAtEnd, this.goesOn {
                let batch = try this.nextBatch(from: &lines, parser, &isAtEnd)
                if let task = underWay { try await this.count(finishing: task) }
                underWay = nil
                guard !batch.jobs.isEmpty else { continue }
                underWay = Task { (batch, try await enqueuer.enqueue(batch: batch.jobs)) }
                bar.show(this.stored + this.duplicates + this.replaced, fraction: lines.fraction)
            }
            if let task = underWay { try await this.count(finishing: task) }
        }
        bar.end()
        self = this
        return try report()
    }

    private var goesOn: Bool { skipsBad || badCount == 0 }

    private mutating func nextBatch(
        from lines: inout LineReader, _ parser: BulkLine, _ isAtEnd: inout Bool
    ) throws -> Batch {
        var batch = Batch()
        while !batch.isFull, goesOn {
            guard let line = try lines.next() else {
                isAtEnd = true
                break
            }
            guard !line.isBlank else { continue }
            do {
                let job = try parser.job(line)
                batch.jobs.append(job)
                batch.lines.append(line.number)
                batch.bytes += job.arguments.count
            } catch {
                note(line: line.number, "\(error)")
            }
        }
        return batch
    }

    private mutating func count(finishing task: Task<(Batch, [EnqueueResult]), any Error>) async throws {
        let done: (batch: Batch, answers: [EnqueueResult])
        do {
            done = try await task.value
        } catch {
            throw CommandFailure("\(error); \(Figures.jobs(stored)) stored before that")
        }
        for (line, answer) in zip(done.batch.lines, done.answers) {
            switch answer {
            case .success(let receipt) where receipt.replaced: replaced += 1
            case .success(let receipt) where receipt.duplicate: duplicates += 1
            case .success: stored += 1
            case .failure(let refusal): note(line: line, refusal.description)
            }
        }
    }

    private mutating func note(line: Int, _ message: String) {
        badCount += 1
        if bad.count < Self.badLimit { bad.append((line, message)) }
        if skipsBad { context.output.message("line \(line): \(message)") }
    }

    private func report() throws -> ExitStatus {
        if context.invocation.wantsJSON {
            let inOrder = bad.sorted { $0.line < $1.line }
            try context.output.document(
                Documents.bulk(stored: stored, duplicates: duplicates, replaced: replaced, bad: inOrder))
        } else {
            let newer = replaced > 0 ? ", \(Figures.grouped(replaced)) replaced older ones" : ""
            let known = duplicates > 0 ? ", \(Figures.grouped(duplicates)) were there before" : ""
            let skipped = skipsBad && badCount > 0 ? ", skipped \(Figures.grouped(badCount)) bad lines" : ""
            try context.output.line("stored \(Figures.jobs(stored))\(newer)\(known)\(skipped)")
        }
        if !skipsBad, let first = bad.min(by: { $0.line < $1.line }) {
            throw CommandFailure(
                "line \(first.line): \(first.message); \(Figures.jobs(stored)) stored,"
                    + " --skip-bad goes on after bad lines"
            )
        }
        return badCount == 0 ? .done : .failed
    }
}
