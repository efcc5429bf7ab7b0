// The jobs of docs/guide.md. PageTests compares the page with these files: everything it quotes was compiled and run.
import Offstage
import OffstageTesting

struct Thumbnail: Job {
    static let name = "image.thumbnail"
    static let defaults = JobDefaults(queue: "images", maxAttempts: 5, timeout: .seconds(60))
    static let retryPolicy = RetryPolicy.exponential(base: .seconds(1), cap: .seconds(600))
    var source: String
    var width: Int

    func perform(in context: JobContext) async throws -> String {
        try await context.report(progress: 0.5, "scaled")
        return "\(source)-\(width).jpg"
    }
}

struct Mail: Job {
    static let name = "mail.send"
    static let defaults = JobDefaults(queue: "mail")
    var to: String

    func perform(in context: JobContext) async throws {}
}

struct Newsletter: Job {
    static let name = "newsletter.send"
    var issue: Int
    var subscribers: [String]

    func perform(in context: JobContext) async throws -> Int {
        try await context.enqueue(subscribers.map { (Mail(to: $0), key: $0) })
        try context.follow(with: Archive(issue: issue))
        return subscribers.count
    }
}

struct Archive: Job {
    static let name = "newsletter.archive"
    var issue: Int

    func perform(in context: JobContext) async throws {}
}

struct Import: Job {
    static let name = "rows.import"
    var rows: Int

    func perform(in context: JobContext) async throws -> Int {
        var next = try context.checkpoint(as: Int.self) ?? 0
        while next < rows {
            try Task.checkCancellation()
            next = min(rows, next + 1000)
            try await context.save(checkpoint: next)
            try await context.report(progress: Double(next) / Double(rows), "\(next) of \(rows)")
        }
        return next
    }
}

struct Charge: Job {
    static let name = "card.charge"
    var answer: Int

    func perform(in context: JobContext) async throws {
        switch answer {
        case 200: return
        case 423: throw Snooze(for: .seconds(30))
        case 429: throw RetryAt(.after(.seconds(5)), "the bank asks for a pause")
        case 404: throw Discard("there is no such card")
        default: throw Unexpected(answer: answer)
        }
    }

    struct Unexpected: Error { var answer: Int }
}

/// Options for the workers in these tests, which share a process with the test runner and log nothing.
func quietOptions(drain: Bool = true) -> WorkerOptions {
    var options = WorkerOptions()
    options.handlesSignals = false
    options.drain = drain
    options.log = SilentLog()
    return options
}
