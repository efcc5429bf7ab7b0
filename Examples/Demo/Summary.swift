// The end of the demo: what was done, how long it took, where to find each result, and whether every count is right.
// The counts come from three independent places: the records in the store, the announcements of the return queue, and
// the files that the mail server and the handlers wrote.

import ExampleJobs
import Foundation
import Offstage
import OffstageCLI

struct Summary {
    let standing: RunStanding
    let announced: [JobID: Announcement]
    let mails: [ReceivedMail]
    let photographs: Int
    let folder: DemoFolder
    let store: StoreURL?
    let run: String
    let took: Duration
    let killed: Bool

    func text() throws -> String {
        let addresses = Set(mails.map(\.address))
        let thumbnails = try announcedThumbnails()
        var lines = [
            "",
            "mails       \(addresses.count) subscribers, \(mails.count) mails received by the SMTP server",
            "            \(DemoFolder.shown(folder.mails))",
            "thumbnails  \(thumbnails.count) from \(photographs) photographs: \(Self.sizes(of: thumbnails))",
            "            \(DemoFolder.shown(folder.thumbnails))",
            "jobs        \(standing.all.count), all ended; \(announced.count) announced to the web side",
            "            \(Self.commandLine) jobs --store '\(shownStore)' --tag \(run)",
            "time        \(Self.seconds(took)) s",
        ]
        if killed { lines += killLines }
        lines += ["", "All of it stays until the next run; to remove it now: rm -r \(DemoFolder.shown(folder.path))"]
        if store?.isServer == true {
            lines.append(
                "The jobs stay where they are; to remove them: \(Self.commandLine) remove --all --store '\(shownStore)'"
            )
        }
        return lines.joined(separator: "\n")
    }

    private var shownStore: String { DemoFolder.shown(store?.description ?? "") }

    private var killLines: [String] {
        let byType = Dictionary(grouping: ranTwice, by: \.type).map { "\($1.count) \($0)" }.sorted()
        let twice = mails.count - Set(mails.map(\.job)).count
        return [
            "killed      \(ranTwice.count) of the jobs ran twice: \(byType.joined(separator: ", "))",
            "            the newsletter began again at the first subscriber, and still each is enqueued exactly once"
                + (twice == 0 ? "" : ";"),
        ] + (twice == 0 ? [] : ["            \(twice) got the same mail twice, with the same Message-ID"])
    }

    /// The jobs during which a worker died: those that it had reported as started, and those whose mail had been
    /// received. A mail takes less time than a worker waits before it reports a job as started.
    private var ranTwice: [JobRecord] {
        let received = Dictionary(grouping: mails, by: \.job)
        return standing.all.filter { $0.crashes > 0 || (received[$0.id.description]?.count ?? 0) > 1 }
    }

    /// Returns one line for each count that is wrong.
    func wrongCounts() throws -> [String] {
        var wrong: [String] = []
        func expect(_ what: String, _ found: Int, _ expected: Int) {
            if found != expected { wrong.append("\(what): \(found), expected \(expected)") }
        }
        expect("subscribers who got a mail", Set(mails.map(\.address)).count, Demo.subscribers)
        expect("mail jobs", standing.mails.count, Demo.subscribers)
        expect("mail jobs completed", RunStanding.completed(standing.mails), Demo.subscribers)
        expect("subscribers whose mail was announced", Set(try announcedAddresses()).count, Demo.subscribers)
        expect("jobs that sent a mail", Set(mails.map(\.job)).count, Demo.subscribers)
        if !killed { expect("mails received", mails.count, Demo.subscribers) }
        expect("thumbnail jobs", standing.thumbnails.count, photographs)
        expect("thumbnail jobs completed", RunStanding.completed(standing.thumbnails), photographs)
        expect("newsletter jobs completed", RunStanding.completed([standing.newsletter].compactMap { $0 }), 1)
        expect("jobs announced", announced.count, standing.all.count)

        let thumbnails = try announcedThumbnails()
        expect("thumbnails", thumbnails.count, photographs * WebComponent.widths.count)
        let files = Set(try DemoFolder.files(in: folder.thumbnails, endings: [".jpg"]))
        expect("thumbnail files", files.count, photographs * WebComponent.widths.count)
        for thumbnail in thumbnails where !Self.isWhole(thumbnail) {
            wrong.append("\(thumbnail.path) is not the picture that was announced")
        }
        if killed, ranTwice.isEmpty { wrong.append("no job ran twice although the worker was killed") }
        for job in standing.failed {
            wrong.append("\(job.type) \(job.id) is \(job.state.name): \(job.errors.last?.message ?? "no reason given")")
        }
        return wrong
    }

    private func announcedAddresses() throws -> [String] {
        try results(of: NewsletterMail.name, as: String.self)
    }

    private func announcedThumbnails() throws -> [ThumbnailFile] {
        try results(of: Thumbnails.name, as: [ThumbnailFile].self).flatMap { $0 }
    }

    private func results<Value: Decodable>(of type: String, as value: Value.Type) throws -> [Value] {
        try announced.values.filter { $0.type == type && $0.state == .completed }.map { announcement in
            try JSONDecoder().decode(value, from: Data(announcement.result ?? []))
        }
    }

    /// The command line is built into this program's folder, which also has a shorter name beside it.
    private static var commandLine: String {
        guard let folder = Bundle.main.executableURL?.deletingLastPathComponent() else { return "offstage" }
        let short = folder.deletingLastPathComponent().deletingLastPathComponent().appending(
            path: folder.lastPathComponent)
        let program = (FileManager.default.fileExists(atPath: short.path) ? short : folder).appending(path: "offstage")
        return DemoFolder.shown(program.path)
    }

    /// Whether the file exists with that length, and is a picture of that size.
    private static func isWhole(_ thumbnail: ThumbnailFile) -> Bool {
        let attributes = try? FileManager.default.attributesOfItem(atPath: thumbnail.path)
        guard attributes?[.size] as? Int == thumbnail.bytes, let picture = try? Photograph(path: thumbnail.path) else {
            return false
        }
        return picture.width == thumbnail.width && picture.height == thumbnail.height
    }

    private static func sizes(of thumbnails: [ThumbnailFile]) -> String {
        WebComponent.widths.map { widest in
            let names = thumbnails.filter { $0.path.hasSuffix("-\(widest).jpg") }
            let kilobytes = names.reduce(0) { $0 + $1.bytes } / 1024
            return "\(names.count) of \(widest) pixels (\(kilobytes) KiB)"
        }.joined(separator: ", ")
    }

    private static func seconds(_ duration: Duration) -> String {
        let tenths = duration / .milliseconds(100)
        return String(format: "%.1f", tenths.rounded() / 10)
    }
}
