// The example at the top of the README, compiled so that it cannot go stale. It is not run, because it writes into the
// current folder and works until it is stopped; EnqueueTests and WorkTests run its parts.
import Offstage
import OffstageSQLite

enum ReadmeExample {
    struct Thumbnail: Job {
        static let name = "image.thumbnail"
        static let defaults = JobDefaults(queue: "images", maxAttempts: 5, timeout: .seconds(60))
        var source: String
        var width: Int
        func perform(in context: JobContext) async throws -> String {
            try await context.report(progress: 0.5, "scaled")
            return "\(source)-\(width).jpg"
        }
    }

    static func run() async throws -> String {
        let store = try await SQLiteStore.open("jobs.db")
        let ticket = try await Enqueuer(store).enqueue(Thumbnail(source: "a", width: 320), unique: .byArguments)
        try await Worker(store, queues: ["images"], concurrency: 16) { Thumbnail.self }.run()
        let name = try await ticket.result(within: .seconds(30))
        return name
    }
}
