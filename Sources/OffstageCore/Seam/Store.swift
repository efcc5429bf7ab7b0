// The seam: everything that the enqueuer, the worker and the monitor may ask of a queue's store. Its verbs are those of
// the domain, work on batches, and do not depend on how a store keeps its data. Every store passes one conformance
// suite. OffstageMemory is the reference model: where a doc comment leaves a question open, its code is the answer.
//
// Rules for every verb:
// - A thrown error means that nothing was done. The exception is StoreError.unknownOutcome: the batch was done either
//   completely or not at all. The same call may then be sent again; ids and tokens make that safe.
// - Conflicts are answers, one for each item in the order of the request. A refusal never affects the other items.
// - A batch has at most Limits.batch items. The caller validates items (NewJob.validate) before they get here.
// - Leases are measured by the store's own clock, run-at and expiry by the store's wall clock.

/// A queue's store.
public protocol Store: Sendable {
    /// What this store is and how it differs from other stores.
    var traits: StoreTraits { get }

    // MARK: Enqueue

    /// Returns the id that a new job should have, so that the id tells where the job is kept. A store with several
    /// partitions returns the id moved to a partition (`JobID.moved(to:)`): always the same one for the same type and
    /// unique key, and each partition in turn for jobs without a key. Other stores return the id unchanged, which is
    /// the default. Called once for each id that is generated here, when it is generated, and never for an id that a
    /// caller chose.
    func home(of id: JobID, type: String, uniqueKey: String?) -> JobID
    /// Stores new jobs durably and returns an answer for each: stored, already there, replaced, held, or refused with a
    /// reason. A job with a start in the future is scheduled, any other is available. Its run-at is the store's current
    /// time or the requested time. A job whose expiry has passed is stored as discarded.
    func enqueue(_ jobs: [NewJob]) async throws -> [EnqueueAnswer]

    // MARK: Work

    /// Records how attempts ended, then reserves the next jobs, in one transaction. A settlement is accepted only if
    /// its token is the job's current lease, or if it was accepted before and the reply was lost. A job that was asked
    /// to cancel becomes cancelled unless it completed. The end of a job frees its unique key and its successor, and is
    /// announced on its return queue. A completion also stores the follow-ups.
    func settle(_ settlements: [Settlement], reserving request: ReserveRequest?) async throws -> SettleReply
    /// Records starts, progress and checkpoints of running attempts, each fenced by its token. Returns one answer for
    /// each note, in order.
    func note(_ notes: [JobNote]) async throws -> [TokenAnswer]
    /// Extends exactly the listed leases to now plus the lease time. Reports which of them are lost and whose jobs were
    /// asked to cancel. A lease of this worker that is not listed and was granted before `grantedBefore` is handed
    /// back, because its reply was lost.
    func renew(_ request: RenewRequest) async throws -> RenewReply
    /// Makes a waiter for jobs of a selection. An idle worker sleeps in it instead of polling.
    func makeWaiter(for selection: WorkSelection) -> any WorkWaiter
    /// Does a bounded amount of maintenance: makes due jobs available, discards expired ones, takes back expired
    /// leases, and prunes what retention no longer keeps. `more` in the report means that another call would find work
    /// now.
    func maintain(limit: Int) async throws -> MaintainReport

    // MARK: Workers

    /// Records a worker as alive and returns the commands that wait for it.
    func heartbeat(_ status: WorkerStatus) async throws -> Set<WorkerCommand>
    /// Leaves a command for a live worker. Returns false if no such worker is known.
    func command(_ command: WorkerCommand, to worker: WorkerID) async throws -> Bool
    /// Forgets a worker that has stopped and takes back everything that it still holds, in one transaction. Returns one
    /// answer for each attempt that is reported to have crashed with it. A reported attempt whose token is a current
    /// lease of that worker had started and has crashed, and its job is a suspect from now on. Everything else that the
    /// worker holds is handed back.
    func retire(_ worker: WorkerID, crashed: [CrashedAttempt]) async throws -> [TokenAnswer]
    /// The workers seen within the last three lease times, each with the jobs it runs (at most 1,000 per worker).
    func workers() async throws -> [WorkerRecord]

    // MARK: Steer

    /// Pauses or resumes a queue; a paused queue gives out no jobs. Returns false if nothing changed.
    func setPaused(_ paused: Bool, queue: String) async throws -> Bool
    /// Cancels, retries, removes or reschedules jobs, by id or by filter in chunks.
    func change(_ request: ChangeRequest) async throws -> ChangeReply

    // MARK: Look

    /// The records of these jobs, in order; nil where there is none.
    func find(_ ids: [JobID]) async throws -> [JobRecord?]
    /// One page of records without arguments, result and checkpoint. A call examines at most `Limits.pageExamines`
    /// records, so it may return fewer records than requested, or none, and still have a cursor to continue from. The
    /// order is newest acceptance first; for one ended state it is latest end first.
    func list(_ filter: JobFilter, after cursor: String?, limit: Int) async throws -> JobPage
    /// The number of jobs in each state, by queue and type, from maintained counts; and which queues are paused.
    func counts() async throws -> StoreCounts
    /// What keeps a job from starting; nil if there is no such job.
    func standing(of id: JobID) async throws -> JobStanding?
    /// What ended since a moment, by type and minute, oldest first; at most 72 h back.
    func history(since: Timestamp) async throws -> [HistoryRow]

    // MARK: Return queues

    /// Takes announcements, oldest first, under a separate lease. Those that are not acknowledged before it runs out
    /// are delivered again.
    func takeReturns(from name: String, limit: Int, lease: Duration) async throws -> [Announcement]
    /// Returns the oldest announcements without taking them.
    func peekReturns(in name: String, limit: Int) async throws -> [Announcement]
    /// Acknowledges announcements. Returns how many of the receipts were still valid.
    func acknowledgeReturns(_ receipts: [AnnouncementReceipt]) async throws -> Int

    // MARK: Itself

    /// The store's wall clock.
    func now() async throws -> Timestamp
    /// Checks the store and its environment, for `doctor`.
    func examine() async throws -> [Finding]
    /// Stops the store's threads after pending calls have been answered.
    func close() async
}

extension Store {
    /// Returns the id unchanged: the store has one partition.
    public func home(of id: JobID, type: String, uniqueKey: String?) -> JobID { id }

    /// Reserves jobs without settling anything.
    public func reserve(_ request: ReserveRequest) async throws -> Reservation {
        try await settle([], reserving: request).reservation ?? Reservation()
    }

    /// Forgets a worker that has stopped in order, and hands back everything that it still holds.
    public func retire(_ worker: WorkerID) async throws {
        _ = try await retire(worker, crashed: [])
    }

    /// Settles attempts without reserving anything.
    public func settle(_ settlements: [Settlement]) async throws -> [TokenAnswer] {
        try await settle(settlements, reserving: nil).answers
    }
}
