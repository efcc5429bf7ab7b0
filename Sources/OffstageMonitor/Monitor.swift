// The fourth part: it shows the state of every job, and steers. It can run wherever a store can be reached, and keeps
// no state. Every request to the store is bounded, so looking costs the same with ten jobs or ten million.
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

    /// Returns a job's record; nil if there is none.
    public func find(_ id: JobID) async throws -> JobRecord? {
        try await store.find([id]).first ?? nil
    }

    /// Returns the records of jobs in the order requested, nil where there is none; a thousand per round trip.
    public func find(_ ids: [JobID]) async throws -> [JobRecord?] {
        var records: [JobRecord?] = []
        records.reserveCapacity(ids.count)
        for batch in ids.batches { records += try await store.find(Array(batch)) }
        return records
    }
}
