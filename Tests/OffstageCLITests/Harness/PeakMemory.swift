// The peak memory use of one of our processes so far, as Linux reports it.
import Foundation
import Synchronization

/// Tracks the memory use of a process.
final class PeakMemory: Sendable {
    private let peak = Mutex(0)

    /// The largest value seen, in MiB.
    var mebibytes: Int { peak.withLock { $0 } / 1024 }

    /// Takes one sample.
    func look(at pid: Int32) {
        guard let text = try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
            let kibibytes = line.split(whereSeparator: { !$0.isNumber }).first.flatMap({ Int($0) })
        else { return }
        peak.withLock { $0 = max($0, kibibytes) }
    }
}
