// The progress of a run of the demo, computed from the records of its jobs as the monitor lists them.

import ExampleJobs
import Offstage

struct RunStanding: Sendable {
    let newsletter: JobRecord?
    let mails: [JobRecord]
    let thumbnails: [JobRecord]

    /// Reads all jobs with the run's tag.
    init(of run: String, in store: any Store) async throws {
        var records: [JobRecord] = []
        for try await page in Monitor(store).pages(JobFilter(tag: run), size: 1000) { records += page.records }
        newsletter = records.first { $0.type == Newsletter.name }
        mails = records.filter { $0.type == NewsletterMail.name }
        thumbnails = records.filter { $0.type == Thumbnails.name }
    }

    var all: [JobRecord] { [newsletter].compactMap { $0 } + mails + thumbnails }

    /// The jobs that ended without success.
    var failed: [JobRecord] { all.filter { $0.state == .discarded || $0.state == .cancelled } }

    /// Whether the run is half done: half of the subscribers are enqueued, half of the photographs are done, and as
    /// many others as a worker can run at once have started.
    var isHalfWay: Bool {
        guard let fraction = newsletter?.progress?.fraction, fraction >= 0.5, fraction < 1 else { return false }
        let half = (thumbnails.count + 1) / 2
        let begun = thumbnails.count { $0.state == .running && $0.isStarted }
        return Self.completed(thumbnails) == half && begun >= min(thumbnails.count - half, 4)
    }

    /// The progress in one line.
    var line: String {
        let enqueued = newsletter?.progress?.note ?? "not begun"
        return "newsletter: \(enqueued), \(Self.completed(mails)) mails sent; "
            + "photographs: \(Self.completed(thumbnails)) of \(thumbnails.count) done"
    }

    static func completed(_ records: [JobRecord]) -> Int {
        records.count { $0.state == .completed }
    }
}
