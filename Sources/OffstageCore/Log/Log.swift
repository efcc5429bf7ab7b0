// All log output of the project goes through this small protocol. An app plugs in its own logger. Without one, each
// event is one readable line on stderr. Nothing here ever writes to stdout.
import Synchronization

/// How much a log line matters.
public enum LogLevel: Int, Sendable, Comparable, CaseIterable {
    /// Details for finding a fault in the system itself.
    case debug = 0
    /// Events of normal operation.
    case info
    /// Something a person should look at.
    case warning
    /// Something failed.
    case error

    /// Orders levels by severity.
    public static func < (a: LogLevel, b: LogLevel) -> Bool { a.rawValue < b.rawValue }
    /// The level's name.
    public var name: String { ["debug", "info", "warning", "error"][rawValue] }
}

/// Where log lines go.
public protocol Log: Sendable {
    /// Takes one line: its level, a message, and named facts.
    func write(_ level: LogLevel, _ message: String, _ facts: [(String, String)])
}

extension Log {
    /// Takes a line and keeps its facts in the order written.
    public func callAsFunction(
        _ level: LogLevel, _ message: String, _ facts: KeyValuePairs<String, String> = [:]
    ) {
        write(level, message, facts.map { ($0.key, $0.value) })
    }
}

/// Drops every line.
public struct SilentLog: Log {
    /// Creates the log.
    public init() {}
    /// Drops the line.
    public func write(_ level: LogLevel, _ message: String, _ facts: [(String, String)]) {}
}

/// Writes one line per event to stderr, readable by default and JSON as an option. If the reader has stopped reading,
/// the log waits once, for one second. Then it drops lines until the reader reads again, and reports how many bytes it
/// dropped.
public struct StandardErrorLog: Log {
    private final class Writer: Sendable {
        let writer = Mutex(ErrorWriter(2))
    }

    private let minimum: LogLevel
    private let json: Bool
    private let time: any TimeSource
    private let writer = Writer()

    /// Creates a log that drops lines below `minimum`.
    public init(minimum: LogLevel = .info, json: Bool = false, time: any TimeSource = SystemTime()) {
        self.minimum = minimum
        self.json = json
        self.time = time
    }

    /// Writes the line in one system call, so that lines of several processes do not mix.
    public func write(_ level: LogLevel, _ message: String, _ facts: [(String, String)]) {
        guard level >= minimum else { return }
        let line = line(level, message, facts) + "\n"
        writer.writer.withLock { $0.write(line.utf8, report: dropReport) }
    }

    private func dropReport(_ bytes: Int) -> String {
        line(.warning, "a part of the log was dropped: nobody read it", [("bytes", "\(bytes)")])
    }

    private func line(_ level: LogLevel, _ message: String, _ facts: [(String, String)]) -> String {
        var line: String
        if json {
            line = "{\"at\":\"\(time.now())\",\"level\":\"\(level.name)\",\"message\":\(Self.quoted(message))"
            for (name, value) in facts { line += ",\(Self.quoted(name)):\(Self.quoted(value))" }
            line += "}"
        } else {
            line = "\(time.now()) \(level.name) \(Printable.line(message))"
            for (name, value) in facts { line += " \(name)=\(Printable.line(value))" }
        }
        return line
    }

    private static func quoted(_ text: String) -> String {
        var out = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            default:
                if Printable.isControl(scalar) {
                    out += Printable.escape(scalar)
                } else {
                    out.unicodeScalars.append(scalar)
                }
            }
        }
        return out + "\""
    }
}

extension StandardErrorLog: PromptLog {
    package func writeNow(_ level: LogLevel, _ message: String, _ facts: [(String, String)]) -> Bool {
        guard level >= minimum else { return true }
        let line = line(level, message, facts) + "\n"
        return writer.writer.withLock { $0.writeNow(line.utf8) }
    }
}
