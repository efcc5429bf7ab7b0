// Unique keys. A key has one holder, and possibly one successor that is held until the holder gives the key up. The
// successor belongs to the key and not to the holder. When another job acquires a key whose window has passed, the
// successor waits for that job from then on.
import OffstageCore

/// The scope of uniqueness: a key among jobs of one type.
struct UniqueKey: Hashable {
    let type: String
    let key: String
}

/// The job that holds a key, and for how long.
struct Hold {
    /// The job; its record may no longer exist.
    let holder: JobID
    /// The holder's acceptance number: after a job was removed, another job may have its id.
    let seq: Int64
    /// When the key is given up.
    let release: UniqueRule.Release
    /// The time from which on the key is no longer held; nil if only the release counts.
    let until: Timestamp?
    /// The job that is held until the key is given up.
    var successor: JobID?
}

extension StoredJob {
    /// The scope and key under which the job is unique.
    var key: UniqueKey? { unique.map { UniqueKey(type: record.type, key: $0.key) } }
}

extension MemoryModel {
    /// Returns the hold on a key, unless its window has passed.
    func hold(on key: UniqueKey) -> Hold? {
        guard let hold = keys[key], hold.until.map({ $0 > now }) ?? true else { return nil }
        return hold
    }

    /// Ends the jobs at a key whose expiry has passed, before any decision depends on them. The successor goes first,
    /// so that the holder's end does not free it. A job that is about to be retried manually is left alone.
    mutating func endExpired(at key: UniqueKey, except id: JobID? = nil) {
        if let successor = keys[key]?.successor.flatMap({ jobs[$0] }), successor.record.hasExpired(at: now) {
            expire(successor)
        }
        guard let hold = keys[key], hold.holder != id, let holder = jobs[hold.holder], holder.seq == hold.seq,
            holder.record.hasExpired(at: now)
        else { return }
        expire(holder)
    }

    /// Gives the key to a job; a held successor keeps waiting for it.
    mutating func acquire(_ job: StoredJob) {
        guard let rule = job.unique, let key = job.key else { return }
        keys[key] = Hold(
            holder: job.record.id, seq: job.seq, release: rule.release, until: rule.window.map { now + $0 },
            successor: keys[key]?.successor)
    }

    /// Makes a job give up its key, and frees the successor, which acquires it.
    mutating func giveUp(_ job: StoredJob) {
        guard let key = job.key, let hold = keys[key], hold.seq == job.seq else { return }
        keys[key] = nil
        if let successor = hold.successor { free(successor) }
    }

    /// Removes a held job as the successor for its key.
    mutating func unlink(_ job: StoredJob) {
        guard let key = job.key, keys[key]?.successor == job.record.id else { return }
        keys[key]?.successor = nil
    }

    private mutating func free(_ id: JobID) {
        guard var job = jobs[id] else { preconditionFailure("a successor has no record") }
        guard !job.record.hasExpired(at: now) else { return expire(job) }
        decide { try job.free(at: now) }
        acquire(job)
        save(job)
    }
}
