// The answer to "why does this job not run?": the first of the things in its way, in the order in which they would have
// to go, and the next event that moves it. There is an answer for every state.
import OffstageCore

/// Why a job is where it is.
struct Why: Equatable {
    /// The reason, as one word.
    enum Reason: String {
        case notDue = "not_due"
        case paused
        case noWorker = "no_worker"
        case behind
        case leased
        case retryAt = "retry_at"
        case predecessor
        case ended
    }

    /// The job.
    var id: JobID
    /// Its state.
    var state: JobState
    /// The reason.
    var reason: Reason
    /// The reason in one sentence.
    var text: String
    /// When that ends by itself; nil if it is not known.
    var until: Timestamp?
    /// Who or what is in the way: a worker, a queue, another job.
    var by: [String] = []

    /// Works out the reason from where the job stands and which workers live.
    init(_ standing: JobStanding, workers: [WorkerRecord]) {
        let record = standing.record
        id = record.id
        state = record.state
        (reason, text, until, by) =
            switch record.state {
            case .completed, .discarded, .cancelled: Self.ended(record)
            case .running: Self.leased(record, workers)
            case .held: Self.held(standing)
            case .scheduled, .available, .retryable: Self.waiting(standing, workers)
            }
    }

    private typealias Parts = (Reason, String, Timestamp?, [String])

    private static func ended(_ record: JobRecord) -> Parts {
        let time = record.finishedAt.map { " at \($0)" } ?? ""
        let error = record.errors.last.map { ": \($0.kind.rawValue): \($0.message)" } ?? ""
        let cause = record.state == .completed ? "" : error
        return (.ended, "it was \(record.state.name)\(time), after \(attempts(record.attempt))\(cause)", nil, [])
    }

    private static func leased(_ record: JobRecord, _ workers: [WorkerRecord]) -> Parts {
        let name = record.worker?.description ?? "a worker"
        let place = workers.first { $0.status.id == record.worker }.map { " (\($0.status.host), pid \($0.status.pid))" }
        let doing = record.isStarted ? "runs it" : "has it and is about to start it"
        let cancel = record.cancelRequestedAt == nil ? "" : "; it is asked to cancel"
        let lease = record.leaseUntil.map { ", under a lease until \($0)" } ?? ""
        return (
            .leased, "worker \(name)\(place ?? "") \(doing)\(lease)\(cancel)", record.leaseUntil,
            record.worker.map { [$0.description] } ?? []
        )
    }

    private static func held(_ standing: JobStanding) -> Parts {
        let by = standing.predecessor.map { [$0.description] } ?? []
        let name = by.first ?? "another job"
        return (.predecessor, "it waits until \(name), which holds the same unique key, has ended", nil, by)
    }

    private static func waiting(_ standing: JobStanding, _ workers: [WorkerRecord]) -> Parts {
        let record = standing.record
        if record.runAt > standing.at {
            guard record.state == .retryable else {
                return (.notDue, "it is not due before \(record.runAt)", record.runAt, [])
            }
            let error = record.errors.last.map { ": \($0.kind.rawValue): \($0.message)" } ?? ""
            let next = "attempt \(record.attempt + 1) of \(record.maxAttempts)"
            return (.retryAt, "it failed and is tried again at \(record.runAt), \(next)\(error)", record.runAt, [])
        }
        if standing.isPaused {
            return (
                .paused, "its queue \(record.queue) is paused; offstage resume \(record.queue)", nil, [record.queue]
            )
        }
        let able = workers.filter { $0.status.serves(record) }
        guard !able.isEmpty else { return (.noWorker, noWorker(for: record, workers), nil, []) }
        let names = able.map(\.status.id.description)
        if record.crashes >= 2 {
            let text =
                "its worker died under it \(record.crashes) times, so it waits for a worker that holds nothing else"
            return (.behind, text, nil, names)
        }
        guard standing.ahead > 0 else {
            return (.behind, "it is next in its queue; the workers that can take it are busy", nil, names)
        }
        let least = standing.ahead >= Limits.rankCap ? "at least " : ""
        let count = "\(least)\(Figures.grouped(standing.ahead)) due \(standing.ahead == 1 ? "job" : "jobs")"
        return (.behind, "it waits behind \(count) of its queue \(record.queue)", nil, names)
    }

    private static func noWorker(for record: JobRecord, _ workers: [WorkerRecord]) -> String {
        if workers.isEmpty { return "no worker is running" }
        let knowing = workers.filter { $0.status.types.contains(record.type) }
        guard !knowing.isEmpty else { return "no running worker knows its type \(record.type)" }
        let serving = knowing.filter { $0.status.queues?.contains(record.queue) ?? true }
        guard !serving.isEmpty else { return "no worker that knows its type serves its queue \(record.queue)" }
        return "every worker that could take it is quiet"
    }

    private static func attempts(_ count: Int) -> String { count == 1 ? "1 attempt" : "\(count) attempts" }

    /// Writes the answer's document.
    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("id", id)
        writer.member("state", state.name)
        writer.member("reason", reason.rawValue)
        writer.member("text", text)
        writer.member("until", until)
        writer.member("by", by)
        writer.endObject()
    }
}

extension WorkerStatus {
    /// Whether the worker would take such a job.
    fileprivate func serves(_ record: JobRecord) -> Bool {
        !isQuiet && types.contains(record.type) && (queues?.contains(record.queue) ?? true)
    }
}
