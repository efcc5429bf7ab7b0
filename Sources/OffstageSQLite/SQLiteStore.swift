// The embedded store: one SQLite file, shared by any number of processes on one machine, with nothing to install or
// run. Beside the file stand `-lock` (who may write), `-wake` (who waits for work) and SQLite's own `-wal` and
// `-shm`. A process has one thread that writes and one that reads; this type hands every verb to one of them.
import CSystem
public import OffstageCore
import OffstageSystem

/// A store in one SQLite file.
public final class SQLiteStore: Store {
    /// What this store is.
    public let traits: StoreTraits
    let path: String
    let options: StoreOptions
    /// Nil if the store is only looked at and its lock file cannot be opened.
    let lock: WriterLock?
    /// Nil if the store is only looked at.
    private let openWriter: Writer?
    private let reader: Reader
    /// Nil if the store is only looked at.
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

    /// Opens a file for what is to be done with it; throws StoreError if that cannot be.
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

    /// Opens a file without the means to write to it, and without making anything beside it.
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

    /// Makes a store, or brings an older one up to date, while no other process uses it; returns the schemas before
    /// and after, 0 for none.
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

    /// Stores new jobs; returns once they are on disk.
    public func enqueue(_ jobs: [NewJob]) async throws -> [EnqueueAnswer] {
        try await writer.run(weight: jobs.count) { try $0.enqueue(jobs) }
    }

    /// Records ends, then reserves, in one transaction.
    public func settle(_ settlements: [Settlement], reserving request: ReserveRequest?) async throws -> SettleReply {
        try await writer.run(weight: settlements.count + (request?.limit ?? 0)) { session in
            var reply = try session.settle(settlements)
            if let request { reply.reservation = try session.reserve(request) }
            return reply
        }
    }

    /// Records starts, progress and checkpoints.
    public func note(_ notes: [JobNote]) async throws -> [TokenAnswer] {
        try await writer.run(weight: notes.count) { try $0.note(notes) }
    }

    /// Extends leases, ahead of everything else that waits.
    public func renew(_ request: RenewRequest) async throws -> RenewReply {
        try await writer.run(weight: request.tokens.count / 10 + 1, urgent: true) { try $0.renew(request) }
    }

    /// Makes a waiter in the wake file.
    public func makeWaiter(for selection: WorkSelection) -> any WorkWaiter { Waiter(wakeFile, selection: selection) }

    /// Does a piece of upkeep.
    public func maintain(limit: Int) async throws -> MaintainReport {
        try await writer.run(weight: limit) { try $0.maintain(limit: limit) }
    }

    /// Records a heartbeat.
    public func heartbeat(_ status: WorkerStatus) async throws -> Set<WorkerCommand> {
        try await writer.run(urgent: true) { try $0.heartbeat(status) }
    }

    /// Leaves a command for a worker.
    public func command(_ command: WorkerCommand, to worker: WorkerID) async throws -> Bool {
        try await writer.run { try $0.command(command, to: worker) }
    }

    /// Forgets a worker and takes back what it holds, ahead of everything else that waits.
    public func retire(_ worker: WorkerID, crashed: [CrashedAttempt]) async throws -> [TokenAnswer] {
        try await writer.run(weight: crashed.count, urgent: true) { try $0.retire(worker, crashed: crashed) }
    }

    /// The workers heard of lately.
    public func workers() async throws -> [WorkerRecord] { try await reader.run { try $0.workers() } }

    /// Pauses or resumes a queue.
    public func setPaused(_ paused: Bool, queue: String) async throws -> Bool {
        try await writer.run { try $0.setPaused(paused, queue: queue) }
    }

    /// Changes jobs by hand. Removing works on a full disk too, if need be in smaller pieces.
    public func change(_ request: ChangeRequest) async throws -> ChangeReply {
        do {
            return try await writer.run(weight: Limits.batch) { try $0.change(request) }
        } catch StoreError.full(let text) {
            guard request.action == .remove, !request.dryRun else { throw StoreError.full(text) }
            lock?.dropBallast()
            return try await remove(request, or: .full(text))
        }
    }

    /// Removes on a full disk, in pieces that get smaller until one fits.
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

    /// The records of these jobs.
    public func find(_ ids: [JobID]) async throws -> [JobRecord?] { try await reader.run { try $0.find(ids) } }

    /// One page of records.
    public func list(_ filter: JobFilter, after cursor: String?, limit: Int) async throws -> JobPage {
        try await reader.run { try $0.list(filter, after: cursor, limit: limit) }
    }

    /// The maintained counts.
    public func counts() async throws -> StoreCounts { try await reader.run { try $0.counts() } }

    /// What stands between a job and its start.
    public func standing(of id: JobID) async throws -> JobStanding? { try await reader.run { try $0.standing(of: id) } }

    /// What ended per type and minute.
    public func history(since: Timestamp) async throws -> [HistoryRow] {
        try await reader.run { try $0.history(since: since) }
    }

    /// Takes announcements.
    public func takeReturns(from name: String, limit: Int, lease: Duration) async throws -> [Announcement] {
        try await writer.run(weight: limit) { try $0.takeReturns(from: name, limit: limit, lease: lease) }
    }

    /// Looks at announcements.
    public func peekReturns(in name: String, limit: Int) async throws -> [Announcement] {
        try await reader.run { try $0.peekReturns(in: name, limit: limit) }
    }

    /// Acknowledges announcements.
    public func acknowledgeReturns(_ receipts: [AnnouncementReceipt]) async throws -> Int {
        try await writer.run(weight: receipts.count) { try $0.acknowledgeReturns(receipts) }
    }

    /// The machine's wall clock.
    public func now() async throws -> Timestamp { options.time.now() }

    /// Checks the file and its surroundings.
    public func examine() async throws -> [Finding] {
        let lock = lock
        let path = path
        let isWritten = openWriter != nil
        return try await reader.run {
            try Examination(session: $0, path: path, lock: lock, isWritten: isWritten).findings()
        }
    }

    /// Ends the store's threads once what was asked has been answered.
    public func close() async {
        watch?.cancel()
        // The reader first: whoever closes last copies the log back, and that is the writer's work.
        await reader.close()
        await openWriter?.close()
    }
}
