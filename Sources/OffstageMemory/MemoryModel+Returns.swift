// Return queues: announcements that jobs have ended. Readers compete. What a reader takes and does not acknowledge in
// time is delivered again.
import OffstageCore

/// A return queue.
struct ReturnQueue {
    /// The announcements that were not acknowledged yet, oldest first.
    var waiting: [Waiting] = []
    /// How many announcements were dropped unread.
    var dropped = 0

    /// An announcement, and until when it is taken.
    struct Waiting {
        var news: Announcement
        var takenUntil: Int64?
    }
}

extension MemoryModel {
    /// Announces a job's end or its removal, if the job has a return queue.
    mutating func announce(_ job: StoredJob, as state: JobState?) {
        guard let name = job.record.returnQueue else { return }
        lastAnnouncement += 1
        let news = Announcement(
            receipt: AnnouncementReceipt(queue: name, number: lastAnnouncement, nonce: 0), job: job.record.id,
            type: job.record.type, state: state, at: now, result: job.record.result,
            error: state == .completed ? nil : job.record.errors.last?.message, metadata: job.record.metadata,
            deliveries: 0)
        returns[name, default: ReturnQueue()].waiting.append(ReturnQueue.Waiting(news: news))
    }

    /// Takes announcements under a separate lease.
    mutating func takeReturns(from name: String, limit: Int, lease: Duration) -> [Announcement] {
        guard var queue = returns[name] else { return [] }
        var taken: [Announcement] = []
        var bytes = 0
        for index in queue.waiting.indices
        where taken.count < limit && (queue.waiting[index].takenUntil ?? .min) <= monotonic {
            bytes += queue.waiting[index].news.size
            if !taken.isEmpty, bytes > Limits.replyBytes { break }
            lastNonce += 1
            queue.waiting[index].news.receipt.nonce = lastNonce
            queue.waiting[index].news.deliveries += 1
            queue.waiting[index].takenUntil = monotonic + lease.microseconds
            taken.append(queue.waiting[index].news)
        }
        returns[name] = queue
        return taken
    }

    /// Returns the oldest announcements, taken or not.
    func peekReturns(in name: String, limit: Int) -> [Announcement] {
        var shown: [Announcement] = []
        var bytes = 0
        for waiting in returns[name]?.waiting.prefix(limit) ?? [] {
            bytes += waiting.news.size
            if !shown.isEmpty, bytes > Limits.replyBytes { break }
            shown.append(waiting.news)
        }
        return shown
    }

    /// Removes acknowledged announcements. Returns how many of the receipts were still valid.
    mutating func acknowledge(_ receipts: [AnnouncementReceipt]) -> Int {
        var valid = 0
        for receipt in receipts where receipt.nonce > 0 {
            guard let index = returns[receipt.queue]?.waiting.firstIndex(where: { $0.news.receipt == receipt }) else {
                continue
            }
            returns[receipt.queue]?.waiting.remove(at: index)
            valid += 1
        }
        return valid
    }

    /// Drops and counts announcements that were not read in time: first the old ones of all queues, then those above
    /// the limit of each queue. Returns whether there may be more to drop.
    mutating func dropReturns(limit: Int) -> Bool {
        let old = returns.values.flatMap { $0.waiting.map(\.news) }
            .sorted { $0.receipt.number < $1.receipt.number }
            .prefix { $0.at + retention.returnsAge <= now }.prefix(limit)
        for news in old { drop(news) }
        var isCut = old.count >= limit
        for queue in returns.values {
            let surplus = max(0, min(limit, queue.waiting.count - retention.returnsCount))
            for waiting in queue.waiting.prefix(surplus) { drop(waiting.news) }
            isCut = isCut || surplus >= limit
        }
        return isCut
    }

    private mutating func drop(_ news: Announcement) {
        returns[news.receipt.queue]?.waiting.removeAll { $0.news.receipt.number == news.receipt.number }
        returns[news.receipt.queue]?.dropped += 1
    }
}
