// The newsletter: one job per issue. It reads the list of subscribers and enqueues one mail job for each, keyed by the
// address. If the worker dies half-way, the job runs again from the beginning. The key ensures that no subscriber gets
// a second mail job: a child's id is derived from its parent's id and the key, so it is the same job the second time.
// The mails have the newsletter's tags, by which all mails of one issue can be found.

import Foundation
package import Offstage

package struct Newsletter: Job {
    package static let name = "newsletter.send"
    package static let defaults = JobDefaults(queue: "newsletter", maxAttempts: 5)

    /// The text of the mails.
    var letter: Letter
    /// The path of the file with one address per line.
    var subscribers: String
    /// How many of them get it, from the first; nil for all.
    var limit: Int?
    /// The return queue on which the end of each mail job is announced.
    var announceIn: String?

    package init(letter: Letter, subscribers: String, limit: Int? = nil, announceIn: String? = nil) {
        self.letter = letter
        self.subscribers = subscribers
        self.limit = limit
        self.announceIn = announceIn
    }

    /// Enqueues the mails in batches, and returns how many.
    package func perform(in context: JobContext) async throws -> Int {
        let addresses = try String(contentsOfFile: subscribers, encoding: .utf8).split(separator: "\n")
            .prefix(limit ?? .max).map { String($0) }
        var options = EnqueueOptions()
        options.tags = context.job.tags
        options.returnQueue = announceIn
        var count = 0
        while count < addresses.count {
            if 2 * count >= addresses.count { try await Hold.wait(context) }
            let some = addresses[count..<min(count + 20, addresses.count)]
            try await context.enqueue(some.map { (NewsletterMail(letter: letter, to: $0), key: $0) }, options: options)
            count += some.count
            try await context.report(
                progress: Double(count) / Double(addresses.count), "\(count) of \(addresses.count) subscribers enqueued"
            )
        }
        return count
    }
}

/// The text that every subscriber gets.
package struct Letter: Codable, Sendable {
    var subject: String
    var body: String

    package init(subject: String, body: String) {
        self.subject = subject
        self.body = body
    }
}

/// One mail to one subscriber.
package struct NewsletterMail: Job {
    package static let name = "newsletter.mail"
    package static let defaults = JobDefaults(queue: "mail", maxAttempts: 5, timeout: .seconds(60))
    // libcurl blocks until the server has replied.
    package static let isBlocking = true

    var letter: Letter
    var to: String

    /// Sends the mail and returns the address.
    package func perform(in context: JobContext) async throws -> String {
        try Mailer.ofThisWorker().send(
            Mail(
                from: "news@example.org", to: to, subject: letter.subject,
                messageID: "\(context.id)@offstage.example.org", body: letter.body))
        return to
    }
}
