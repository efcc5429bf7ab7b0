// An announcement that a reader has taken. Until it is acknowledged it is only leased: when the lease runs out, it is
// delivered again, to this reader or another. Handle it so that handling it twice does no harm.
public import OffstageCore

/// The announcement of a job's end, taken from a return queue and not acknowledged yet.
@dynamicMemberLookup
public struct TakenAnnouncement: Sendable {
    /// What was announced.
    public let announcement: Announcement
    private let store: any Returns

    init(_ announcement: Announcement, store: any Returns) {
        self.announcement = announcement
        self.store = store
    }

    /// Returns a part of the announcement: its job, type, state, result and so on.
    public subscript<Value>(dynamicMember path: KeyPath<Announcement, Value>) -> Value { announcement[keyPath: path] }

    /// Acknowledges the announcement, so that it is not delivered again. Returns false if its lease had run out and it
    /// was delivered elsewhere.
    @discardableResult
    public func acknowledge() async throws -> Bool {
        try await store.acknowledgeReturns([announcement.receipt]) == 1
    }

    /// Decodes what the handler returned. Throws if there is no result of this type.
    public func result<Value: Decodable>(as type: Value.Type) throws -> Value {
        try JSONReading.decode(type, from: announcement.result ?? Array("null".utf8))
    }
}
