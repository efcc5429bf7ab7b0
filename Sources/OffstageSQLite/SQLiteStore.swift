// The embedded store: one SQLite file, shared by any number of processes on one machine, with nothing to install or
// run. Beside the file are `-lock` (the writer lock), `-wake` (the waiters) and SQLite's own `-wal` and `-shm`. A
// process has one thread that writes and one that reads. This type passes each call to one of them.
import CSystem
public import OffstageCore
import OffstageSystem

/// A store in one SQLite file.
public final class SQLiteStore: Store {
    /// The store's kind, location and settings.
    public let traits: StoreTraits
    let path: String
    let options: StoreOptions
    /// Nil if the store is only read and its lock file cannot be opened.
    let lock: WriterLock?
    /// Nil if the store is only read.
    private let openWriter: Writer?
    private let reader: Reader
    /// Nil if the store is only read.
    let wakeFile: WakeFile?
    private let watch: Task<Void, Never>?

    private init(
        path: String, options: StoreOptions, lock: WriterLock?, writer: Writer?, reader: Reader, wakeFile: WakeFile?
    ) {
        traits = StoreTraits(
            kind: "sqlite", location: path, settings: "journal_mode=WAL synchronous=FULL", lease: options.lease,
            isDurable: true, isShared: true)
        self.path = path
        self.options = options
        self.lock = lock
        openWriter = writer
        self.reader = reader
        self.wakeFile = wakeFile
        if let lock, let writer, let wakeFile {
            watch = LockWatch(lock: lock, writer: writer, options: options, path: path, wakeFile: wakeFile).start()
        } else {
            watch = nil
        }
    }

    deinit {
        watch?.cancel()
        openWriter?.finish()
        reader.finish()
    }

    /// Opens the store at `path` for the given access and returns it. Throws StoreError if the file is missing, is not
    /// a store, or does not permit the access.
    public static func open(
        _ path: String, for access: StoreAccess = .make, options: StoreOptions = StoreOptions()
    ) async throws -> SQLiteStore {
        let path = try StoreFile.check(path, for: access)
        guard access != .look else { return try await look(at: path, options) }
        let lock = try WriterLock(of: path, time: options.time)
        let wakeFile = try WakeFile(of: path)
        let writer = Writer(lock: lock) {
            let connection = try StoreFile.openForWriting(path, lock: lock, access: access, options: options)
            try lock.lock(orGiveUp: path, options)
            defer { lock.unlock() }
            func begin() throws -> WriteSession {
                try WriteSession(connection: connection, at: path, lock: lock, options: options, wakeFile: wakeFile)
            }
            lock.takeBallast()
            do {
                return try begin()
            } catch StoreError.full {
                lock.dropBallast()
                return try begin()
            }
        }
        try await writer.start()
        let reader = Reader {
            let connection = try Connection(path: path, role: .reader, patience: options.patience)
            return ReadSession(connection: connection, at: path, options: options)
        }
        return SQLiteStore(
            path: path, options: options, lock: lock, writer: writer, reader: reader, wakeFile: wakeFile)
    }

    /// Opens a store for reading only. Makes neither a lock file nor a wake file.
    private static func look(at path: String, _ options: StoreOptions) async throws -> SQLiteStore {
        let lock = try? WriterLock(of: path, creating: false, time: options.time)
        let reader = Reader(mayBeLast: true) {
            let connection = try StoreFile.openForLooking(path, lock: lock, options: options)
            return ReadSession(connection: connection, at: path, options: options)
        }
        do {
            try await reader.run { _ in }
        } catch {
            await reader.close()
            throw error
        }
        return SQLiteStore(path: path, options: options, lock: lock, writer: nil, reader: reader, wakeFile: nil)
    }

    /// Makes a store or migrates an older one, while no other process uses it. Returns the schema versions before and
    /// after; 0 means that there was no store. Throws StoreError if the file cannot be used.
    public static func migrate(_ path: String, options: StoreOptions = StoreOptions()) async throws -> (
        from: Int, to: Int
    ) {
        let path = try StoreFile.check(path)
        let lock = try WriterLock(of: path, time: options.time)
        return try await withCheckedThrowingContinuation { continuation in
            SystemThread.startEventually("offstage-write") {
                continuation.resume(with: Result { try StoreFile.migrate(path, lock: lock, options: options) })
            }
        }
    }

    var onlyLookedAt: StoreError { .unusable("\(path) was opened only to be looked at") }

    private var writer: Writer {
        get throws {
            guard let openWriter else { throw onlyLookedAt }
            return openWriter
        }
    }

    // MARK: Store

    /// Stores new jobs and returns once they are on disk, with one answer for each.
    public func enqueue(_ jobs: [NewJob]) async throws -> [EnqueueAnswer] {
        try await writer.run(weight: jobs.count) { try $0.enqueue(jobs) }
    }

    /// Records ends, then reserves, in one transaction. Returns the answers and the reservation.
    public func settle(_ settlements: [Settlement], reserving request: ReserveRequest?) async throws -> SettleReply {
        try await writer.run(weight: settlements.count + (request?.limit ?? 0)) { session in
            var reply = try session.settle(settlements)
            if let request { reply.reservation = try session.reserve(request) }
            return reply
        }
    }

    /// Records starts, progress and checkpoints. Returns one answer for each note.
    public func note(_ notes: [JobNote]) async throws -> [TokenAnswer] {
        try await writer.run(weight: notes.count) { try $0.note(notes) }
    }

    /// Extends leases, ahead of all calls that are not urgent. Returns the lost leases and the jobs asked to cancel.
    public func renew(_ request: RenewRequest) async throws -> RenewReply {
        try await writer.run(weight: request.tokens.count / 10 + 1, urgent: true) { try $0.renew(request) }
    }

    /// Returns a waiter that has a slot in the wake file.
    public func makeWaiter(for selection: WorkSelection) -> any WorkWaiter { Waiter(wakeFile, selection: selection) }

    /// Does one piece of upkeep, bounded by `limit`, and reports what it did.
    public func maintain(limit: Int) async throws -> MaintainReport {
        try await writer.run(weight: limit) { try $0.maintain(limit: limit) }
    }

    /// Records a heartbeat and returns the commands left for the worker.
    public func heartbeat(_ status: WorkerStatus) async throws -> Set<WorkerCommand> {
        try await writer.run(urgent: true) { try $0.heartbeat(status) }
    }

    /// Leaves a command for a worker. Returns false if no such worker is live.
    public func command(_ command: WorkerCommand, to worker: WorkerID) async throws -> Bool {
        try await writer.run { try $0.command(command, to: worker) }
    }

    /// Forgets a worker and takes back the jobs it holds, ahead of all calls that are not urgent. Returns one answer
    /// for each crashed attempt.
    public func retire(_ worker: WorkerID, crashed: [CrashedAttempt]) async throws -> [TokenAnswer] {
        try await writer.run(weight: crashed.count, urgent: true) { try $0.retire(worker, crashed: crashed) }
    }

    /// Returns the workers with a heartbeat within the last three lease times.
    public func workers() async throws -> [WorkerRecord] { try await reader.run { try $0.workers() } }

    /// Pauses or resumes a queue. Returns false if that changed nothing.
    public func setPaused(_ paused: Bool, queue: String) async throws -> Bool {
        try await writer.run { try $0.setPaused(paused, queue: queue) }
    }

    /// Cancels, retries, removes or reschedules jobs. On a full disk removing still works, if necessary in smaller
    /// pieces.
    public func change(_ request: ChangeRequest) async throws -> ChangeReply {
        do {
            return try await writer.run(weight: Limits.batch) { try $0.change(request) }
        } catch StoreError.full(let text) {
            guard request.action == .remove, !request.dryRun else { throw StoreError.full(text) }
            lock?.dropBallast()
            return try await remove(request, or: .full(text))
        }
    }

    /// Removes jobs on a full disk, in pieces that get smaller until one fits. Throws `error` if none does.
    private func remove(_ request: ChangeRequest, or error: StoreError) async throws -> ChangeReply {
        var last = error
        var reply = ChangeReply()
        for piece in [Limits.batch, 100, 10, 1] {
            do {
                guard case .ids(let ids) = request.target else {
                    return try await writer.run(weight: piece) { try $0.change(request, atMost: piece) }
                }
                while reply.answers.count < ids.count {
                    var part = request
                    part.target = .ids(Array(ids.dropFirst(reply.answers.count).prefix(piece)))
                    let next = part
                    reply.answers += try await writer.run(weight: piece) { try $0.change(next) }.answers
                }
                return reply
            } catch StoreError.full(let text) {
                last = .full(text)
                lock?.dropBallast()
            }
        }
        throw last
    }

    /// Returns the records of these jobs, nil for an unknown id.
    public func find(_ ids: [JobID]) async throws -> [JobRecord?] { try await reader.run { try $0.find(ids) } }

    /// Returns one page of records.
    public func list(_ filter: JobFilter, after cursor: String?, limit: Int) async throws -> JobPage {
        try await reader.run { try $0.list(filter, after: cursor, limit: limit) }
    }

    /// Returns the maintained counts.
    public func counts() async throws -> StoreCounts { try await reader.run { try $0.counts() } }

    /// Returns what a job waits for before it can start; nil if there is no such job.
    public func standing(of id: JobID) async throws -> JobStanding? { try await reader.run { try $0.standing(of: id) } }

    /// Returns how many jobs ended since a moment, per type and minute.
    public func history(since: Timestamp) async throws -> [HistoryRow] {
        try await reader.run { try $0.history(since: since) }
    }

    /// Takes announcements under a lease and returns them.
    public func takeReturns(from name: String, limit: Int, lease: Duration) async throws -> [Announcement] {
        try await writer.run(weight: limit) { try $0.takeReturns(from: name, limit: limit, lease: lease) }
    }

    /// Returns announcements without taking them.
    public func peekReturns(in name: String, limit: Int) async throws -> [Announcement] {
        try await reader.run { try $0.peekReturns(in: name, limit: limit) }
    }

    /// Acknowledges announcements. Returns how many receipts were still valid.
    public func acknowledgeReturns(_ receipts: [AnnouncementReceipt]) async throws -> Int {
        try await writer.run(weight: receipts.count) { try $0.acknowledgeReturns(receipts) }
    }

    /// Returns the time of the machine's wall clock.
    public func now() async throws -> Timestamp { options.time.now() }

    /// Checks the file and its surroundings, and returns the findings.
    public func examine() async throws -> [Finding] {
        let lock = lock
        let path = path
        let isWritten = openWriter != nil
        return try await reader.run {
            try Examination(session: $0, path: path, lock: lock, isWritten: isWritten).findings()
        }
    }

    /// Ends the store's threads once all calls made so far are answered.
    public func close() async {
        watch?.cancel()
        // The reader closes first: the last connection that closes checkpoints the WAL, and that is the writer's work.
        await reader.close()
        await openWriter?.close()
    }
}
