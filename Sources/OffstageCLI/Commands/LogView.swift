// Formats a component's log line: the time, the process in its own colour, and the text; or as JSON.
import OffstageComponents
import OffstageCore

/// Formats log lines.
struct LogView: Sendable {
    private static let colours = [36, 33, 35, 34, 32, 96, 93, 95, 94, 92]

    let style: Style
    let json: Bool
    /// Whether the lines go to a terminal, which would interpret control characters that components write.
    let isForTerminal: Bool
    private let width: Int
    private let colours: [String: Int]

    init(style: Style, names: [String], json: Bool, isForTerminal: Bool) {
        self.style = style
        self.json = json
        self.isForTerminal = isForTerminal
        width = (names.map { $0.utf8.count + 2 } + [10]).max() ?? 10
        let numbered = names.enumerated().map { ($1, Self.colours[$0 % Self.colours.count]) }
        colours = Dictionary(numbered, uniquingKeysWith: { first, _ in first })
    }

    /// Returns the line with its newline.
    func bytes(_ line: LogLine) -> [UInt8] {
        guard json else { return Array((text(line) + "\n").utf8) }
        var writer = JSONWriter(reservingCapacity: 256)
        writer.beginObject()
        writer.member("time", line.time.description)
        writer.member("component", line.component)
        writer.member("instance", line.instance)
        writer.member("from", line.source.rawValue)
        writer.member("text", line.text)
        writer.endObject()
        return (isForTerminal ? Printable.json(writer.bytes) : writer.bytes) + [0x0A]
    }

    private func text(_ line: LogLine) -> String {
        let time = line.time.description.dropFirst(11).prefix(12)
        let who = line.instance == "-" ? line.component : "\(line.component).\(line.instance)"
        let padded = who + String(repeating: " ", count: max(0, width - who.count))
        let name = style.isOn ? "\u{1B}[\(colours[line.component] ?? 1)m\(padded)\u{1B}[0m" : padded
        // Separates the supervisor's lines about a component from the component's own output.
        let mark = line.source == .supervisor ? "-" : "|"
        // A colour that a component leaves on ends with its line.
        let end = line.text.contains("\u{1B}") ? "\u{1B}[0m" : ""
        let text = isForTerminal ? Printable.coloured(line.text) + end : line.text
        let shown = line.source == .supervisor ? style(.bold, text) : text
        return "\(style(.dim, String(time))) \(name) \(mark) \(shown)"
    }
}
