// A listing that is read to its end without holding it: the next page is asked for when the reader comes to it.
public import OffstageCore

/// A listing as a sequence of pages; none is empty.
public struct JobPages: AsyncSequence, Sendable {
    /// What the sequence gives.
    public typealias Element = JobPage

    let monitor: Monitor
    let filter: JobFilter
    let cursor: String?
    let size: Int

    /// Begins at the cursor.
    public func makeAsyncIterator() -> Iterator { Iterator(pages: self, cursor: cursor) }

    /// Reads pages one by one.
    public struct Iterator: AsyncIteratorProtocol {
        let pages: JobPages
        var cursor: String?
        var isAtEnd = false

        /// The next page; nil at the end. Throws what the store throws, and CancellationError between rounds.
        public mutating func next() async throws -> JobPage? {
            while !isAtEnd {
                try Task.checkCancellation()
                let page = try await pages.monitor.list(pages.filter, after: cursor, limit: pages.size)
                cursor = page.next
                isAtEnd = page.next == nil
                if !page.records.isEmpty { return page }
            }
            return nil
        }
    }
}
