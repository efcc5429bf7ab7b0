// The worker side: it handles the three types of jobs and serves their queues until it is told to stop.

import ExampleJobs
import Offstage

struct WorkerComponent {
    let store: any Store

    func run() async throws {
        let worker = Worker(store, queues: ["newsletter", "mail", "photographs"], concurrency: 8) {
            Newsletter.self
            NewsletterMail.self
            Thumbnails.self
        }
        try await worker.run()
    }
}
