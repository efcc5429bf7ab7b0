// How the web side learns that jobs have ended, without polling each of them. A return queue is a name that jobs carry.
// Processes that read the same name compete: each announcement is leased to one of them at a time until it is
// acknowledged.
public import OffstageCore

/// The announcements of one return queue, as they arrive. The sequence ends only when its task is cancelled.
///
///     for try await announcement in ReturnQueue(store, "web") {
///         …
///         try await announcement.acknowledge()
///     }
public struct ReturnQueue: AsyncSequence, Sendable {
    /// The element of the sequence.
    public typealias Element = TakenAnnouncement

    /// The queue's name.
    public let name: String
    let store: any Returns
    let lease: Duration
    let time: any TimeSource

    /// Opens a return queue by its name. An announcement that is taken and not acknowledged within the lease is
    /// delivered again. Throws InvalidJob for an invalid name.
    public init(
        _ store: any Returns, _ name: String, lease: Duration = .seconds(30), time: any TimeSource = SystemTime()
    ) throws(InvalidJob) {
        self.name = try Names.check(name, what: "return queue")
        self.store = store
        self.lease = lease
        self.time = time
    }

    /// Takes up to `limit` announcements, at most 1,000, oldest first. Returns an empty array if there are none now.
    public func take(_ limit: Int = Limits.batch) async throws -> [TakenAnnouncement] {
        let limit = Swift.min(Swift.max(1, limit), Limits.batch)
        let taken = try await store.takeReturns(from: name, limit: limit, lease: lease)
        return taken.map { TakenAnnouncement($0, store: store) }
    }

    /// Returns the oldest announcements, at most 1,000, without taking them.
    public func peek(_ limit: Int = Limits.batch) async throws -> [Announcement] {
        try await store.peekReturns(in: name, limit: Swift.min(Swift.max(1, limit), Limits.batch))
    }

    /// Acknowledges announcements, a thousand in a round trip. Returns how many of them were still leased.
    @discardableResult
    public func acknowledge(_ announcements: [TakenAnnouncement]) async throws -> Int {
        var count = 0
        for batch in announcements.map(\.announcement.receipt).batches {
            count += try await store.acknowledgeReturns(Array(batch))
        }
        return count
    }

    /// Starts reading.
    public func makeAsyncIterator() -> ReturnIterator { ReturnIterator(self) }
}
