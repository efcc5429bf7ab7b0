// An announcement in somebody's hands. Until it is acknowledged it is only lent: when its lease is over it comes again,
// to this reader or another, so whatever is done with it should bear being done twice.
public import OffstageCore

/// The news that a job has ended, taken from a return queue and not acknowledged yet.
@dynamicMemberLookup
public struct TakenAnnouncement: Sendable {
    /// What was announced.
    public let announcement: Announcement
    private let store: any Returns

    init(_ announcement: Announcement, store: any Returns) {
        self.announcement = announcement
        self.store = store
    }

    /// Reads a part of the announcement: its job, type, state, result and so on.
    public subscript<Value>(dynamicMember path: KeyPath<Announcement, Value>) -> Value { announcement[keyPath: path] }

    /// Acknowledges the announcement, so that it does not come again; false if its lease was over and it has gone
    /// elsewhere.
    @discardableResult
    public func acknowledge() async throws -> Bool {
        try await store.acknowledgeReturns([announcement.receipt]) == 1
    }

    /// Decodes what the handler returned; throws if there is nothing of this type.
    public func result<Value: Decodable>(as type: Value.Type) throws -> Value {
        try JSONReading.decode(type, from: announcement.result ?? Array("null".utf8))
    }
}
