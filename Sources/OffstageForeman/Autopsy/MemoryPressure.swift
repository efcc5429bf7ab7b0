// How often the kernel has killed for want of memory: in this process's control group, and on the whole machine. A
// SIGKILL that nobody owns up to, while one of the two rose, was most likely that.
import OffstageCore

/// The kernel's counts of killing for want of memory.
struct MemoryPressure: Sendable, Equatable {
    var group: Int
    var machine: Int

    /// Whether there was more killing than at another moment.
    func exceeds(_ other: MemoryPressure) -> Bool { group > other.group || machine > other.machine }

    /// One killing more, as far as there were any up to a later moment.
    func next(upTo now: MemoryPressure) -> MemoryPressure {
        MemoryPressure(group: min(group + 1, now.group), machine: min(machine + 1, now.machine))
    }

    /// Reads the counts; zeros where there are none.
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
