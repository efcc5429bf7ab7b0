// Extracts what a crash report needs from the end of a dead process's standard error. Other jobs of the process may
// have written there too. The crash is found by the messages of Swift's runtime and its backtracer.
import OffstageCore

/// What a process wrote last.
struct LastWords: Sendable {
    /// The line that states why it died; nil if there is none.
    let crash: String?
    /// The lines after the crash line, up to the register dump and without the backtracer's own warnings; all lines if
    /// there is no crash line.
    private let lines: [String]

    private static let longestLine = 512

    /// `isFault` means that the process died of its own fault. Otherwise no line states why it died: one that seems to
    /// do so is about something that the process survived.
    init(_ bytes: [UInt8], ofFault isFault: Bool = true) {
        let lines = bytes.split(separator: 10).map { line in
            String(decoding: line.filter { $0 >= 32 && $0 != 127 || $0 == 9 }, as: UTF8.self)
                .cut(toBytes: Self.longestLine)
        }
        let says = lines.lastIndex { $0.contains("Fatal error: ") || $0.contains("atal error:") }
        let shows = lines.lastIndex { $0.hasPrefix("*** Program crashed") || $0.hasPrefix("*** Signal") }
        guard isFault, let index = says ?? shows else {
            crash = nil
            self.lines = lines
            return
        }
        crash = lines[index]
        let after = lines[(index + 1)...]
        self.lines = after.prefix { !$0.hasPrefix("Registers:") }.filter { !$0.hasPrefix("swift-runtime:") }
    }

    /// The other lines, in at most `limit` bytes: their beginning after a crash, otherwise their end.
    func rest(upTo limit: Int) -> String {
        var room = limit
        func fits(_ line: String) -> Bool {
            room -= line.utf8.count + 1
            return room >= 0
        }
        if crash != nil { return lines.prefix(while: fits).joined(separator: "\n") }
        return lines.reversed().prefix(while: fits).reversed().joined(separator: "\n")
    }
}
