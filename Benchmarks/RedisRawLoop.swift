// The ceiling on Redis: what a bare pipelined loop reaches with the commands that the store's scripts run for a batch
// of the common case (Scripts/enqueue.lua, work.lua, maintain.lua), on keys and values of the same kinds and sizes, in
// the same batches of 1,000. There is no script, no token, no check and no queue around it. The loop knows which jobs
// it stored, so it does not wait for a reply before it sends the next batch, and the server is never idle.
import OffstageCore

final class RedisRawLoop {
    private static let batch = 1000
    /// The number of batches that are under way at once.
    private static let window = 4

    private let redis: BareRedis
    private let base: String
    private let jobs: Int
    private let ids: [UInt8]
    private var words = BareWords()
    private var appended = 0
    private var underway: [Int] = []

    private static let lane = Array("default|bench.noop".utf8)
    private static let line = "4|default|bench.noop"
    private static let worker = "0123456789abcdef"
    private static let time = 1_700_000_000_000_000
    // The layouts are those of Scripts/records.lua and work.lua. A lease is 47 bytes and the lane, a status without a
    // history 85 bytes.
    private let lease = [UInt8](repeating: 7, count: 47)[...] + lane
    private let status = [UInt8](repeating: 7, count: 85)[...]
    private let mark = [UInt8](repeating: 7, count: 8)[...]

    /// Prepares a loop over jobs under keys that begin with `base`.
    init(_ redis: BareRedis, base: String, jobs: Int) {
        self.redis = redis
        self.base = base
        self.jobs = jobs
        var ids: [UInt8] = []
        ids.reserveCapacity(jobs * 16)
        for id in JobIDSource().next(jobs) {
            withUnsafeBytes(of: (id.high.bigEndian, id.low.bigEndian)) { ids.append(contentsOf: $0) }
        }
        self.ids = ids
    }

    // MARK: Enqueue and drain

    /// Stores all jobs.
    func enqueue(arguments: [UInt8]) throws {
        // The enqueue record of a plain job: 40 bytes, queue and type (without the bar between), arguments.
        let record = [UInt8](repeating: 7, count: 40 + Self.lane.count - 1)[...] + arguments
        for range in batches {
            let block = UInt64(range.lowerBound)
            command("HMGET", "jobs") { w in for id in range { w.add(self.id(id)) } }
            command("INCRBY", "sequence") { $0.add("\(range.count)") }
            command("HSET", "jobs") { w in
                for id in range {
                    w.add(self.id(id))
                    w.add(record)
                }
            }
            command("RPUSH", "line:\(Self.line)") { w in for id in range { w.add(self.id(id)) } }
            command("HSET", "open") { w in
                w.add(Self.line)
                w.add("1")
            }
            command("HSET", "blocks") { w in
                w.add(block)
                w.add(self.ids[range.lowerBound * 16..<range.upperBound * 16])
            }
            command("HSET", "alive") { w in
                w.add(block)
                w.add("\(range.count)")
            }
            command("ZADD", "order") { w in
                w.add("\(block)")
                w.add(block)
            }
            count(2, range.count)
            try send()
        }
        try settle()
        try expect("HLEN", "jobs", jobs)
    }

    /// Completes all jobs. Each step settles the previous batch, reserves the next, and prunes down to `keep`.
    func drain(keep: Int) throws {
        var before = 0..<0
        var ended: [Range<Int>] = []
        for range in batches + [jobs..<jobs] {
            if !before.isEmpty {
                complete(before)
                ended.append(before)
            }
            if !range.isEmpty { reserve(range) }
            while let oldest = ended.first, ended.reduce(0, { $0 + $1.count }) > keep {
                prune(oldest)
                ended.removeFirst()
            }
            before = range
            try send()
        }
        try settle()
        try expect("LLEN", "line:\(Self.line)", 0)
        try expect("HLEN", "held:\(Self.worker)", 0)
        try expect("ZCARD", "completed", ended.reduce(0) { $0 + $1.count })
        try expect("HLEN", "jobs", ended.reduce(0) { $0 + $1.count })
    }

    private func reserve(_ range: Range<Int>) {
        command("LPOP", "line:\(Self.line)") { $0.add("\(range.count)") }
        command("HMGET", "jobs") { w in for id in range { w.add(self.id(id)) } }
        command("HSET", "held:\(Self.worker)") { w in
            for id in range {
                w.add(UInt64(id))
                w.add(self.lease)
            }
        }
        command("HSET", "states") { w in
            for id in range {
                w.add(self.id(id))
                w.add(UInt64(id), self.mark)
            }
        }
        command("ZADD", "leases") { w in
            w.add("LT")
            w.add("\(Self.time)")
            w.add(Self.worker)
        }
        count(2, -range.count)
        count(3, range.count)
    }

    private func complete(_ range: Range<Int>) {
        command("HMGET", "held:\(Self.worker)") { w in for id in range { w.add(UInt64(id)) } }
        command("HDEL", "held:\(Self.worker)") { w in for id in range { w.add(UInt64(id)) } }
        command("HSET", "states") { w in
            for id in range {
                w.add(self.id(id))
                w.add(self.status)
            }
        }
        let score = "\(Self.time + range.lowerBound)"
        command("ZADD", "completed") { w in
            for id in range {
                w.add(score)
                w.add(self.member(id, of: range))
            }
        }
        command("HGET", "history") { $0.add("\(Self.time)|bench.noop") }
        command("HSET", "history") { w in
            w.add("\(Self.time)|bench.noop")
            w.add([UInt8](repeating: 7, count: 48)[...])
        }
        count(3, -range.count)
        count(5, range.count)
    }

    private func prune(_ range: Range<Int>) {
        command("ZRANGE", "completed") { w in
            w.add("0")
            w.add("\(range.count - 1)")
        }
        command("HDEL", "jobs") { w in for id in range { w.add(self.id(id)) } }
        command("HDEL", "states") { w in for id in range { w.add(self.id(id)) } }
        command("ZREMRANGEBYRANK", "completed") { w in
            w.add("0")
            w.add("\(range.count - 1)")
        }
        let block = UInt64(range.lowerBound)
        command("HINCRBY", "alive") { w in
            w.add(block)
            w.add("\(-range.count)")
        }
        for key in ["alive", "blocks"] { command("HDEL", key) { $0.add(block) } }
        command("ZREM", "order") { $0.add(block) }
        count(5, -range.count)
    }

    // MARK: Batches and ids

    private var batches: [Range<Int>] {
        stride(from: 0, to: jobs, by: Self.batch).map { $0..<min($0 + Self.batch, jobs) }
    }

    private func id(_ number: Int) -> ArraySlice<UInt8> { ids[number * 16..<number * 16 + 16] }

    /// Returns the member by which an ended job is listed: block, position, id, flag, lane.
    private func member(_ number: Int, of range: Range<Int>) -> ArraySlice<UInt8> {
        var member: [UInt8] = []
        member.reserveCapacity(27 + Self.lane.count)
        withUnsafeBytes(of: UInt64(range.lowerBound).bigEndian) { member.append(contentsOf: $0) }
        withUnsafeBytes(of: UInt16(number - range.lowerBound).bigEndian) { member.append(contentsOf: $0) }
        member += id(number)
        member.append(0)
        member += Self.lane
        return member[...]
    }

    private func count(_ state: Int, _ by: Int) {
        command("HINCRBY", "counts") { w in
            w.add("\(state)|default|bench.noop")
            w.add("\(by)")
        }
    }

    // MARK: The pipeline

    private func command(_ name: String, _ key: String, _ rest: (inout BareWords) -> Void) {
        words.begin(name, base + key)
        rest(&words)
        redis.append(words)
        appended += 1
    }

    /// Sends a batch, and reads the replies of the batch that was sent some batches ago.
    private func send() throws {
        try redis.flush()
        underway.append(appended)
        appended = 0
        if underway.count > Self.window { try read(underway.removeFirst()) }
    }

    private func settle() throws {
        while !underway.isEmpty { try read(underway.removeFirst()) }
    }

    private func read(_ answers: Int) throws {
        for _ in 0..<answers { try redis.next { _ in } }
    }

    /// The loop must have left what the store leaves; otherwise its rate means nothing.
    private func expect(_ name: String, _ key: String, _ number: Int) throws {
        let found = try redis.ask([name, base + key]).text
        guard found == "\(number)" else {
            throw StoreError.failed("the raw loop left \(found) in \(key), where \(number) belong")
        }
    }
}
