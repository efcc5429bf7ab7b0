// Formats what is known of a worker process's death into the few KiB that a job's record keeps of an error: first how
// it died and the line that states why, then what the job had done, then the process's last output, which after a trap
// is Swift's backtrace.
import OffstageCore
import OffstageSystem

/// A dead process, as its foreman knows it.
struct Autopsy: Sendable {
    /// How it ended: an exit status from 0 to 255, or 256 + n for the signal n.
    var ending: Int
    /// The peak memory of the process, or of a program that it had started and waited for, in bytes.
    var peakBytes: Int64
    /// Its memory limit in bytes; 0 for no limit.
    var limitBytes: Int64 = 0
    /// Whether the kernel has recently killed a process for lack of memory, and no other death is known to be that.
    var wasShortOfMemory = false
    /// The end of what it wrote to its standard error.
    var lastWords: [UInt8] = []
    /// How many jobs ran in it.
    var jobs = 1

    /// How it died, in a few words.
    var cause: String {
        guard ending >= 256 else {
            return "the process ended with exit status \(ending)\(jobs > 0 ? " in the middle of its work" : "")"
        }
        let number = Int32(ending - 256)
        var text = "the process was killed by signal \(number)"
        if let name = Self.name(number) { text += " (\(name))" }
        if number == SIGKILL, wasShortOfMemory { text += ", for want of memory" }
        return text
    }

    /// The error for the record of one of its jobs, which had run for `ranMicroseconds`.
    func failure(ranMicroseconds: Int64, progress: Progress?) -> Failure {
        let words = words
        var text = words.crash.map { "\(cause): \($0)" } ?? cause
        var facts = ["ran for \(Self.seconds(ranMicroseconds))"]
        switch jobs {
        case ...1: facts[0] += ", alone"
        case 2: facts[0] += ", beside another job"
        default: facts[0] += ", beside \(jobs - 1) other jobs"
        }
        facts.append("peak memory \(peakBytes >> 20) MiB" + (limitBytes > 0 ? " of \(limitBytes >> 20) MiB" : ""))
        if let progress {
            facts.append("last progress \(progress.fraction)" + (progress.note.isEmpty ? "" : " \(progress.note)"))
        }
        text += "\n" + facts.joined(separator: "; ")
        let room = Limits.errorMessageBytes - text.utf8.count - 1
        let rest = words.rest(upTo: room)
        if !rest.isEmpty { text += "\n" + rest }
        return Failure(.crash, text)
    }

    /// How it died and the line that states why, for the log.
    var summary: String { words.crash.map { "\(cause): \($0)" } ?? cause }

    private var words: LastWords {
        let faults = [SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV]
        return LastWords(lastWords, ofFault: faults.contains { Int($0) + 256 == ending })
    }

    private static func seconds(_ microseconds: Int64) -> String {
        let tenths = max(0, microseconds) / 1000
        return "\(tenths / 1000).\(String(tenths % 1000 + 1000).dropFirst()) s"
    }

    private static func name(_ signal: Int32) -> String? {
        switch signal {
        case SIGILL: "SIGILL"
        case SIGTRAP: "SIGTRAP"
        case SIGABRT: "SIGABRT"
        case SIGBUS: "SIGBUS"
        case SIGFPE: "SIGFPE"
        case SIGKILL: "SIGKILL"
        case SIGSEGV: "SIGSEGV"
        case SIGPIPE: "SIGPIPE"
        case SIGALRM: "SIGALRM"
        case SIGTERM: "SIGTERM"
        case SIGINT: "SIGINT"
        case SIGQUIT: "SIGQUIT"
        case SIGHUP: "SIGHUP"
        case SIGXCPU: "SIGXCPU"
        case SIGXFSZ: "SIGXFSZ"
        case SIGSYS: "SIGSYS"
        default: nil
        }
    }
}
