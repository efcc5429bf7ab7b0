// The least that a message between two processes takes over the same backing, without a queue around it. Pick-up is
// judged by this figure, measured in the same run. On Redis it is a push to a list on which the other process waits
// (LPUSH, BRPOP). On SQLite it is a synced commit of one row, then a futex in shared memory.
import CSQLite
import CSystem
import Foundation
import OffstageCore
public import OffstageRedis
import OffstageSystem
import Synchronization

/// The waiting process of the bare measurement. It returns how many microseconds each message took.
public enum BareWakePeer {
    /// Waits on a list of a Redis server until it is told to end.
    public static func run(_ server: RedisLocation, list: String) async throws -> [Int64] {
        try await onOwnThread { try wait(server, list: list) }
    }

    private static func wait(_ server: RedisLocation, list: String) throws -> [Int64] {
        let redis = try BareRedis(BareRedisPlace(server))
        try redis.ask(["LPUSH", "\(list)-ready", "1"])
        var samples: [Int64] = []
        while true {
            let reply = try redis.ask(["BRPOP", list, "60"])
            let now = SystemTime().monotonicMicroseconds()
            guard reply.parts.count == 2, let sent = Int64(reply.parts[1].text) else { return samples }
            samples.append(now - sent)
        }
    }

    /// Waits on a page that is shared through a file until it is told to end.
    public static func run(page path: String) async throws -> [Int64] {
        try await onOwnThread { try wait(page: path) }
    }

    private static func wait(page path: String) throws -> [Int64] {
        let page = try SharedPage(path)
        page.isReady = true
        var samples: [Int64] = []
        var seen: UInt32 = 0
        while true {
            while page.number == seen { page.sleep(while: seen, seconds: 60) }
            let now = SystemTime().monotonicMicroseconds()
            seen = page.number
            guard page.sent > 0 else { return samples }
            samples.append(now - page.sent)
        }
    }
}

private let noPeer = StoreError.failed("the process that waits for bare messages did not start within 10 s")

/// The sending side on Redis.
func sendBare(_ place: BareRedisPlace, list: String, count: Int) throws {
    let redis = try BareRedis(place)
    guard try redis.ask(["BRPOP", "\(list)-ready", "10"]).parts.count == 2 else {
        throw noPeer
    }
    for number in 0..<count {
        usleep(Pickup.pause(number))
        try redis.ask(["LPUSH", list, "\(SystemTime().monotonicMicroseconds())"])
    }
    try redis.ask(["LPUSH", list, "end"])
}

/// The sending side on SQLite: a row is committed and synced, then the other process is woken.
func sendBare(database: String, page path: String, count: Int, arguments: [UInt8]) throws {
    let page = try SharedPage(path)
    var waited = 0
    while !page.isReady {
        guard waited < 1000 else {
            throw noPeer
        }
        usleep(10_000)
        waited += 1
    }
    var opened: OpaquePointer?
    defer { sqlite3_close_v2(opened) }
    func execute(_ sql: String) throws {
        guard sqlite3_exec(opened, sql, nil, nil, nil) == SQLITE_OK else {
            throw StoreError.failed(String(cString: sqlite3_errmsg(opened)))
        }
    }
    let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX
    guard sqlite3_open_v2(database, &opened, flags, nil) == SQLITE_OK else {
        throw StoreError.unusable("\(database) cannot be opened")
    }
    for sql in [
        "PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "CREATE TABLE jobs (id INTEGER PRIMARY KEY, args BLOB)",
    ] { try execute(sql) }
    var insert: OpaquePointer?
    defer { sqlite3_finalize(insert) }
    guard
        sqlite3_prepare_v3(
            opened, "INSERT INTO jobs (args) VALUES (?1)", -1, UInt32(SQLITE_PREPARE_PERSISTENT), &insert, nil)
            == SQLITE_OK
    else { throw StoreError.failed(String(cString: sqlite3_errmsg(opened))) }
    for number in 0..<count {
        usleep(Pickup.pause(number))
        let now = SystemTime().monotonicMicroseconds()
        _ = arguments.withUnsafeBytes { offstage_bind_blob_transient(insert, 1, $0.baseAddress, Int32($0.count)) }
        let code = sqlite3_step(insert)
        sqlite3_reset(insert)
        guard code == SQLITE_DONE else { throw StoreError.failed(String(cString: sqlite3_errmsg(opened))) }
        page.send(now)
    }
    page.send(0)
}

/// A page of memory that two processes share through a file.
final class SharedPage {
    private let base: UnsafeMutableRawPointer
    private static let size = 4096

    init(_ path: String) throws {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw StoreError.unusable("\(path): \(LibC.reason(errno))") }
        defer { close(descriptor) }
        guard ftruncate(descriptor, off_t(Self.size)) == 0,
            let mapped = mmap(nil, Self.size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0), mapped != MAP_FAILED
        else { throw StoreError.unusable("\(path): \(LibC.reason(errno))") }
        base = mapped
    }

    deinit { munmap(base, Self.size) }

    private func word(_ place: Int) -> UnsafeMutablePointer<UInt32> {
        (base + 4 * place).assumingMemoryBound(to: UInt32.self)
    }

    private var moment: UnsafeMutablePointer<UInt64> { (base + 8).assumingMemoryBound(to: UInt64.self) }

    /// How many messages were sent.
    var number: UInt32 { offstage_load_u32(word(0)) }

    /// Whether the other process waits.
    var isReady: Bool {
        get { offstage_load_u32(word(1)) == 1 }
        set { offstage_store_u32(word(1), newValue ? 1 : 0) }
    }

    /// What the last message says.
    var sent: Int64 { Int64(bitPattern: offstage_load_u64(moment)) }

    func send(_ value: Int64) {
        offstage_store_u64(moment, UInt64(bitPattern: value))
        offstage_store_u32(word(0), number &+ 1)
        _ = offstage_futex_wake(word(0), 1)
    }

    func sleep(while number: UInt32, seconds: Int64) {
        _ = offstage_futex_wait(word(0), number, seconds * 1_000_000_000)
    }
}
