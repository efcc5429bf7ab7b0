// The state of the writing thread: the connection, compiled statements, the lanes it caches, and the sums that the
// running transaction writes at its end. The operations are extensions, one file each; all of them run inside
// `transaction`.
import CSQLite
import OffstageCore

/// The state of the one writing thread. It never leaves that thread.
final class WriteSession {
    /// A kind of work, as the wake file distinguishes it.
    private struct Wanted: Hashable {
        var queue: UInt64
        var type: UInt64
    }

    let connection: Connection
    let statements: WriteStatements
    let options: StoreOptions
    let wakeFile: WakeFile

    /// The lanes known so far. Ids never change, so other processes cannot invalidate this.
    var laneIDs: [LaneName: Int64] = [:]
    var lanes: [Int64: Lane] = [:]
    /// The sums of the running transaction.
    var tally = Tally()
    /// The latest id that has a tombstone, zero if there is none; nil until the transaction reads it.
    var latestTombstone: JobID?
    /// The lease clock as this transaction has read it.
    private var leaseClock: LeaseClock?
    /// The lines whose heads are outdated.
    var touched: Set<Line> = []
    var lastTouched: Line?
    /// Leases are not scanned before this lease time, because none can have expired.
    var nextLeaseScan: Int64 = .min
    /// Work that the last transaction made available, by lane.
    private var madeReservable: [Int64: Int] = [:]
    /// What was committed and not yet announced, in the terms of the wake file. A later rollback clears the cached
    /// lanes, but not this.
    private var unannounced: [Wanted: Int] = [:]
    private var occasional: [String: Statement] = [:]
    private var files: OpenFiles?
    private let pageSize: Int64
    private var isPatienceCut = false
    /// Whether the running transaction has made the file longer.
    private var hasGrown = false
    /// The reason why the session does nothing any more; nil while the files are in their place.
    private(set) var lost: StoreError?
    private let walFrames: UnsafeMutablePointer<Int32>
    private var checkpointAbove: Int32 = WriteSession.walLimit
    /// The limit of the WAL's length in frames; lower once the WAL has filled a disk.
    private var walBound: Int32 = WriteSession.walLimit
    /// Whether the disk is full, so that the WAL must be checkpointed whatever its length.
    private var mustCheckpoint = false
    /// The monotonic time, in microseconds, before which an oversized WAL is not truncated again.
    private var nextShrink: Int64 = 0

    private static let walLimit: Int32 = 16_384

    /// Starts to write. The caller must hold the lock.
    init(connection: Connection, at path: String, lock: WriterLock, options: StoreOptions, wakeFile: WakeFile) throws {
        self.connection = connection
        self.options = options
        self.wakeFile = wakeFile
        statements = try WriteStatements(connection)
        pageSize = try connection.integer("PRAGMA page_size")
        connection.growsInChunks()
        walFrames = .allocate(capacity: 1)
        walFrames.initialize(to: 0)
        sqlite3_wal_hook(connection.handle, offstageWALHook, walFrames)
        try transaction { try self.takeBoot() }
        files = try OpenFiles(path: path, of: connection, lock: lock)
    }

    deinit {
        sqlite3_wal_hook(connection.handle, nil, nil)
        walFrames.deallocate()
    }

    var now: Timestamp { options.time.now() }
    var monotonic: Int64 { options.time.monotonicMicroseconds() }
    var leaseMicroseconds: Int64 { options.lease.microseconds }

    /// Returns a statement of an operation that does not run for every job; compiled at its first use.
    func cached(_ sql: String) throws -> Statement {
        if let known = occasional[sql] { return known }
        let statement = try connection.prepare(sql)
        occasional[sql] = statement
        return statement
    }

    // MARK: Transactions

    /// Runs `body` in a transaction, commits it and returns its result. Rolls back on an error. Throws
    /// StoreError.unknownOutcome if the commit may have reached the disk, and StoreError.lost if the file it was
    /// committed to is no longer the store.
    func transaction<Answer>(_ body: () throws -> Answer) throws -> Answer {
        try verify(.before)
        try statements.begin.run()
        leaseClock = nil
        latestTombstone = nil
        let answer: Answer
        do {
            answer = try body()
            try flushHeads()
            try flushTally()
            try reserveRoom()
        } catch {
            rollBack()
            if case StoreError.full = error { diskIsFull() }
            // An event that is impossible in a job's state occurs only in a damaged file.
            if let error = error as? ImpossibleEvent { throw Statement.damaged("\(error)", on: connection.handle) }
            throw error
        }
        try commit()
        try verify(hasGrown ? .fully : .after)
        for (id, count) in madeReservable {
            guard let lane = lanes[id] else { continue }
            unannounced[Wanted(queue: lane.queueBit, type: lane.typeBit), default: 0] += count
        }
        madeReservable.removeAll(keepingCapacity: true)
        return answer
    }

    private func commit() throws {
        do {
            try statements.commit.run()
        } catch StoreError.full(let text) {
            // The WAL could not grow, and the frame that makes the commit is the last one written.
            rollBack()
            diskIsFull()
            throw StoreError.full(text)
        } catch {
            let isOpen = sqlite3_get_autocommit(connection.handle) == 0
            rollBack()
            // If the transaction is still open, SQLite had not written the commit. Otherwise the disk failed at the
            // worst moment, and the outcome is unknown.
            if isOpen { throw error }
            throw StoreError.unknownOutcome("\(error)")
        }
    }

    /// Allocates the space that the file needs once the WAL is checkpointed. If it were only allocated then, a WAL that
    /// has filled the disk could never be checkpointed, and nothing could be removed any more.
    private func reserveRoom() throws {
        hasGrown = false
        guard let files, try statements.pageCount.step() else { return }
        var bytes = statements.pageCount.int64(0) * pageSize
        statements.pageCount.reset()
        guard bytes > files.reserved else { return }
        guard sqlite3_file_control(connection.handle, "main", SQLITE_FCNTL_SIZE_HINT, &bytes) == SQLITE_OK else {
            throw StoreError.full("no room for the store's file")
        }
        files.reserved = bytes
        hasGrown = true
    }

    // On a small disk the WAL itself may fill it. Then it is checkpointed as soon as possible and stays half as long
    // from then on.
    private func diskIsFull() {
        if walFrames.pointee > 0 { walBound = max(256, min(walBound, walFrames.pointee / 2)) }
        mustCheckpoint = true
    }

    /// Shortens the wait for a program that holds the file by the time that the call has waited for the lock.
    func hasWaited(_ microseconds: Int64) {
        guard microseconds > 100_000 || isPatienceCut else { return }
        isPatienceCut = microseconds > 100_000
        let left = max(1_000_000, options.patience.microseconds - (isPatienceCut ? microseconds : 0))
        sqlite3_busy_timeout(connection.handle, Int32(clamping: min(left, options.patience.microseconds) / 1000))
    }

    private enum Look { case before, after, fully }

    /// Compares the open files with those at the store's path.
    private func verify(_ look: Look) throws {
        if let lost { throw lost }
        guard let files else { return }
        do throws(StoreError) {
            switch look {
            case .before: try files.checkIfDue()
            case .after: try files.check()
            case .fully: try files.checkAll()
            }
        } catch {
            lost = error
            // If only the WAL was removed from its path, its content can still be saved.
            if files.isLogAllThatIsMissing {
                sqlite3_wal_checkpoint_v2(connection.handle, nil, SQLITE_CHECKPOINT_PASSIVE, nil, nil)
            }
            throw error
        }
    }

    /// Prepares for the end of the session: if no other process has the store open, closing it checkpoints the WAL.
    func prepareToClose() {
        do { try verify(.fully) } catch { return }
        connection.copiesLogBackWhenClosed()
    }

    private func rollBack() {
        if sqlite3_get_autocommit(connection.handle) == 0 { try? statements.rollback.run() }
        laneIDs.removeAll()
        lanes.removeAll()
        tally = Tally()
        touched.removeAll()
        lastTouched = nil
        nextLeaseScan = .min
        madeReservable.removeAll()
    }

    /// Checkpoints the WAL when it has grown past 64 MiB or the disk was full. Must be called between transactions,
    /// with the writer lock held.
    func checkpointIfLarge() {
        guard lost == nil else { return }
        shrinkLog()
        guard mustCheckpoint || walFrames.pointee > checkpointAbove else { return }
        var logged: Int32 = 0
        var copied: Int32 = 0
        let code = sqlite3_wal_checkpoint_v2(connection.handle, nil, SQLITE_CHECKPOINT_PASSIVE, &logged, &copied)
        if code == SQLITE_OK, logged == copied {
            checkpointAbove = walBound
            mustCheckpoint = false
        } else if code & 0xFF != SQLITE_FULL {
            // A reader is in the way: let the WAL grow by another quarter before the next attempt.
            checkpointAbove = walFrames.pointee + walBound / 4
            mustCheckpoint = false
        }
        walFrames.pointee = 0
        try? verify(.fully)
    }

    /// Truncates a WAL that a long read let grow, once that read has ended.
    private func shrinkLog() {
        guard let files, files.logSize > Connection.logLimit * 5 / 4, monotonic >= nextShrink else { return }
        nextShrink = monotonic + 5_000_000
        _ = emptyLog()
    }

    /// Checkpoints the WAL on a full disk and gives its space back to the disk. Returns whether that freed any. Must be
    /// called between transactions, with the writer lock held.
    func makeRoom() -> Bool {
        do { try verify(.fully) } catch { return false }
        return (files?.logSize ?? 0) > 0 && emptyLog()
    }

    /// Checkpoints and truncates the WAL. Returns false if it is being read; it does not wait for the reader.
    private func emptyLog() -> Bool {
        sqlite3_busy_timeout(connection.handle, 0)
        let code = sqlite3_wal_checkpoint_v2(connection.handle, nil, SQLITE_CHECKPOINT_TRUNCATE, nil, nil)
        isPatienceCut = true
        hasWaited(0)
        guard code == SQLITE_OK else { return false }
        checkpointAbove = walBound
        mustCheckpoint = false
        walFrames.pointee = 0
        try? verify(.fully)
        return true
    }

    // MARK: The lease clock

    /// Returns the lease clock, which is read once a transaction.
    func readLeaseClock() throws -> LeaseClock {
        if let leaseClock { return leaseClock }
        let read = statements.leases.readClock
        guard try read.step() else {
            let clock = LeaseClock(at: monotonic, lease: options.lease)
            try keep(clock)
            return clock
        }
        defer { read.reset() }
        let clock = LeaseClock(
            time: read.int64(0), seen: read.int64(1), outage: read.int64(2), lease: options.lease)
        leaseClock = clock
        return clock
    }

    private func keep(_ clock: LeaseClock) throws {
        leaseClock = clock
        let write = statements.leases.writeClock
        write.bind(1, clock.time)
        write.bind(2, clock.seen)
        write.bind(3, clock.outage)
        try write.run()
    }

    /// The lease time.
    func leaseNow() throws -> Int64 { try readLeaseClock().now(at: monotonic) }

    /// Advances the lease clock, because the store is in use. Every operation in a job's life begins with this.
    func moveLeaseClock() throws {
        var clock = try readLeaseClock()
        if clock.advance(to: monotonic) { try keep(clock) }
    }

    // After a reboot every earlier worker is dead and no job is to blame: all leases have expired.
    private func takeBoot() throws {
        let boot = options.time.bootID
        let known = try connection.text("SELECT value FROM facts WHERE name = 'boot'")
        guard known != boot else { return }
        if !known.isEmpty {
            var clock = try readLeaseClock()
            clock.interrupt(at: monotonic)
            try keep(clock)
            try connection.execute("UPDATE leases SET deadline = \(clock.time)")
            try connection.execute("UPDATE returns SET taken_until = NULL")
            try connection.execute("DELETE FROM facts WHERE name >= 'turn:' AND name < 'turn;'")
        }
        statements.setBoot.bind(1, boot)
        try statements.setBoot.run()
    }

    // MARK: Work made reservable

    func noteReservable(_ lane: Int64, count: Int = 1) { madeReservable[lane, default: 0] += count }

    /// Wakes waiters for what was committed. Called after the lock is released.
    func announceWork() {
        guard !unannounced.isEmpty else { return }
        for (wanted, count) in unannounced { wakeFile.wake(queue: wanted.queue, type: wanted.type, count: count) }
        unannounced.removeAll(keepingCapacity: true)
    }
}

private func offstageWALHook(
    _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?, _ name: UnsafePointer<CChar>?, _ frames: Int32
) -> Int32 {
    context?.assumingMemoryBound(to: Int32.self).pointee = frames
    return SQLITE_OK
}
