// Reserving: what a worker asks for and what it gets.

/// Which jobs a worker can take.
public struct WorkSelection: Sendable, Hashable {
    /// The queues, each to be exhausted before the next; nil means all queues, in the order of their jobs.
    public var queues: [String]?
    /// The types that the worker has registered; it is never given a job of another type.
    public var types: Set<String>

    /// Creates a selection.
    public init(queues: [String]?, types: Set<String>) {
        self.queues = queues
        self.types = types
    }
}

/// Whether a worker takes suspects. A suspect is a job that processes died under.
public enum SuspectChoice: Sendable, Hashable {
    /// If the worker holds nothing and has the turn, it gets the first due suspect, before all other jobs and alone.
    /// Otherwise it gets none. `WorkSelection.hasTurn` decides whose turn it is.
    case alone
    /// The worker takes no suspects; another one does. `Reservation.suspectWaiting` reports whether one is due.
    case never
    /// The worker takes only suspects: the first due one, if it holds nothing. Such a worker must not sleep in a
    /// `WorkWaiter`: the waiter reports every job of the selection, and each job to one sleeper only.
    case only
}

/// A worker's request for jobs.
public struct ReserveRequest: Sendable {
    /// The worker that asks.
    public var worker: WorkerID
    /// Which jobs it can take.
    public var selection: WorkSelection
    /// The maximum number of jobs.
    public var limit: Int
    /// How many of these jobs, counted from the first, the worker starts as soon as it has them. The rest are
    /// prefetched.
    public var startNow: Int
    /// How many leases the worker holds, not counting those that it settles in the same call. A worker that holds any
    /// is given no suspect of a crash.
    public var holding: Int
    /// The counter of the first lease granted; the next leases count up from it. A worker never repeats a counter in
    /// its life.
    public var firstCounter: UInt64
    /// Whether the worker takes suspects of a crash.
    public var suspects = SuspectChoice.alone
    /// How long the worker wants the turn to run a suspect, counted from now; nil if it does not want it. For a worker
    /// that holds jobs and is about to stop reserving until it holds none. Only valid with `.alone`.
    public var turnFor: Duration?

    /// Creates a request.
    public init(
        worker: WorkerID, selection: WorkSelection, limit: Int, startNow: Int, holding: Int, firstCounter: UInt64,
        suspects: SuspectChoice = .alone, turnFor: Duration? = nil
    ) {
        self.worker = worker
        self.selection = selection
        self.limit = limit
        self.startNow = startNow
        self.holding = holding
        self.firstCounter = firstCounter
        self.suspects = suspects
        self.turnFor = turnFor
    }
}

/// The result of a reservation.
public struct Reservation: Sendable {
    /// The jobs in order: by priority, run-at and acceptance within a queue, and strictly by queue if queues were
    /// named.
    public var jobs: [ReservedJob] = []
    /// If there were no jobs: how long until the next job of the selection is due, as far as is known. If only suspects
    /// were requested, how long until the next suspect is due.
    public var nextDue: Duration?
    /// Whether a due suspect of a crash was skipped: the worker holds jobs, takes no suspects, or does not have the
    /// turn.
    public var suspectWaiting = false
    /// Whether a suspect is due and the worker has the turn that it requested with `turnFor`. Until the turn ends, the
    /// worker counts as busy with a suspect (see `WorkSelection.hasTurn`).
    public var hasTurn = false

    /// An empty reservation.
    public init() {}
}

/// The store's reply to a settle call.
public struct SettleReply: Sendable {
    /// One answer for each settlement, in order.
    public var answers: [TokenAnswer] = []
    /// The follow-ups that could not be stored, in the order of the settlements. They are also on their parents'
    /// records. A settle that is sent again does not report them again.
    public var refusedFollowUps: [RefusedFollowUp] = []
    /// The result of the reservation, if one was requested.
    public var reservation: Reservation?

    /// An empty reply.
    public init() {}
}

/// A store's answer to a write that carries a token.
public enum TokenAnswer: Sendable, Hashable {
    /// The write was recorded, now or earlier.
    case accepted
    /// The token is not the job's current lease; nothing was recorded.
    case stale
    /// There is no such job.
    case gone
}

/// Something that a running attempt puts on the record.
public struct JobNote: Sendable {
    /// What is noted.
    public enum Kind: Sendable, Hashable {
        /// The handler of a prefetched job started this many microseconds ago.
        case started(agoMicroseconds: Int64)
        /// How far the handler has got.
        case progress(Progress)
        /// What a later attempt can continue from.
        case checkpoint([UInt8])
    }

    /// Proof of the lease.
    public var token: Token
    /// What is noted.
    public var kind: Kind

    /// Creates a note.
    public init(token: Token, kind: Kind) {
        self.token = token
        self.kind = kind
    }
}

/// Sleeps until a selection may have work.
public protocol WorkWaiter: Sendable {
    /// Starts listening. Work that becomes reservable from now on ends the next wait. Call `arm`, then reserve, and
    /// wait if there was nothing.
    func arm()
    /// Suspends until there may be work, `wake` is called, the task is cancelled, or the limit has passed. Returns at
    /// once if there has been work or a wake since `arm`.
    func wait(upTo limit: Duration) async
    /// Ends the current wait, or else the next one.
    func wake()
    /// Stops listening permanently.
    func close()
}
