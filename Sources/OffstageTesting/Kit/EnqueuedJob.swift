// What a test gets when it asks what was enqueued.
public import OffstageCore

/// A job that was enqueued: its decoded arguments and its record.
public struct EnqueuedJob<J: Job>: Sendable {
    /// The arguments.
    public let job: J
    /// Everything else: queue, priority, time, tags, state.
    public let record: JobRecord

    init(_ record: JobRecord) throws {
        job = try JSONReading.decode(J.self, from: record.arguments)
        self.record = record
    }
}

/// Thrown if no enqueued job matches.
public struct NotEnqueued: Error, Sendable, CustomStringConvertible {
    /// What was searched for, and what was enqueued instead.
    public let description: String

    init(type: String, candidates: [JobRecord], counts: StoreCounts) {
        if candidates.isEmpty {
            let others = Set(counts.lanes.map(\.type)).sorted().joined(separator: ", ")
            description =
                "no \(type) was enqueued" + (others.isEmpty ? ", nor anything else" : "; there are: \(others)")
        } else {
            let arguments = candidates.prefix(5).map { String(decoding: $0.arguments.prefix(200), as: UTF8.self) }
            description = "none of the \(candidates.count) \(type) fits: \(arguments.joined(separator: ", "))"
        }
    }
}

/// One run of a job in a drain.
public struct JobRun: Sendable, Hashable {
    /// The id of the job.
    public let id: JobID
    /// The type of the job.
    public let type: String
    /// How the attempt ended.
    public let outcome: Outcome
}

/// Thrown by an inline enqueue whose job failed.
public struct JobDidFail: Error, Sendable, CustomStringConvertible {
    /// The id of the job.
    public let id: JobID
    /// The type of the job.
    public let type: String
    /// How the attempt ended.
    public let outcome: Outcome
    /// The failure in one line.
    public var description: String { "\(type) \(id) failed when it was run inline: \(outcome)" }
}
