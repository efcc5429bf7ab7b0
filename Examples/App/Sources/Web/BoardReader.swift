// Asks the monitor for what the board shows: the newest photographs and newsletters, and their outcomes. Ended jobs no
// longer change and are read once.

import ExampleJobs
import Foundation
import Offstage

actor BoardReader {
    private static let photographs = 12
    private static let newsletters = 6
    /// How often a listing is continued when other apps' jobs lie in between.
    private static let rounds = 4

    private let monitor: Monitor
    private var thumbnails: [JobID: [BoardDocument.Thumbnail]] = [:]
    private var tallies: [JobID: Tally] = [:]

    init(_ monitor: Monitor) {
        self.monitor = monitor
    }

    /// Returns the board as an event, or an event that reports the error.
    func event() async -> [UInt8] {
        do {
            return try Self.event("board", await BoardDocument(photographs: photographs(), newsletters: newsletters()))
        } catch {
            return (try? Self.event("trouble", ["error": "the queue cannot be reached"])) ?? []
        }
    }

    private static func event(_ name: String, _ document: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        return Array("event: \(name)\ndata: ".utf8) + (try encoder.encode(document)) + Array("\n\n".utf8)
    }

    private func photographs() async throws -> [BoardDocument.Photograph] {
        let filter = JobFilter(type: Thumbnails.name)
        let records = try await monitor.list(filter, limit: Self.photographs, rounds: Self.rounds).records
        let ended = records.filter { $0.state == .completed && thumbnails[$0.id] == nil }.map(\.id)
        for case let record? in try await monitor.find(ended) {
            let files = try? JSONDecoder().decode([ThumbnailFile].self, from: Data(record.result ?? []))
            thumbnails[record.id] = (files ?? []).map { BoardDocument.Thumbnail($0) }
        }
        thumbnails = thumbnails.filter { shown in records.contains { $0.id == shown.key } }
        var photographs: [BoardDocument.Photograph] = []
        for record in records {
            photographs.append(
                BoardDocument.Photograph(
                    id: "\(record.id)", name: record.metadata[Board.title] ?? "photograph", state: record.state.name,
                    fraction: record.state == .completed ? 1 : record.progress?.fraction ?? 0,
                    note: try await note(on: record), thumbnails: thumbnails[record.id] ?? []))
        }
        return photographs
    }

    private func newsletters() async throws -> [BoardDocument.Newsletter] {
        let filter = JobFilter(type: Newsletter.name)
        let records = try await monitor.list(filter, limit: Self.newsletters, rounds: Self.rounds).records
        tallies = tallies.filter { known in records.contains { $0.id == known.key } }
        var newsletters: [BoardDocument.Newsletter] = []
        for record in records {
            let tally = try await tally(of: record)
            newsletters.append(
                BoardDocument.Newsletter(
                    id: "\(record.id)", subject: record.metadata[Board.title] ?? "newsletter",
                    state: record.state.name, subscribers: record.metadata[Board.size].flatMap { Int($0) } ?? 0,
                    sent: tally.sent, failed: tally.failed, note: try await note(on: record)))
        }
        return newsletters
    }

    private func tally(of newsletter: JobRecord) async throws -> Tally {
        if let known = tallies[newsletter.id] { return known }
        var tally = Tally()
        let filter = JobFilter(type: NewsletterMail.name, tag: Board.tag(of: newsletter.id))
        for try await page in monitor.pages(filter, size: Limits.batch) { for mail in page.records { tally.add(mail) } }
        if newsletter.state == .completed, tally.isFinal(for: newsletter) { tallies[newsletter.id] = tally }
        return tally
    }

    /// Returns what a person may want to know: why the job waits, how far it is, what went wrong.
    private func note(on record: JobRecord) async throws -> String {
        switch record.state {
        case .completed: ""
        case .discarded, .cancelled: record.errors.last?.message ?? ""
        case .running: record.progress?.note ?? ""
        default: try await monitor.why(record.id)?.text ?? ""
        }
    }
}

/// How many mails of a newsletter were sent, and how many will never be.
private struct Tally {
    var sent = 0
    var failed = 0

    mutating func add(_ mail: JobRecord) {
        if mail.state == .completed { sent += 1 } else if mail.state.isEnded { failed += 1 }
    }

    func isFinal(for newsletter: JobRecord) -> Bool {
        failed == 0 && newsletter.metadata[Board.size] == "\(sent)"
    }
}
