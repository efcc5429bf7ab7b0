// A program as a handler: its reports go to the job's context, and its end becomes the outcome of the attempt.
public import OffstageCore
public import OffstageWorker

/// Performs the jobs of one type by running a program for each.
public struct ProgramHandler: Sendable {
    /// The type's name.
    public let type: String
    private let program: Program
    private let store: String?
    private let retry: RetryPolicy

    /// Creates a handler. `store` is the URL that programs get as `OFFSTAGE_STORE`; `retry` decides how long a failed
    /// job waits.
    public init(type: String, program: Program, store: String?, retry: RetryPolicy = .standard) {
        self.type = type
        self.program = program
        self.store = store
        self.retry = retry
    }

    /// The handler for a worker.
    public var handler: Handler {
        Handler(outcomes: type, retry: retry) { context in try await perform(in: context) }
    }

    /// Runs the program for a job. Throws CancellationError if the program was stopped because the task is cancelled.
    package func perform(in context: JobContext) async throws(CancellationError) -> Outcome {
        let end = await program.run(
            input: context.job.arguments, environment: ProgramEnvironment.variables(for: context.job, store: store),
            checkpoint: context.checkpoint, reportPause: Self.reportPause
        ) { events in
            for event in ProgramEvent.newest(of: events) { await tell(event, to: context) }
            // A slow log reader slows the program down; one that has stopped reading does not stop it.
            await (context.log as? LooseLog)?.waitForRoom()
        }
        if let shortage = end.shortage, !end.wasStopped { context.couldNotStart(shortage) }
        return try end.outcome()
    }

    /// How long reports gather after some were passed on, because each note is a commit.
    private static let reportPause = Duration.milliseconds(100)

    private func tell(_ event: ProgramEvent, to context: JobContext) async {
        let facts = [("job", "\(context.id)"), ("type", type)]
        do {
            switch event {
            case .progress(let fraction, let note): try await context.report(progress: fraction, note)
            case .checkpoint(let value): try await context.save(rawCheckpoint: value)
            case .errorLine(let line): context.log.write(.info, line, facts)
            case .badReport(let reason): context.log.write(.warning, "descriptor 3: \(reason)", facts)
            }
        } catch {
            // This is not the program's fault and no reason to stop it: a worker that has lost the lease cancels the
            // task itself.
            context.log.write(.warning, "what the program reported is not on the record: \(error)", facts)
        }
    }
}
