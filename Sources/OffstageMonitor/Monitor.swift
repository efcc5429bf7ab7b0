// The fourth part: it says where every job stands, and steers. It can be anywhere a store can be reached, and holds no
// state of its own. Every question it asks of the store is bounded, so that looking costs the same with ten jobs or ten
// million.
public import OffstageCore

/// Watches and steers the jobs of a store.
public struct Monitor: Sendable {
    /// The store that is watched.
    public let store: any MonitorStore
    let time: any TimeSource

    /// Creates a monitor over a store.
    public init(_ store: any MonitorStore, time: any TimeSource = SystemTime()) {
        self.store = store
        self.time = time
    }

    /// A job's record; nil if there is none.
    public func find(_ id: JobID) async throws -> JobRecord? {
        try await store.find([id]).first ?? nil
    }

    /// Jobs' records in the order asked, nil where there is none; a thousand a round trip.
    public func find(_ ids: [JobID]) async throws -> [JobRecord?] {
        var records: [JobRecord?] = []
        records.reserveCapacity(ids.count)
        for batch in ids.batches { records += try await store.find(Array(batch)) }
        return records
    }
}
