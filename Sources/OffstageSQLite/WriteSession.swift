// Everything the writing thread holds: the connection, compiled statements, what it remembers of lanes, and what the
// running transaction has to add up at its end. The verbs are extensions, a file each; all of them run inside
// `transaction`.
import CSQLite
import OffstageCore

/// The state of the one writing thread; never leaves it.
final class WriteSession {
    /// A kind of work, as the wake file tells it apart.
    private struct Wanted: Hashable {
        var queue: UInt64
        var type: UInt64
    }

    let connection: Connection
    let statements: WriteStatements
    let options: StoreOptions
    let wakeFile: WakeFile

    /// Lanes as far as they are known; ids never change, so other processes cannot make this wrong.
    var laneIDs: [LaneName: Int64] = [:]
    var lanes: [Int64: Lane] = [:]
    /// What the transaction adds up.
    var tally = Tally()
    /// Leases are not looked through before this monotonic time: none can have run out.
    var nextLeaseScan: Int64 = 0
    /// Work that the last transaction made reservable, by lane.
    private var madeReservable: [Int64: Int] = [:]
    /// What was committed and not announced yet, in the words of the wake file: a later transaction that is rolled
    /// back makes the session forget its lanes, not this.
    private var unannounced: [Wanted: Int] = [:]
    private var occasional: [String: Statement] = [:]
    private let walFrames: UnsafeMutablePointer<Int32>
    private var checkpointAbove: Int32 = WriteSession.walLimit
    /// How many frames the log may have; fewer once it has filled a disk.
    private var walBound: Int32 = WriteSession.walLimit

    private static let walLimit: Int32 = 16_384

    init(connection: Connection, options: StoreOptions, wakeFile: WakeFile) throws {
        self.connection = connection
        self.options = options
        self.wakeFile = wakeFile
        statements = try WriteStatements(connection)
        walFrames = .allocate(capacity: 1)
        walFrames.initialize(to: 0)
        sqlite3_wal_hook(connection.handle, offstageWALHook, walFrames)
        try transaction { try self.takeBoot() }
    }

    deinit {
        sqlite3_wal_hook(connection.handle, nil, nil)
        walFrames.deallocate()
    }

    var now: Timestamp { options.time.now() }
    var monotonic: Int64 { options.time.monotonicMicroseconds() }
    var leaseMicroseconds: Int64 { options.lease.microseconds }

    /// A statement of one of the verbs that are not called for every job, compiled at its first use.
    func cached(_ sql: String) throws -> Statement {
        if let known = occasional[sql] { return known }
        let statement = try connection.prepare(sql)
        occasional[sql] = statement
        return statement
    }

    // MARK: Transactions

    /// Runs `body` in a transaction and commits it; on any error nothing of it remains.
    func transaction<Answer>(_ body: () throws -> Answer) throws -> Answer {
        try statements.begin.run()
        let answer: Answer
        do {
            answer = try body()
            try flushTally()
        } catch {
            rollBack()
            throw error
        }
        try commit()
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
            // The log could not grow, and the frame that makes a commit is the last one written. On a small disk it may
            // be the log that fills it: it goes back into the file as soon as it can, and stays half as long from then.
            rollBack()
            if walFrames.pointee > 0 { walBound = max(256, min(walBound, walFrames.pointee / 2)) }
            checkpointAbove = 0
            throw StoreError.full(text)
        } catch {
            let isOpen = sqlite3_get_autocommit(connection.handle) == 0
            rollBack()
            // Still open: SQLite had not written the commit. Otherwise the disk failed at the worst moment, and
            // nobody knows.
            if isOpen { throw error }
            throw StoreError.unknownOutcome("\(error)")
        }
    }

    private func rollBack() {
        if sqlite3_get_autocommit(connection.handle) == 0 { try? statements.rollback.run() }
        laneIDs.removeAll()
        lanes.removeAll()
        tally = Tally()
        nextLeaseScan = 0
        madeReservable.removeAll()
    }

    /// Copies the log into the file when it has grown past 64 MiB, or the disk was full; called between transactions,
    /// with the writer lock held.
    func checkpointIfLarge() {
        guard walFrames.pointee > checkpointAbove else { return }
        var logged: Int32 = 0
        var copied: Int32 = 0
        let code = sqlite3_wal_checkpoint_v2(connection.handle, nil, SQLITE_CHECKPOINT_PASSIVE, &logged, &copied)
        if code == SQLITE_OK, logged == copied {
            checkpointAbove = walBound
        } else if code & 0xFF == SQLITE_FULL {
            checkpointAbove = 0
        } else {
            // A reader stands in the way: let the log grow by another quarter before the next try.
            checkpointAbove = walFrames.pointee + walBound / 4
        }
        walFrames.pointee = 0
    }

    // A monotonic clock begins anew with the machine: leases of an earlier run of it have all ended.
    private func takeBoot() throws {
        let boot = options.time.bootID
        let known = try connection.text("SELECT value FROM facts WHERE name = 'boot'")
        guard known != boot else { return }
        if !known.isEmpty {
            try connection.execute("UPDATE leases SET deadline = -1")
            try connection.execute("UPDATE returns SET taken_until = NULL")
            try connection.execute("DELETE FROM facts WHERE name >= 'turn:' AND name < 'turn;'")
        }
        statements.setBoot.bind(1, boot)
        try statements.setBoot.run()
    }

    // MARK: Work made reservable

    func noteReservable(_ lane: Int64, count: Int = 1) { madeReservable[lane, default: 0] += count }

    /// Wakes waiters for what was committed; called after the lock was given up.
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
