// The newsletter: one job an issue. It goes through the list of subscribers and enqueues one mail job for each, keyed
// by the address. If the worker dies half-way, the job runs again from the beginning, and the key sees to it that
// nobody is enqueued twice: a child's id comes from its parent's id and the key, so the second time it is the same
// job.

import Foundation
import Offstage

struct Newsletter: Job {
    static let name = "newsletter.send"
    static let defaults = JobDefaults(queue: "newsletter")

    var issue: String
    /// The file with one address a line, in the shared folder.
    var subscribers: String
    /// Where the end of each mail job is announced.
    var announceIn: String

    /// Enqueues the mails, some at a time; answers how many.
    func perform(in context: JobContext) async throws -> Int {
        let addresses = try String(contentsOfFile: subscribers, encoding: .utf8).split(separator: "\n").map {
            String($0)
        }
        var options = EnqueueOptions()
        options.tags = context.job.tags
        options.returnQueue = announceIn
        var count = 0
        while count < addresses.count {
            if 2 * count >= addresses.count { try await Hold.wait(context) }
            let some = addresses[count..<min(count + 20, addresses.count)]
            try await context.enqueue(some.map { (NewsletterMail(issue: issue, to: $0), key: $0) }, options: options)
            count += some.count
            try await context.report(
                progress: Double(count) / Double(addresses.count), "\(count) of \(addresses.count) subscribers enqueued"
            )
        }
        return count
    }
}

/// One mail to one subscriber.
struct NewsletterMail: Job {
    static let name = "newsletter.mail"
    static let defaults = JobDefaults(queue: "mail", maxAttempts: 5, timeout: .seconds(60))
    // libcurl blocks until the server has answered.
    static let isBlocking = true

    var issue: String
    var to: String

    /// Sends the mail; answers the address.
    func perform(in context: JobContext) async throws -> String {
        try Mailer.ofThisWorker().send(
            Mail(
                from: "news@example.org", to: to, subject: issue, messageID: "\(context.id)@offstage.example.org",
                body: "Dear subscriber,\n\nthis is \(issue).\n\nThis was attempt \(context.attempt).\n"))
        return to
    }
}
