// Reserving: what a worker asks for, and what it gets.

/// Which jobs a worker can take.
public struct WorkSelection: Sendable, Hashable {
    /// The queues in the order to be exhausted; nil means all queues, in the order of their jobs.
    public var queues: [String]?
    /// The types the worker has registered; it is never given another.
    public var types: Set<String>

    /// Creates a selection.
    public init(queues: [String]?, types: Set<String>) {
        self.queues = queues
        self.types = types
    }
}

/// What a worker wants of suspects: of jobs that processes died under.
public enum SuspectChoice: Sendable, Hashable {
    /// If it holds nothing and it is the worker's turn, the first due suspect before all others, and alone; otherwise
    /// none. Whose turn it is: see `WorkSelection.hasTurn`.
    case alone
    /// None ever: somebody else takes them. `Reservation.suspectWaiting` says whether one is due.
    case never
    /// Nothing but suspects: the first due one, if it holds nothing. Who wants only these does not sleep in a
    /// `WorkWaiter`, which tells of every job of the selection, and of each tells one sleeper only.
    case only
}

/// A worker's wish for jobs.
public struct ReserveRequest: Sendable {
    /// Who asks.
    public var worker: WorkerID
    /// Which jobs it can take.
    public var selection: WorkSelection
    /// How many jobs at most.
    public var limit: Int
    /// How many of them, from the first on, the worker starts the moment it has them; the rest are prefetched.
    public var startNow: Int
    /// How many leases the worker holds besides those it settles in the same call; one that holds any is given no
    /// suspect of a crash.
    public var holding: Int
    /// The number of the first lease granted; the next ones count on from it. Never repeated within a worker's life.
    public var firstCounter: UInt64
    /// What it wants of suspects of a crash.
    public var suspects = SuspectChoice.alone
    /// For a worker that holds something and is about to stop reserving until it holds nothing: for how long it wants
    /// the turn to run a suspect, counted from now. Only with `.alone`; nil if it does not.
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

/// What a reservation brought.
public struct Reservation: Sendable {
    /// The jobs, in their order: by priority, run-at and acceptance within a queue; strictly by queue if queues were
    /// named.
    public var jobs: [ReservedJob] = []
    /// If there were none: how long until the next job of the selection is due, as far as is known; until the next
    /// suspect, if only suspects were asked for.
    public var nextDue: Duration?
    /// A due suspect of a crash was passed over: the worker holds something, or wants none, or it is not its turn.
    public var suspectWaiting = false
    /// A suspect is due, and the worker has the turn that it asked for with `turnFor`: until it runs out, the workers
    /// that serve some of the same jobs take no suspect.
    public var hasTurn = false

    /// An empty reservation.
    public init() {}
}

/// The store's answers to a settle call.
public struct SettleReply: Sendable {
    /// One answer a settlement, in order.
    public var answers: [TokenAnswer] = []
    /// The follow-ups that could not be stored, in the order of the settlements; they are on their parents' records,
    /// too. A settle that is sent again does not name them again.
    public var refusedFollowUps: [RefusedFollowUp] = []
    /// What the request brought, if there was one.
    public var reservation: Reservation?

    /// An empty reply.
    public init() {}
}

/// A store's answer to a write that carries a token.
public enum TokenAnswer: Sendable, Hashable {
    /// It was recorded, now or before.
    case accepted
    /// The token is not the job's current lease; nothing was recorded.
    case stale
    /// There is no such job.
    case gone
}

/// Something a running attempt puts on the record.
public struct JobNote: Sendable {
    /// What is noted.
    public enum Kind: Sendable, Hashable {
        /// The handler of a prefetched job has started, so many microseconds ago.
        case started(agoMicroseconds: Int64)
        /// How far the handler is.
        case progress(Progress)
        /// What the handler can go on from.
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
    /// Begins to listen. What becomes reservable from now on ends the next wait; so arm, reserve, and wait if there
    /// was nothing.
    func arm()
    /// Suspends until work may be there, `wake` is called, the task is cancelled or the time is over; at once if it
    /// happened since `arm`.
    func wait(upTo limit: Duration) async
    /// Ends the current or next wait.
    func wake()
    /// Stops listening for good.
    func close()
}
