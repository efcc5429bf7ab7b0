// A line of a component's log, and its shape in a file: time, source, instance and text, in this order, so that the
// lines of many files sort by their first word.
package import OffstageCore

/// One line that a component wrote, or that the supervisor says about it.
package struct LogLine: Sendable, Hashable {
    /// Where a line comes from.
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

    /// When it was read.
    package var time: Timestamp
    /// The component; nil for the supervisor's own.
    package var component: String
    /// Which of its processes, such as `2`; the log's name for a watched file; `-` if it concerns none.
    package var instance: String
    /// Where it comes from.
    package var source: Source
    /// The text, without its end.
    package var text: String

    /// Names a line.
    package init(time: Timestamp, component: String, instance: String, source: Source, text: String) {
        self.time = time
        self.component = component
        self.instance = instance
        self.source = source
        self.text = text
    }

    /// The line as a file keeps it, with its end.
    var kept: [UInt8] { Array("\(time) \(source.rawValue) \(instance) \(text)\n".utf8) }

    /// Reads a line of the component's file; nil if it is none.
    package init?(kept line: Substring, component: String) {
        let parts = line.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 4, let time = Timestamp(String(parts[0])), let source = Source(rawValue: String(parts[1]))
        else { return nil }
        self.init(
            time: time, component: component, instance: String(parts[2]), source: source, text: String(parts[3]))
    }
}
