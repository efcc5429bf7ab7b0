// How often the kernel has killed a process for lack of memory, in this process's control group and on the whole
// machine. A SIGKILL without a known sender, while one of the two counts rose, was most likely such a kill.
import OffstageCore

/// The kernel's counts of out-of-memory kills.
struct MemoryPressure: Sendable, Equatable {
    var group: Int
    var machine: Int

    /// Whether more processes had been killed than in `other`.
    func exceeds(_ other: MemoryPressure) -> Bool { group > other.group || machine > other.machine }

    /// These counts plus one kill, but at most the counts of the later moment `now`.
    func next(upTo now: MemoryPressure) -> MemoryPressure {
        MemoryPressure(group: min(group + 1, now.group), machine: min(machine + 1, now.machine))
    }

    /// Reads the counts; zeros where the kernel has none.
    static func now() -> MemoryPressure {
        let path = text("/proc/self/cgroup").split(separator: "\n").first { $0.hasPrefix("0::") }?.dropFirst(3)
        let events = path.map { text("/sys/fs/cgroup\($0)/memory.events") } ?? ""
        return MemoryPressure(
            group: count("oom_kill", in: events), machine: count("oom_kill", in: text("/proc/vmstat")))
    }

    private static func count(_ name: String, in text: String) -> Int {
        let line = text.split(separator: "\n").first { $0.hasPrefix(name + " ") }
        return line.flatMap { Int($0.dropFirst(name.count + 1)) } ?? 0
    }

    private static func text(_ path: String) -> String { KernelFile.text(path) ?? "" }
}
