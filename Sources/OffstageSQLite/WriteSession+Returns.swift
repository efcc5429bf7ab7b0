// Return queues: taking announcements under a lease, and acknowledging them.
import OffstageCore

extension WriteSession {
    func takeReturns(from name: String, limit: Int, lease: Duration) throws -> [Announcement] {
        let monotonic = monotonic
        let find = try cached(
            """
            SELECT \(Announcements.columns) FROM returns WHERE queue = ?1 AND (taken_until IS NULL OR taken_until <= ?2)
            ORDER BY number LIMIT ?3
            """)
        find.bind(1, name)
        find.bind(2, monotonic)
        find.bind(3, min(limit, Limits.batch))
        var taken: [Announcement] = []
        var bytes = 0
        while try find.step() {
            var announcement = Announcements.read(find)
            bytes += announcement.size
            if !taken.isEmpty, bytes > Limits.replyBytes { break }
            announcement.deliveries += 1
            announcement.receipt.nonce += 1
            taken.append(announcement)
        }
        find.reset()
        let update = try cached(
            "UPDATE returns SET taken_until = ?2, nonce = nonce + 1, deliveries = deliveries + 1 WHERE number = ?1")
        for announcement in taken {
            update.bind(1, announcement.receipt.number)
            update.bind(2, monotonic &+ lease.microseconds)
            try update.run()
        }
        return taken
    }

    func acknowledgeReturns(_ receipts: [AnnouncementReceipt]) throws -> Int {
        let delete = try cached("DELETE FROM returns WHERE number = ?1 AND queue = ?2 AND nonce = ?3")
        var count = 0
        // A nonce of 0 belongs to an announcement that was never taken.
        for receipt in receipts where receipt.nonce > 0 {
            delete.bind(1, receipt.number)
            delete.bind(2, receipt.queue)
            delete.bind(3, receipt.nonce)
            try delete.run()
            guard connection.changes == 1 else { continue }
            tally.returnsWaiting[receipt.queue, default: 0] -= 1
            count += 1
        }
        return count
    }
}

/// Reads announcements, both for the writer that takes them and for the reader that only peeks.
enum Announcements {
    static let columns = "number, queue, nonce, job, type, state, at, result, error, meta, deliveries"

    static func read(_ row: Statement) -> Announcement {
        Announcement(
            receipt: AnnouncementReceipt(queue: row.text(1), number: row.int64(0), nonce: row.int64(2)),
            job: row.id(3), type: row.text(4), state: row.isNull(5) ? nil : JobState(rawValue: row.int(5)),
            at: Timestamp(microseconds: row.int64(6)), result: row.optionalBytes(7), error: row.optionalText(8),
            metadata: ColumnTexts.map(row.optionalText(9)), deliveries: row.int(10))
    }
}
