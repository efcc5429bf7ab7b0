// Listings. A store's page examines a bounded number of records, and may come back half empty if few of them match.
// Here, further pages are requested to fill the page, up to a bound that the caller sets, because a person would rather
// wait a moment than read an empty page.
public import OffstageCore

extension Monitor {
    /// One page of records without arguments, result and checkpoint. The order is newest acceptance first; for one
    /// ended state it is latest end first.
    ///
    /// It asks the store up to `rounds` times, and each time the store examines at most `Limits.pageExamines` records.
    /// So the page can hold fewer records than `limit` (at most 1,000), or none, and still have a cursor to continue
    /// from.
    public func list(
        _ filter: JobFilter = JobFilter(), after cursor: String? = nil, limit: Int = 100, rounds: Int = 100
    ) async throws -> JobPage {
        let limit = min(max(1, limit), Limits.batch)
        var page = JobPage()
        page.next = cursor
        for _ in 0..<max(1, rounds) {
            let more = try await store.list(filter, after: page.next, limit: limit - page.records.count)
            page.records += more.records
            page.cursors += more.cursors
            page.next = more.next
            if page.next == nil || page.records.count >= limit { break }
        }
        return page
    }

    /// All records that match, page by page, for as long as the caller reads.
    public func pages(_ filter: JobFilter = JobFilter(), after cursor: String? = nil, size: Int = 100) -> JobPages {
        JobPages(monitor: self, filter: filter, cursor: cursor, size: size)
    }
}
