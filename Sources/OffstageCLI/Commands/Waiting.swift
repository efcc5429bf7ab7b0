// `enqueue --wait`: reads the record until the job has ended. The pause between reads grows to a quarter of a second.
import OffstageCore
import OffstageMonitor

/// Waits for a job's end.
struct Waiting {
    private static let shortest = Duration.milliseconds(5)
    private static let longest = Duration.milliseconds(250)

    /// The job.
    var id: JobID
    /// The longest time to wait.
    var patience: Duration

    /// Waits and prints the result. Returns `done` if the job completed; otherwise throws.
    func run(_ monitor: Monitor, _ context: CommandContext) async throws -> ExitStatus {
        let deadline = context.time.monotonicMicroseconds() + patience.microseconds
        var pause = Self.shortest
        while true {
            let record = try await monitor.existing(id)
            if record.state.isEnded { return try report(record, context) }
            let left = deadline - context.time.monotonicMicroseconds()
            guard left > 0 else {
                let limit = DurationText.brief(patience)
                throw CommandFailure("\(id) has not ended within \(limit): it is \(record.state.name)")
            }
            try await context.time.sleep(for: min(pause, .microseconds(left)))
            pause = min(Self.longest, pause * 2)
        }
    }

    private func report(_ record: JobRecord, _ context: CommandContext) throws -> ExitStatus {
        if context.invocation.wantsJSON {
            try context.output.document(Documents.job(record))
        } else if record.state == .completed {
            try context.output.foreign(record.result ?? Array("null".utf8))
        }
        guard record.state == .completed else { throw CommandFailure(JobText.end(record)) }
        return .done
    }
}
