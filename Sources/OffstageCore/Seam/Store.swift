// The seam: all that the enqueuer, the worker and the monitor may ask of a queue's store. The verbs are those of the
// domain, batched by nature, and say nothing of how a store keeps things. Every store passes one conformance suite,
// and OffstageMemory is the reference model: where a doc comment leaves a question open, its code is the answer.
//
// Rules that hold for every verb:
// - An error thrown means that nothing was done, except StoreError.unknownOutcome: then all or nothing of the batch
//   was done, and the same call may be sent again (ids and tokens make that safe).
// - Conflicts are answers, one for each item in the order asked; one refusal never touches its neighbours.
// - A batch has at most Limits.batch items; items are valid (NewJob.validate) before they come here.
// - Leases are measured by the store's own clock, run-at and expiry by the store's wall clock.

/// A queue's store.
public protocol Store: Sendable {
    /// What this store is and how it differs.
    var traits: StoreTraits { get }

    // MARK: Enqueue

    /// Where a job lives, told by its id. A store that is spread over partitions answers the id moved to a partition
    /// (`JobID.moved(to:)`): the same one for the same type and unique key, and for jobs without a key one after the
    /// other. Others answer the id as it is, which is the default. Asked once for each id that is made here, when it
    /// is made, and never for one that a caller chose.
    func home(of id: JobID, type: String, uniqueKey: String?) -> JobID
    /// Stores new jobs durably and answers for each: stored, already there, replaced, held, or refused with a reason.
    /// A job whose start lies ahead is scheduled, otherwise available; run-at is the store's now or the time asked
    /// for. One whose expiry has passed is stored as discarded.
    func enqueue(_ jobs: [NewJob]) async throws -> [EnqueueAnswer]

    // MARK: Work

    /// Records how attempts ended, then reserves the next jobs, in one transaction. Each settlement is accepted only
    /// if its token is the job's current lease (or was accepted before: the reply was lost); a job asked to cancel
    /// becomes cancelled unless it completed. The end of a job frees its unique key and successor, announces it on
    /// its return queue and stores its follow-ups.
    func settle(_ settlements: [Settlement], reserving request: ReserveRequest?) async throws -> SettleReply
    /// Records starts, progress and checkpoints of running attempts, each fenced by its token.
    func note(_ notes: [JobNote]) async throws -> [TokenAnswer]
    /// Extends exactly the leases listed to now plus the lease time; answers which are lost and which jobs are asked
    /// to cancel. A lease of this worker that is not listed and was granted before `grantedBefore` is handed back:
    /// its reply was lost.
    func renew(_ request: RenewRequest) async throws -> RenewReply
    /// Makes a waiter for jobs of a selection; an idle worker sleeps in it instead of polling.
    func makeWaiter(for selection: WorkSelection) -> any WorkWaiter
    /// Does a bounded piece of upkeep: makes due jobs available, discards expired ones, takes back expired leases,
    /// prunes what retention no longer keeps. `more` says that another call would find work now.
    func maintain(limit: Int) async throws -> MaintainReport

    // MARK: Workers

    /// Records a worker as alive and answers the commands waiting for it.
    func heartbeat(_ status: WorkerStatus) async throws -> Set<WorkerCommand>
    /// Leaves a command for a live worker; false if no such worker is known.
    func command(_ command: WorkerCommand, to worker: WorkerID) async throws -> Bool
    /// Forgets a worker that has stopped and takes back whatever it still holds, in one transaction. Attempts that are
    /// reported to have crashed with it are answered one by one: each whose token is a current lease of that worker
    /// had started, has crashed, and is a suspect from now on. Everything else that it holds is handed back.
    func retire(_ worker: WorkerID, crashed: [CrashedAttempt]) async throws -> [TokenAnswer]
    /// The workers heard of within the last three lease times, with what each runs (at most 1,000 jobs each).
    func workers() async throws -> [WorkerRecord]

    // MARK: Steer

    /// Pauses or resumes a queue; a paused queue gives out no job. False if nothing changed.
    func setPaused(_ paused: Bool, queue: String) async throws -> Bool
    /// Cancels, retries, removes or reschedules, by id or by filter in chunks.
    func change(_ request: ChangeRequest) async throws -> ChangeReply

    // MARK: Look

    /// The records of these jobs, nil where there is none.
    func find(_ ids: [JobID]) async throws -> [JobRecord?]
    /// One page of records without arguments, result and checkpoint. It examines at most Limits.pageExamines records,
    /// so that it may return fewer than asked, or none, with a cursor to go on from. Order: newest acceptance first;
    /// for one ended state, latest end first.
    func list(_ filter: JobFilter, after cursor: String?, limit: Int) async throws -> JobPage
    /// How many jobs stand in each state, by queue and type, without counting them; and which queues are paused.
    func counts() async throws -> StoreCounts
    /// What stands between a job and its start; nil if there is no such job.
    func standing(of id: JobID) async throws -> JobStanding?
    /// What ended per type and minute since a moment, oldest first, at most 72 h back.
    func history(since: Timestamp) async throws -> [HistoryRow]

    // MARK: Return queues

    /// Takes announcements under a lease of their own, oldest first; until acknowledged they come again when it runs
    /// out.
    func takeReturns(from name: String, limit: Int, lease: Duration) async throws -> [Announcement]
    /// The oldest announcements, without taking them.
    func peekReturns(in name: String, limit: Int) async throws -> [Announcement]
    /// Acknowledges announcements; answers how many of the receipts were still valid.
    func acknowledgeReturns(_ receipts: [AnnouncementReceipt]) async throws -> Int

    // MARK: Itself

    /// The store's wall clock.
    func now() async throws -> Timestamp
    /// Checks the store and its surroundings, for `doctor`.
    func examine() async throws -> [Finding]
    /// Stops the store's threads once what was asked has been answered.
    func close() async
}

extension Store {
    /// The id as it is: the store has one partition.
    public func home(of id: JobID, type: String, uniqueKey: String?) -> JobID { id }

    /// Reserves jobs, with nothing to settle.
    public func reserve(_ request: ReserveRequest) async throws -> Reservation {
        try await settle([], reserving: request).reservation ?? Reservation()
    }

    /// Forgets a worker that has stopped in order and hands back whatever it still holds.
    public func retire(_ worker: WorkerID) async throws {
        _ = try await retire(worker, crashed: [])
    }

    /// Settles attempts, with nothing to reserve.
    public func settle(_ settlements: [Settlement]) async throws -> [TokenAnswer] {
        try await settle(settlements, reserving: nil).answers
    }
}
