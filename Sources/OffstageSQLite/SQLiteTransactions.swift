// Enqueues inside a transaction of the caller, so that an order and the job that sends its receipt are stored together
// or not at all. That needs the caller's tables and the queue in one file, and one connection for both, so the caller
// lends its connection. Everything else (taking the writer lock, waking workers after the commit) happens here as it
// does in the store's own writer.
import CSQLite
public import OffstageCore

/// Transactions on a caller's connection to the store's file, in which jobs can be enqueued.
///
/// Every call blocks its thread, so do not call it on Swift's cooperative pool. Not Sendable: use one connection on one
/// thread at a time.
public final class SQLiteTransactions {
    private let session: WriteSession
    private let lock: WriterLock
    private let path: String
    private let options: StoreOptions
    private let ids: JobIDSource
    private let enqueuePath: EnqueuePath

    /// Takes a connection that the caller has opened on the store's file and must not close before this object is
    /// released. Sets its synchronisation to FULL and turns its automatic checkpoints off; the store's safety depends
    /// on both. Throws StoreError.unusable if the connection is not open on the store's file.
    ///
    /// Pass the middleware and limits of the app's `Enqueuer`. Middleware runs inside the transaction, on Swift's
    /// shared threads, so it must be quick and must not use the store.
    public init(
        _ store: SQLiteStore, connection: OpaquePointer, middleware: [any EnqueueMiddleware] = [],
        limits: Limits = Limits()
    ) throws {
        // A separate lock: locks of one open file description do not exclude each other.
        let lock = try WriterLock(of: store.path, time: store.options.time)
        guard let wakeFile = store.wakeFile else { throw store.onlyLookedAt }
        let borrowed = try Connection(borrowing: connection)
        guard borrowed.isOpen(on: store.path) else {
            throw StoreError.unusable("the connection is not one to the store's file \(store.path)")
        }
        path = store.path
        options = store.options
        try lock.lock(orGiveUp: path, options)
        defer { lock.unlock() }
        session = try WriteSession(
            connection: borrowed, at: path, lock: lock, options: store.options, wakeFile: wakeFile)
        ids = JobIDSource(time: store.options.time)
        self.lock = lock
        enqueuePath = EnqueuePath(middleware: middleware, limits: limits, time: store.options.time)
    }

    deinit { session.prepareToClose() }

    /// Runs `body` in a transaction that holds the store's writer lock. Commits and returns its result, or rolls back
    /// if it throws. Keep it short: no other process can write meanwhile. Transactions do not nest. Throws
    /// StoreError.busy with the holder's process id when the store's patience is exhausted.
    public func transaction<Answer>(_ body: (SQLiteTransactions) throws -> Answer) throws -> Answer {
        // A nested transaction would be granted the lock that is already held, and release it while the outer one needs
        // it.
        guard sqlite3_get_autocommit(session.connection.handle) != 0 else {
            throw StoreError.failed("transactions do not nest")
        }
        try lock.lock(orGiveUp: path, options)
        defer { session.announceWork() }
        defer { lock.unlock() }
        return try session.transaction { try body(self) }
    }

    /// Enqueues a job and returns its id. Must be called within `transaction`. Throws InvalidJob if the job is refused.
    @discardableResult
    public func enqueue<J: Job>(_ job: J, options: EnqueueOptions = EnqueueOptions()) throws -> JobID {
        let new = try options.newJob(
            id: ids.next(), job, limits: enqueuePath.limits, now: self.options.time.now())
        let answer = try enqueue([new])[0]
        switch answer {
        case .refused(let refusal): throw InvalidJob(refusal.description)
        case .duplicate(let holder, _), .replaced(let holder, _): return holder
        case .stored, .repeated: return new.id
        }
    }

    /// Enqueues prepared jobs and returns an answer for each. Must be called within `transaction`. Throws InvalidJob
    /// for a job that exceeds the limits, and what middleware throws.
    public func enqueue(_ jobs: [NewJob]) throws -> [EnqueueAnswer] {
        guard sqlite3_get_autocommit(session.connection.handle) == 0 else {
            throw StoreError.failed("enqueueing on a connection of your own needs `transaction` around it")
        }
        for job in jobs { try job.validate(enqueuePath.limits, now: options.time.now()) }
        return try enqueuePath.send(blocking: jobs) { try session.enqueue($0) }
    }
}
