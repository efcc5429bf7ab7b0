// The seam: everything that the enqueuer, the worker and the monitor may ask of a queue's store. It is divided by role,
// and each caller asks for the roles it uses. A store of Offstage's own has all of them. A queue in a foreign format
// may have some, for example only JobSink and WorkSource.
//
// The verbs are those of the domain, take batches, and say nothing about how a store keeps things. One conformance
// suite tests every store. OffstageMemory is the reference model: where a doc comment leaves a question open, its code
// decides.
//
// Rules for every verb:
// - If it throws, nothing was done. The exception is StoreError.unknownOutcome: then all or nothing of the batch was
//   done, and the caller may send the same call again (ids and tokens make that safe).
// - Conflicts are returned, one value for each item in the order of the call. One refusal never affects other items.
// - A batch has at most Limits.batch items. Items are valid (NewJob.validate) before they reach a store.
// - Leases are measured by the store's lease clock, run-at and expiry by the store's wall clock.

/// What every role of a store has.
public protocol StorePart: Sendable {
    /// What this store is and how it differs from others.
    var traits: StoreTraits { get }
    /// Stops the store's threads after every call that was made has returned.
    func close() async
}

/// Accepts new jobs.
public protocol JobSink: StorePart {
    /// Returns the id that a new job should get, which decides where it is stored.
    ///
    /// A store that is spread over partitions returns the id moved to a partition (`JobID.moved(to:)`): always the same
    /// partition for the same type and unique key, and for jobs without a key one partition after the other. The
    /// default returns the id unchanged. Called once for each id that Offstage makes, and never for an id that a caller
    /// chose.
    func home(of id: JobID, type: String, uniqueKey: String?) -> JobID
    /// Stores new jobs durably.
    ///
    /// Returns for each job whether it was stored, was known, replaced another one, or is a duplicate or taken id. A
    /// job with a start in the future is scheduled, any other is available; its run-at is that start or the store's
    /// now. A job whose expiry has passed is stored as discarded.
    func enqueue(_ jobs: [NewJob]) async throws -> [EnqueueAnswer]
}

/// Gives out jobs, and records what became of them.
public protocol WorkSource: StorePart {
    /// Records how attempts ended, then reserves the next jobs, in one transaction.
    ///
    /// A settlement is accepted only if its token is the job's current lease, or if it was accepted before (its reply
    /// was lost). A job that was asked to cancel becomes cancelled unless it completed. The end of a job frees its
    /// unique key and its successor, is announced on its return queue, and stores its follow-ups.
    func settle(_ settlements: [Settlement], reserving request: ReserveRequest?) async throws -> SettleReply
    /// Records starts, progress and checkpoints of running attempts. Each note is accepted only with a current token.
    func note(_ notes: [JobNote]) async throws -> [TokenAnswer]
    /// Extends the listed leases to now plus the lease time.
    ///
    /// Returns which of them are lost, and which jobs were asked to cancel. A lease of this worker that is not listed
    /// and was granted before `grantedBefore` is handed back, because its reply was lost.
    func renew(_ request: RenewRequest) async throws -> RenewReply
    /// Makes a waiter for jobs of a selection. An idle worker sleeps in it instead of polling.
    func makeWaiter(for selection: WorkSelection) -> any WorkWaiter
}

/// Knows the workers.
public protocol Fleet: StorePart {
    /// Records that a worker is alive, and returns the commands for it.
    func heartbeat(_ status: WorkerStatus) async throws -> Set<WorkerCommand>
    /// Leaves a command for a live worker. Returns false if no such worker is known.
    func command(_ command: WorkerCommand, to worker: WorkerID) async throws -> Bool
    /// Forgets a worker that has stopped and takes back the jobs it still holds, in one transaction.
    ///
    /// Each attempt in `crashed` whose token is a current lease of that worker had started, has crashed, and is a
    /// suspect from now on. All other jobs that the worker holds are handed back. Returns whether each report was
    /// accepted.
    func retire(_ worker: WorkerID, crashed: [CrashedAttempt]) async throws -> [TokenAnswer]
    /// The workers that sent a heartbeat within the last three lease times, each with at most 1,000 of its jobs.
    func workers() async throws -> [WorkerRecord]
}

/// Does what time asks for.
public protocol Upkeep: StorePart {
    /// Does a bounded piece of upkeep: makes due jobs available, discards expired ones, takes back expired leases, and
    /// prunes what retention no longer keeps. Each part handles at most `limit` items. `more` in the report says that
    /// another call would find work now.
    func maintain(limit: Int) async throws -> MaintainReport
}

/// Reads jobs and statistics, and changes nothing.
public protocol Inspection: StorePart {
    /// The records of these jobs, nil where there is none.
    func find(_ ids: [JobID]) async throws -> [JobRecord?]
    /// One page of records, without arguments, result and checkpoint.
    ///
    /// It examines at most Limits.pageExamines records, so it may return fewer than `limit`, or none, with a cursor for
    /// the next page. The newest accepted job comes first; with a filter for one ended state, the latest end.
    func list(_ filter: JobFilter, after cursor: String?, limit: Int) async throws -> JobPage
    /// The number of jobs by state, queue and type, from maintained counts, and the paused queues.
    func counts() async throws -> StoreCounts
    /// What a job waits for; nil if there is no such job.
    func standing(of id: JobID) async throws -> JobStanding?
    /// What ended by type and minute since a moment, oldest first, at most 72 h back.
    func history(since: Timestamp) async throws -> [HistoryRow]
    /// The store's wall clock.
    func now() async throws -> Timestamp
    /// Checks the store and its environment, for `doctor`.
    func examine() async throws -> [Finding]
}

/// Changes jobs and queues for an operator.
public protocol Steering: StorePart {
    /// Pauses or resumes a queue. A paused queue gives out no jobs. Returns false if nothing changed.
    func setPaused(_ paused: Bool, queue: String) async throws -> Bool
    /// Cancels, retries, removes or reschedules jobs, by id or by filter in chunks.
    func change(_ request: ChangeRequest) async throws -> ChangeReply
}

/// The return queues, where the ends of jobs are announced.
public protocol Returns: StorePart {
    /// Takes announcements under a lease, oldest first. One that is not acknowledged is given out again when the lease
    /// has run out.
    func takeReturns(from name: String, limit: Int, lease: Duration) async throws -> [Announcement]
    /// The oldest announcements, without taking them.
    func peekReturns(in name: String, limit: Int) async throws -> [Announcement]
    /// Acknowledges announcements. Returns how many of the receipts were still valid.
    func acknowledgeReturns(_ receipts: [AnnouncementReceipt]) async throws -> Int
}

/// A store with every role.
public protocol Store: JobSink, WorkSource, Fleet, Upkeep, Inspection, Steering, Returns {}

extension JobSink {
    /// Returns the id unchanged: the store has one partition.
    public func home(of id: JobID, type: String, uniqueKey: String?) -> JobID { id }
}

extension WorkSource {
    /// Reserves jobs, with nothing to settle.
    public func reserve(_ request: ReserveRequest) async throws -> Reservation {
        try await settle([], reserving: request).reservation ?? Reservation()
    }

    /// Settles attempts, with nothing to reserve.
    public func settle(_ settlements: [Settlement]) async throws -> [TokenAnswer] {
        try await settle(settlements, reserving: nil).answers
    }
}

extension Fleet {
    /// Forgets a worker that has stopped in order, and hands back the jobs it still holds.
    public func retire(_ worker: WorkerID) async throws {
        _ = try await retire(worker, crashed: [])
    }
}
