// How a program ended, before anybody has decided what that means for a job.
import OffstageCore
import OffstageSystem

/// The end of one run of a program.
public struct ProgramEnd: Sendable, Hashable {
    /// The way it ended.
    public enum Status: Sendable, Hashable {
        /// It exited with a status from 0 to 255.
        case exited(Int)
        /// A signal of this number killed it.
        case signalled(Int)
        /// It did not start, for a reason told in a few words.
        case notStarted(String)
        /// It did not start because the machine was short of something (descriptors, processes, memory), told in a few
        /// words; the same program may start later.
        case machineShort(String)
    }

    /// The way it ended.
    public var status: Status
    /// What it wrote to standard output, less one newline at the end, up to the limit.
    public var output: [UInt8] = []
    /// Whether it wrote more than that.
    public var outputTruncated = false
    /// The end of what it wrote to standard error.
    public var errorTail = ""
    /// The last `snooze` that it asked for.
    public var snooze: Duration?
    /// After how long it asked to be tried again, with the last `retry`; counts if it exits with 75.
    public var retry: Duration?
    /// Whether it was asked to end, or killed, before it ended by itself.
    public var wasStopped = false

    /// Creates an end.
    public init(status: Status, wasStopped: Bool = false) {
        self.status = status
        self.wasStopped = wasStopped
    }

    /// The way it ended and the end of what it said about that, at most 4 KiB.
    public var message: String {
        var tail = TailBytes(limit: Limits.errorMessageBytes - status.description.utf8.count - 2)
        tail.feed(Array(errorTail.utf8)[...])
        let text = tail.text.drop { $0.isWhitespace }
        return text.isEmpty ? status.description : "\(status): \(text)"
    }
}

extension ProgramEnd.Status {
    /// What the errno value of a failed start means: whether the machine was short of something, or the program cannot
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

    /// Those whose numbers all systems agree on.
    private static let signalNames = [
        1: "HUP", 2: "INT", 3: "QUIT", 4: "ILL", 5: "TRAP", 6: "ABRT", 8: "FPE", 9: "KILL", 11: "SEGV", 13: "PIPE",
        14: "ALRM", 15: "TERM",
    ]
}
