// A listing that can be read to its end without holding all of it: each page is requested when the reader gets to it.
public import OffstageCore

/// A listing as a sequence of pages; no page is empty.
public struct JobPages: AsyncSequence, Sendable {
    /// The element of the sequence.
    public typealias Element = JobPage

    let monitor: Monitor
    let filter: JobFilter
    let cursor: String?
    let size: Int

    /// Starts at the cursor.
    public func makeAsyncIterator() -> Iterator { Iterator(pages: self, cursor: cursor) }

    /// Reads pages one by one.
    public struct Iterator: AsyncIteratorProtocol {
        let pages: JobPages
        var cursor: String?
        var isAtEnd = false

        /// Returns the next page; nil at the end. Throws what the store throws, and CancellationError between rounds.
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
