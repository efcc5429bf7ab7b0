// The guide's foreman, compiled so that it cannot go stale. It is not run, as it would start this test bundle again;
// Tests/Torture runs foremen with real processes.
import Offstage
import OffstageForeman

enum ForemanExample {
    static func run(_ store: any Store) async throws {
        var options = ForemanOptions()
        options.processes = 4
        options.concurrency = 16
        try await Foreman(store, options: options) { post in
            Worker(store, concurrency: post.concurrency, grace: post.grace, options: post.options) { Thumbnail.self }
        }.run()
    }
}
