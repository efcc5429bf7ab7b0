// Follows one job by polling its record: often while it changes, and at most once a second while it does not. The
// sequence contains every record that differs from the previous one in more than its lease.
public import OffstageCore

/// The changes of one job's record.
public struct JobWatch: AsyncSequence, Sendable {
    /// The element of the sequence.
    public typealias Element = JobRecord

    let monitor: Monitor
    let id: JobID

    /// Starts to follow the job.
    public func makeAsyncIterator() -> Iterator { Iterator(monitor: monitor, id: id) }

    /// Waits for one change after another.
    public struct Iterator: AsyncIteratorProtocol {
        let monitor: Monitor
        let id: JobID
        var last: JobRecord?
        var isAtEnd = false

        private static let shortest = Duration.milliseconds(20)
        private static let longest = Duration.seconds(1)

        init(monitor: Monitor, id: JobID) {
            self.monitor = monitor
            self.id = id
        }

        /// Returns the next record that differs; nil after the end. Throws what the store throws, and
        /// CancellationError.
        public mutating func next() async throws -> JobRecord? {
            var interval = Self.shortest
            while !isAtEnd {
                guard let record = try await monitor.find(id) else { break }
                var seen = record
                seen.leaseUntil = nil
                if seen != last {
                    last = seen
                    isAtEnd = record.state.isEnded
                    return record
                }
                try await monitor.time.sleep(for: interval)
                interval = Swift.min(interval * 3 / 2, Self.longest)
            }
            isAtEnd = true
            return nil
        }
    }
}
