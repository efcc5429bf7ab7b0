// A line of a component's log, and its form in a file: time, source, instance and text, in this order, so that the
// lines of many files sort by their first word.
package import OffstageCore

/// One line that a component wrote, or that the supervisor wrote about it.
package struct LogLine: Sendable, Hashable {
    /// The source of a line.
    package enum Source: String, Sendable, Hashable, CaseIterable {
        /// The component's standard output.
        case output = "out"
        /// The component's standard error.
        case errors = "err"
        /// A file that the component's `log_watch` names.
        case file
        /// The supervisor.
        case supervisor = "up"
    }

    /// The time at which it was read.
    package var time: Timestamp
    /// The component; `offstage` for the supervisor's own lines.
    package var component: String
    /// The process, such as `2`; for a watched file the log's name; `-` if it concerns no process.
    package var instance: String
    /// The source.
    package var source: Source
    /// The text, without the line end.
    package var text: String

    /// Creates a line.
    package init(time: Timestamp, component: String, instance: String, source: Source, text: String) {
        self.time = time
        self.component = component
        self.instance = instance
        self.source = source
        self.text = text
    }

    /// The line as a file keeps it, with its line end.
    var kept: [UInt8] { Array("\(time) \(source.rawValue) \(instance) \(text)\n".utf8) }

    /// Parses a line of the component's file; nil if it is invalid.
    package init?(kept line: Substring, component: String) {
        let parts = line.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 4, let time = Timestamp(String(parts[0])), let source = Source(rawValue: String(parts[1]))
        else { return nil }
        self.init(
            time: time, component: component, instance: String(parts[2]), source: source, text: String(parts[3]))
    }
}
