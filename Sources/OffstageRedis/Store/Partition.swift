// One partition of a namespace: a base that all its keys begin with. The braces make Redis Cluster keep them in one
// slot. What a key is called behind the base is said in Scripts/base.lua alone.
import OffstageCore

/// Where a part of the jobs lives.
struct Partition: Sendable {
    /// Its number, from 0.
    let index: Int
    /// What all its keys begin with; under this name itself there is never a key.
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

    /// The channel on which a process is woken.
    func channel(of instance: String) -> String { "\(base)wake:\(instance)" }
}

/// The partitions of a namespace, whose number is fixed when it is made.
struct Partitions: Sendable {
    let all: [Partition]

    init(namespace: String, count: Int) { all = (0..<count).map { Partition(namespace: namespace, index: $0) } }

    var count: Int { all.count }
    var first: Partition { all[0] }

    /// Where a job lives.
    func home(of id: JobID) -> Partition { all[id.home % all.count] }

    /// The same id, moved to where a unique key of a type lives.
    func moved(_ id: JobID, type: String, key: String) -> JobID { id.moved(to: Self.home(type: type, key: key)) }

    /// The twelve bits of a type and key, the same in every process.
    static func home(type: String, key: String) -> Int {
        var hash = FNV1a()
        hash.add(type)
        hash.add(key)
        // The high bits are the better mixed ones.
        return Int((hash.value ^ hash.value >> 32) >> 12 & 0xFFF)
    }
}
