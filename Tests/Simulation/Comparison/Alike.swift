// Normalizes the answers of different stores where they may differ: in numbers that only the store that made them
// understands. Everything else is compared, including texts.
import OffstageCore

extension Token {
    var alike: Token { Token(job: job, attempt: attempt, worker: worker, counter: counter, locator: 0) }
}

extension Announcement {
    var alike: Announcement {
        var news = self
        news.receipt = AnnouncementReceipt(queue: receipt.queue, number: 0, nonce: 0)
        return news
    }
}

/// A reservation as comparable values.
struct ReservationView: Equatable {
    private let tokens: [Token]
    private let facts: [[String]]
    private let checkpoints: [[UInt8]?]
    private let nextDue: Duration?
    private let suspectWaiting: Bool
    private let hasTurn: Bool

    init(_ reservation: Reservation?) {
        let jobs = reservation?.jobs ?? []
        tokens = jobs.map(\.token.alike)
        facts = jobs.map { job in
            [
                job.type, job.queue, String(decoding: job.arguments, as: UTF8.self),
                "\(job.priority) \(job.maxAttempts)",
                "\(job.crashes) \(job.isSuspect) \(job.interruptions) \(job.timeoutMicroseconds ?? -1)",
                "\(job.enqueuedAt.microseconds) \(job.runAt.microseconds) \(job.expiresAt?.microseconds ?? -1)",
                job.tags.joined(separator: ","), job.metadata.keys.sorted().joined(separator: ","),
                "\(job.parent?.low ?? 0)",
            ]
        }
        checkpoints = jobs.map(\.checkpoint)
        nextDue = reservation?.nextDue
        suspectWaiting = reservation?.suspectWaiting ?? false
        hasTurn = reservation?.hasTurn ?? false
    }
}

/// A renewal as comparable values.
struct RenewalView: Equatable {
    private let lost: [Token]
    private let cancelRequested: [Token]
    private let handedBack: Int

    init(_ reply: RenewReply) {
        lost = reply.lost.map(\.alike)
        cancelRequested = reply.cancelRequested.map(\.alike)
        handedBack = reply.handedBack
    }
}

extension Store {
    /// Returns all pages of a listing, one after the other.
    func walk(_ filter: JobFilter, by limit: Int) async throws -> [JobRecord] {
        var found: [JobRecord] = []
        var cursor: String?
        repeat {
            let page = try await list(filter, after: cursor, limit: limit)
            found += page.records
            cursor = page.next
        } while cursor != nil
        return found
    }

    /// Runs a change by filter to its end. Returns how many jobs were changed and refused.
    func changeAll(_ action: ChangeAction, _ filter: JobFilter, dryRun: Bool) async throws -> [Int] {
        var total = [0, 0]
        var cursor: String?
        repeat {
            let reply = try await change(ChangeRequest(action, .filter(filter, after: cursor), dryRun: dryRun))
            total[0] += reply.changed
            total[1] += reply.refused
            cursor = reply.next
        } while cursor != nil
        return total
    }
}

/// Describes the difference between two values, down to the member.
func describeDifference(_ a: Any, _ b: Any) -> String {
    let (first, second) = (Mirror(reflecting: a), Mirror(reflecting: b))
    let children = Array(zip(first.children, second.children))
    let isSplit =
        !children.isEmpty && first.children.count == second.children.count
        && (first.displayStyle == .struct || first.displayStyle == .collection || first.displayStyle == .optional)
    guard isSplit else { return ": \(a) | \(b)" }
    for (number, (one, other)) in children.enumerated() where "\(one.value)" != "\(other.value)" {
        return "." + (one.label ?? "\(number)") + describeDifference(one.value, other.value)
    }
    return ": \(a) | \(b)"
}
