// The handlers of the torture jobs.
import OffstageCore
import OffstageWorker
import TestProcesses

/// A child of a parent job.
struct ChildJob: Job {
    static let name = TortureKind.child.rawValue
    var number: Int
    func perform(in context: JobContext) async throws {}
}

/// The follow-up of a chain job.
struct LinkJob: Job {
    static let name = TortureKind.link.rawValue
    func perform(in context: JobContext) async throws {}
}

struct Handlers: Sendable {
    let runs: RunLog
    let slowness: Duration
    private let clock = SystemTime()

    init(runs: RunLog, slowness: Duration) {
        self.runs = runs
        self.slowness = slowness
    }

    var all: [Handler] {
        TortureKind.allCases.map { kind in
            Handler(raw: kind.rawValue, retry: .constant(.milliseconds(20))) { job, context in
                runs.note(.begin, job)
                try await perform(kind, job, context)
                runs.note(.end, job)
                return Array("\"\(job.token.worker).\(job.token.counter)\"".utf8)
            }
        }
    }

    private func perform(_ kind: TortureKind, _ job: ReservedJob, _ context: JobContext) async throws {
        switch kind {
        case .plain, .single, .told, .parked, .child, .link: return
        case .flaky:
            let failures = (TortureJobs.number(job.id) ?? 0) / 20 % 3 + 1
            if context.attempt <= failures { throw Failed("attempt \(context.attempt) of a flaky job") }
        case .doomed: throw Failed("always")
        case .sleepy:
            if context.checkpoint == nil {
                try await context.save(rawCheckpoint: Array("slept".utf8))
                throw Snooze(for: .milliseconds(20))
            }
        case .parent:
            let children = (0..<TortureJobs.children).map { (job: ChildJob(number: $0), key: Optional("child-\($0)")) }
            // In two parts, so that a kill can occur between them.
            try await context.enqueue(Array(children.prefix(2)))
            try await clock.sleep(for: .milliseconds(5))
            try await context.enqueue(Array(children.dropFirst(2)))
        case .chain: try context.follow(with: LinkJob())
        case .slow: try await clock.sleep(for: slowness)
        }
    }
}

/// The error that a handler throws.
struct Failed: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
