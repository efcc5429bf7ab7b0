// Listings: newest acceptance first, and for one ended state latest end first. A cursor names the record that it comes
// after by the values that define the order, so it stays valid when that record is removed.
import OffstageCore

/// The order of a listing, and its cursors.
struct ListOrder {
    private let isByEnd: Bool

    init(_ filter: JobFilter) { isByEnd = filter.state?.isEnded ?? false }

    /// The values that a job is ordered by; the greatest comes first.
    func rank(_ job: StoredJob) -> (Int64, Int64) {
        (isByEnd ? job.keepUntil?.microseconds ?? 0 : 0, job.seq)
    }

    /// Returns the cursor that continues after a job.
    func cursor(of job: StoredJob) -> String {
        let rank = rank(job)
        return isByEnd ? "e\(rank.0).\(rank.1)" : "a\(rank.1)"
    }

    /// Returns the values that a cursor continues after; nil if the cursor is not valid.
    func rank(of cursor: String) -> (Int64, Int64)? {
        let parts = cursor.dropFirst().split(separator: ".", omittingEmptySubsequences: false).compactMap { Int64($0) }
        switch (cursor.first, isByEnd, parts.count) {
        case ("e", true, 2): return (parts[0], parts[1])
        case ("a", false, 1): return (0, parts[0])
        default: return nil
        }
    }
}

extension MemoryModel {
    /// Returns one page of records without arguments, result and checkpoint.
    func list(_ filter: JobFilter, after cursor: String?, limit: Int) throws(StoreError) -> JobPage {
        var page = JobPage()
        let order = ListOrder(filter)
        let found = try listed(order, state: filter.state, after: cursor)
        for (index, id) in found.enumerated() {
            guard let job = jobs[id] else { continue }
            if filter.matches(job.record) {
                var record = shown(job)
                record.arguments = []
                record.result = nil
                record.checkpoint = nil
                page.records.append(record)
                page.cursors.append(order.cursor(of: job))
            }
            let isLast = index + 1 == found.count
            if !isLast, page.records.count >= limit || index + 1 >= Limits.pageExamines {
                page.next = order.cursor(of: job)
                break
            }
        }
        return page
    }

    /// Returns jobs in order, starting after a cursor.
    func listed(_ order: ListOrder, state: JobState? = nil, after cursor: String?) throws(StoreError) -> [JobID] {
        var found = jobs.values.filter { state == nil || $0.record.state == state }
        if let cursor {
            guard let start = order.rank(of: cursor) else {
                throw StoreError.failed("\(Names.quoted(cursor)) is not a cursor of this listing")
            }
            found = found.filter { order.rank($0) < start }
        }
        return found.sorted { order.rank($0) > order.rank($1) }.map(\.record.id)
    }

    /// Returns the record as it is shown, with the facts of its lease.
    func shown(_ job: StoredJob) -> JobRecord {
        var record = job.record
        guard let lease = job.lease else { return record }
        record.worker = lease.worker
        record.isStarted = lease.startedAt != nil
        record.leaseUntil = now + .microseconds(lease.deadline - leaseNow)
        return record
    }
}
