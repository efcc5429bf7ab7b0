/// What a worker reports about itself with every heartbeat.
public struct WorkerStatus: Sendable, Hashable {
    /// The worker's incarnation.
    public var id: WorkerID
    /// The machine's name.
    public var host: String
    /// The process id.
    public var pid: Int
    /// When it started.
    public var startedAt: Timestamp
    /// The queues it serves; nil for all.
    public var queues: [String]?
    /// The types it handles.
    public var types: [String]
    /// How many jobs it runs at once.
    public var concurrency: Int
    /// Whether it has stopped reserving.
    public var isQuiet: Bool

    /// Creates a status.
    public init(
        id: WorkerID, host: String, pid: Int, startedAt: Timestamp, queues: [String]?, types: [String],
        concurrency: Int, isQuiet: Bool
    ) {
        self.id = id
        self.host = host
        self.pid = pid
        self.startedAt = startedAt
        self.queues = queues
        self.types = types
        self.concurrency = concurrency
        self.isQuiet = isQuiet
    }
}

/// A worker as the store knows it.
public struct WorkerRecord: Sendable, Hashable {
    /// Its last reported status.
    public var status: WorkerStatus
    /// When it was last seen.
    public var seenAt: Timestamp
    /// The jobs it has started, oldest lease first, at most 1,000.
    public var running: [JobID]
    /// How many leases it holds, started or not.
    public var held: Int
    /// The suspect of a crash that it holds; it takes no other job meanwhile.
    public var suspect: JobID?

    /// Creates a record.
    public init(status: WorkerStatus, seenAt: Timestamp, running: [JobID], held: Int, suspect: JobID? = nil) {
        self.status = status
        self.seenAt = seenAt
        self.running = running
        self.held = held
        self.suspect = suspect
    }
}

extension WorkerStatus {
    /// The jobs it takes.
    package var selection: WorkSelection { WorkSelection(queues: queues, types: Set(types)) }
}

/// A command to a worker from outside.
public enum WorkerCommand: String, Sendable, Hashable, CaseIterable {
    /// Stop reserving; finish the running jobs.
    case quiet
    /// Stop as on SIGTERM.
    case stop
}
