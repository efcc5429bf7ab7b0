// A program in the place of a handler: what it says goes to the job's context, and its end becomes the attempt's
// outcome.
package import OffstageCore
public import OffstageWorker

/// Performs the jobs of one type by running a program for each.
public struct ProgramHandler: Sendable {
    /// The type's name.
    public let type: String
    private let program: Program
    private let store: String?

    /// Creates the handler; `store` is the URL that programs get as `OFFSTAGE_STORE`.
    public init(type: String, program: Program, store: String?) {
        self.type = type
        self.program = program
        self.store = store
    }

    /// The handler as a worker takes it.
    public var handler: Handler {
        Handler(outcomes: type) { context in try await perform(in: context) }
    }

    /// Runs the program for a job; throws CancellationError if it was stopped because the task is cancelled.
    package func perform(in context: JobContext) async throws(CancellationError) -> Outcome {
        let end = await program.run(
            input: context.job.arguments, environment: ProgramEnvironment.variables(for: context.job, store: store),
            checkpoint: context.checkpoint
        ) { event in
            await tell(event, to: context)
        }
        return try end.outcome()
    }

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
            // Not the program's fault, and no reason to stop it: a worker that has lost the lease cancels the task
            // itself.
            context.log.write(.warning, "what the program reported is not on the record: \(error)", facts)
        }
    }
}
