// Unique keys: which job holds one, which job is its successor, and how a key is released. A key is acquired at enqueue
// (or by a manual retry, or by a successor when it is freed) and released once. A worker's settle only releases keys,
// which may pass one on to a successor.
import OffstageCore

extension WriteSession {
    /// Returns the holder of a key, even if its window has ended, after ending the expired jobs at that key. The
    /// successor is ended first, so that the holder's end does not free it. The job `seq`, which is about to be retried
    /// manually, is left alone.
    func unexpiredHolder(type: String, key: String, except seq: Int64? = nil, at now: Timestamp) throws -> KeyHolder? {
        guard let holder = try lastHolder(type: type, key: key) else { return nil }
        var hasChanged = false
        if let successor = holder.successor { hasChanged = try endIfExpired(successor, nil, at: now) }
        if holder.seq != seq, try endIfExpired(holder.seq, holder.id, at: now) { hasChanged = true }
        return hasChanged ? try lastHolder(type: type, key: key) : holder
    }

    private func endIfExpired(_ seq: Int64, _ id: JobID?, at now: Timestamp) throws -> Bool {
        let look = try cached("SELECT id, expires_at FROM jobs WHERE seq = ?1")
        look.bind(1, seq)
        guard try look.step() else { return false }
        let isDue = (id.map { $0 == look.id(0) } ?? true) && !look.isNull(1) && look.int64(1) <= now.microseconds
        look.reset()
        guard isDue, let job = try load(seq), job.record.hasExpired(at: now) else { return false }
        try expire(job, inLine: true, at: now)
        return true
    }

    /// Returns the holder of a key, even if its window has ended, because it may still have a successor.
    private func lastHolder(type: String, key: String) throws -> KeyHolder? {
        let find = statements.keys.find
        find.bind(1, type)
        find.bind(2, key)
        guard try find.step() else { return nil }
        defer { find.reset() }
        return KeyHolder(
            seq: find.int64(0), id: find.id(1), release: UniqueRule.Release(rawValue: find.int(2)) ?? .ended,
            until: find.optionalTimestamp(3), successor: find.optionalInt64(4))
    }

    /// Gives a job the key of its rule. The successor of a holder whose window has ended becomes this job's successor.
    func acquire(_ rule: UniqueRule, type: String, seq: Int64, id: JobID, at now: Timestamp) throws {
        let insert = statements.keys.insert
        insert.bind(1, type)
        insert.bind(2, rule.key)
        insert.bind(3, seq)
        insert.bind(4, id)
        insert.bind(5, rule.release.rawValue)
        insert.bind(6, rule.window.map { (now + $0).microseconds })
        try insert.run()
    }

    /// Releases a key whose rule releases it when the job starts.
    func releaseAtStart(_ job: JobRow, at now: Timestamp) throws {
        guard let rule = job.unique, rule.release == .started,
            let holder = try lastHolder(type: job.record.type, key: rule.key), holder.seq == job.seq
        else { return }
        try release(job.record.type, rule.key)
        if let successor = holder.successor { try free(successor, at: now) }
    }

    /// Releases the key of a job that has ended, and frees its successor. A window without a successor continues unless
    /// the job is removed. If the job was itself a successor, removes it from that position.
    func releaseAtEnd(_ job: JobRow, at now: Timestamp, removed: Bool = false) throws {
        guard let rule = job.unique else { return }
        guard let holder = try lastHolder(type: job.record.type, key: rule.key) else { return }
        if holder.seq == job.seq {
            if removed || rule.release != .window || holder.successor != nil {
                try release(job.record.type, rule.key)
            }
            if let successor = holder.successor { try free(successor, at: now) }
        } else if holder.successor == job.seq {
            try setSuccessor(nil, type: job.record.type, key: rule.key)
        }
    }

    func setSuccessor(_ seq: Int64?, type: String, key: String) throws {
        let set = statements.keys.setSuccessor
        set.bind(1, type)
        set.bind(2, key)
        set.bind(3, seq)
        try set.run()
    }

    private func release(_ type: String, _ key: String) throws {
        statements.keys.delete.bind(1, type)
        statements.keys.delete.bind(2, key)
        try statements.keys.delete.run()
    }

    /// Lets a held successor take over its predecessor's position and key.
    private func free(_ seq: Int64, at now: Timestamp) throws {
        guard let held = try load(seq), held.record.state == .held, let rule = held.unique else { return }
        guard !held.record.hasExpired(at: now) else { return try expire(held, inLine: true, at: now) }
        var row = held
        try row.job.free(at: now)
        try acquire(rule, type: row.record.type, seq: seq, id: row.record.id, at: now)
        try write(row, was: held)
    }
}
