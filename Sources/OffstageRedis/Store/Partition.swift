// One partition of a namespace: a base that all its keys begin with. The braces make Redis Cluster keep them in one
// slot. The names of the keys behind the base are defined only in Scripts/base.lua.
import OffstageCore

/// Where a part of the jobs is stored.
struct Partition: Sendable {
    /// Its number, from 0.
    let index: Int
    /// What all its keys begin with. No key has exactly this name.
    let base: String
    /// The two keys that every script declares, see Scripts/base.lua.
    let keys: [String]
    /// The cluster's slot.
    let slot: Int

    init(namespace: String, index: Int) {
        self.index = index
        base = "{\(namespace).\(index)}"
        keys = [base, base + "identity"]
        slot = RedisClient.slot(of: base)
    }

    /// Returns the channel on which a process is woken.
    func channel(of instance: String) -> String { "\(base)wake:\(instance)" }
}

/// The partitions of a namespace. Their number is fixed when the namespace is created.
struct Partitions: Sendable {
    let all: [Partition]

    init(namespace: String, count: Int) { all = (0..<count).map { Partition(namespace: namespace, index: $0) } }

    var count: Int { all.count }
    var first: Partition { all[0] }

    /// Returns the partition of a job.
    func home(of id: JobID) -> Partition { all[id.home % all.count] }

    /// Returns the same id, moved to the partition of a type's unique key.
    func moved(_ id: JobID, type: String, key: String) -> JobID { id.moved(to: Self.home(type: type, key: key)) }

    /// Returns a 12-bit hash of a type and key, the same in every process.
    static func home(type: String, key: String) -> Int {
        var hash = FNV1a()
        hash.add(type)
        hash.add(key)
        // The high bits are mixed better than the low ones.
        return Int((hash.value ^ hash.value >> 32) >> 12 & 0xFFF)
    }
}
