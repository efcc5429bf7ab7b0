// How a program ended, before it is decided what that means for a job.
import OffstageCore
import OffstageSystem

/// The end of one run of a program.
public struct ProgramEnd: Sendable, Hashable {
    /// How the program ended.
    public enum Status: Sendable, Hashable {
        /// It exited with a status from 0 to 255.
        case exited(Int)
        /// A signal of this number killed it.
        case signalled(Int)
        /// It did not start; with the reason in a few words.
        case notStarted(String)
        /// It did not start because the machine was short of something (descriptors, processes, memory); with the
        /// reason in a few words. The same program may start later.
        case machineShort(String)
    }

    /// How the program ended.
    public var status: Status
    /// What it wrote to standard output, without one newline at the end, up to the limit.
    public var output: [UInt8] = []
    /// Whether it wrote more to standard output than was kept.
    public var outputTruncated = false
    /// The end of what it wrote to standard error.
    public var errorTail = ""
    /// The last `snooze` that it asked for; nil if it asked for none.
    public var snooze: Duration?
    /// The delay of the last `retry` that it asked for; nil if it asked for none. It counts only if the program exits
    /// with 75.
    public var retry: Duration?
    /// Whether it was asked to end, or killed, before it ended by itself.
    public var wasStopped = false

    /// Creates an end.
    public init(status: Status, wasStopped: Bool = false) {
        self.status = status
        self.wasStopped = wasStopped
    }

    /// How the program ended, with the end of its standard error; at most 4 KiB.
    public var message: String {
        var tail = TailBytes(limit: Limits.errorMessageBytes - status.description.utf8.count - 2)
        tail.feed(Array(errorTail.utf8)[...])
        let text = tail.text.drop { $0.isWhitespace }
        return text.isEmpty ? status.description : "\(status): \(text)"
    }
}

extension ProgramEnd.Status {
    /// Classifies the errno value of a failed start: either the machine was short of something, or the program cannot
    /// be started at all.
    static func refused(_ number: Int32) -> ProgramEnd.Status {
        let reason = LibC.reason(number)
        return [EMFILE, ENFILE, EAGAIN, ENOMEM, ENOSPC].contains(number) ? .machineShort(reason) : .notStarted(reason)
    }
}

extension ProgramEnd.Status: CustomStringConvertible {
    /// A few words: "exit status 3", "killed by signal 9 (KILL)".
    public var description: String {
        switch self {
        case .exited(let status): "exit status \(status)"
        case .signalled(let number):
            "killed by signal \(number)" + (Self.signalNames[number].map { " (\($0))" } ?? "")
        case .notStarted(let reason), .machineShort(let reason): "could not be started: \(reason)"
        }
    }

    /// The signals whose numbers are the same on all systems.
    private static let signalNames = [
        1: "HUP", 2: "INT", 3: "QUIT", 4: "ILL", 5: "TRAP", 6: "ABRT", 8: "FPE", 9: "KILL", 11: "SEGV", 13: "PIPE",
        14: "ALRM", 15: "TERM",
    ]
}
