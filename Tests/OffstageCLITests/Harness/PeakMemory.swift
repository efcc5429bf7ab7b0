// The most memory that a process of ours has had so far, as Linux tells it.
import Foundation
import Synchronization

/// A watch over a process' memory.
final class PeakMemory: Sendable {
    private let peak = Mutex(0)

    /// The most that was seen, in MiB.
    var mebibytes: Int { peak.withLock { $0 } / 1024 }

    /// Looks once.
    func look(at pid: Int32) {
        guard let text = try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
            let kibibytes = line.split(whereSeparator: { !$0.isNumber }).first.flatMap({ Int($0) })
        else { return }
        peak.withLock { $0 = max($0, kibibytes) }
    }
}
