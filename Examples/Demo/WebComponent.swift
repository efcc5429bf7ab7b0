// The web side: it enqueues what must happen and goes on serving. Here it enqueues a newsletter and one job per
// photograph, and follows them through the monitor's progress and the return queue. At the end it reports the outcome
// of everything, checked against the mails that the server received and the files in the folder of thumbnails.

import ExampleJobs
import Foundation
import Offstage

struct WebComponent {
    static let issue = "issue 42"
    static let widths = [1280, 640, 160]
    /// How long the demo waits for the end of all jobs. The death of a worker takes one lease time of it.
    static let patience = Duration.seconds(240)

    let options: Options
    let store: any Store
    let screen: Screen

    private var folder: DemoFolder { DemoFolder(path: options.folder) }
    private var returnQueue: String { "demo-returns.\(options.run)" }

    /// Enqueues, follows and checks. Returns whether every count is right.
    func run() async throws -> Bool {
        let began = ContinuousClock.now
        let photographs = try DemoFolder.photographs(in: options.photos)
        try await enqueue(photographs)
        let announced = try await follow(expected: 1 + Demo.subscribers + photographs.count)
        let standing = try await RunStanding(of: options.run, in: store)
        let summary = Summary(
            standing: standing, announced: announced, mails: try ReceivedMail.all(in: folder.mails),
            photographs: photographs.count, folder: folder,
            store: options.store, run: options.run, took: ContinuousClock.now - began, killed: options.kills)
        screen.say(try summary.text())
        let wrong = try summary.wrongCounts()
        for line in wrong { screen.complain(line) }
        return wrong.isEmpty
    }

    private func enqueue(_ photographs: [String]) async throws {
        let enqueuer = Enqueuer(store)
        let letter = Letter(subject: Self.issue, body: "Dear subscriber,\n\nthis is \(Self.issue).")
        let newsletter = Newsletter(letter: letter, subscribers: folder.subscribers, announceIn: returnQueue)
        try await enqueuer.enqueue(newsletter, options: jobOptions(holds: options.kills))
        screen.say("enqueued one newsletter job for \(Self.issue), to \(Demo.subscribers) subscribers")

        // With KILL=1 the second half of the photographs waits until the worker has been killed.
        let half = (photographs.count + 1) / 2
        let jobs = try photographs.enumerated().map { index, photograph in
            try enqueuer.prepare(
                Thumbnails(photograph: photograph, folder: folder.thumbnails, widths: Self.widths),
                options: jobOptions(holds: options.kills && index >= half))
        }
        for result in try await enqueuer.enqueue(batch: jobs) { _ = try result.get() }
        screen.say("enqueued \(jobs.count) thumbnail jobs, one for each photograph in \(options.photos)")
    }

    private func jobOptions(holds: Bool) -> EnqueueOptions {
        var jobOptions = EnqueueOptions()
        jobOptions.tags = [options.run]
        jobOptions.returnQueue = returnQueue
        if holds { jobOptions.metadata[Hold.metadataKey] = folder.hold }
        return jobOptions
    }

    /// Reads the return queue until each job has been announced, and shows the progress meanwhile.
    private func follow(expected: Int) async throws -> [JobID: Announcement] {
        try await withThrowingTaskGroup(of: [JobID: Announcement].self) { group in
            group.addTask { try await readReturns(expected: expected) }
            group.addTask { try await tellProgress() }
            group.addTask {
                try await Task.sleep(for: Self.patience)
                let standing = try await RunStanding(of: options.run, in: store)
                throw DemoError("not all jobs have ended within \(Self.patience): \(standing.line)")
            }
            defer { group.cancelAll() }
            return try await group.next() ?? [:]
        }
    }

    private func readReturns(expected: Int) async throws -> [JobID: Announcement] {
        var announced: [JobID: Announcement] = [:]
        for try await news in try ReturnQueue(store, returnQueue) {
            announced[news.job] = news.announcement
            try await news.acknowledge()
            if announced.count == expected { break }
        }
        return announced
    }

    private func tellProgress() async throws -> [JobID: Announcement] {
        var told = ""
        while true {
            try await Task.sleep(for: .seconds(1))
            let line = try await RunStanding(of: options.run, in: store).line
            if line != told { screen.say(line) }
            told = line
        }
    }
}
