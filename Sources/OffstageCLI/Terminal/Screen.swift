// A full-screen view that leaves the terminal as it was. The view uses the terminal's alternate screen, and the
// terminal's settings are saved and restored. Only changed lines are sent, all in one write, so that nothing flickers.
import OffstageSystem

/// A terminal in full-screen use.
struct Screen: ~Copyable {
    private static let enter = "\u{1B}[?1049h\u{1B}[?25l\u{1B}[2J"
    private static let leave = "\u{1B}[?25h\u{1B}[?1049l"
    private static let beginFrame = "\u{1B}[?2026h"
    private static let endFrame = "\u{1B}[?2026l"

    private let input: Int32
    private let output: Output
    private let found: termios
    private var shown: [String] = []
    private var isUp = false

    /// Saves the terminal's settings; nil if `input` is not a terminal.
    init?(input: Int32, output: Output) {
        var settings = termios()
        guard tcgetattr(input, &settings) == 0 else { return nil }
        self.input = input
        self.output = output
        found = settings
    }

    /// Switches to the full-screen view: no echo, single keys, and no signals from the keyboard.
    mutating func begin() throws {
        var settings = found
        settings.c_lflag &= ~tcflag_t(ICANON | ECHO | ISIG | IEXTEN)
        settings.c_iflag &= ~tcflag_t(IXON | ICRNL)
        tcsetattr(input, TCSAFLUSH, &settings)
        isUp = true
        shown = []
        try output.results(Array(Self.enter.utf8))
        try output.flush()
    }

    /// Restores the terminal.
    mutating func end() {
        guard isUp else { return }
        isUp = false
        try? output.results(Array(Self.leave.utf8))
        try? output.flush()
        var settings = found
        tcsetattr(input, TCSAFLUSH, &settings)
    }

    /// Forgets what is shown, so that the next view is sent whole.
    mutating func forget() { shown = [] }

    /// Shows these lines.
    mutating func show(_ lines: [String]) throws {
        guard isUp else { return }
        var text = Self.beginFrame
        if shown.isEmpty { text += "\u{1B}[2J" }
        for (index, line) in lines.enumerated() where !shown.indices.contains(index) || shown[index] != line {
            text += "\u{1B}[\(index + 1);1H\(line)\u{1B}[K"
        }
        if shown.count > lines.count { text += "\u{1B}[\(lines.count + 1);1H\u{1B}[J" }
        shown = lines
        try output.results(Array((text + Self.endFrame).utf8))
        try output.flush()
    }
}
