// The roles of a store by name, and which of them each part of Offstage needs.

/// A role that a store may have; see the protocol of the same name.
public enum StoreRole: String, Sendable, Hashable, CaseIterable {
    /// JobSink
    case jobSink
    /// WorkSource
    case workSource
    /// Fleet
    case fleet
    /// Upkeep
    case upkeep
    /// Inspection
    case inspection
    /// Steering
    case steering
    /// Returns
    case returns

    /// The roles that a store, or a part of one, has.
    public static func roles(of part: any StorePart) -> Set<StoreRole> {
        var roles: Set<StoreRole> = []
        if part is any JobSink { roles.insert(.jobSink) }
        if part is any WorkSource { roles.insert(.workSource) }
        if part is any Fleet { roles.insert(.fleet) }
        if part is any Upkeep { roles.insert(.upkeep) }
        if part is any Inspection { roles.insert(.inspection) }
        if part is any Steering { roles.insert(.steering) }
        if part is any Returns { roles.insert(.returns) }
        return roles
    }
}

/// What an Enqueuer needs: tickets read what became of a job.
public typealias EnqueuerStore = JobSink & Inspection
/// What a Worker needs: handlers enqueue, and a worker that drains its queues reads their counts.
public typealias WorkerStore = WorkSource & JobSink & Fleet & Upkeep & Inspection
/// What a Monitor needs.
public typealias MonitorStore = Inspection & Steering & Fleet
/// What a Foreman needs: it reports dead workers and reads what became of their jobs.
public typealias ForemanStore = Fleet & Inspection
