// The end of a dead process' standard error, read for what an autopsy can use. Other jobs of the process may have
// written there too; the crash is found by the words that Swift's runtime and its backtracer use.
import OffstageCore

/// What a process wrote last.
struct LastWords: Sendable {
    /// The line that says why it died; nil if none does.
    let crash: String?
    /// The lines after that one, up to where only registers follow, without the backtracer's own trouble; all lines if
    /// there is none.
    private let lines: [String]

    private static let longestLine = 512

    /// `isFault` says that the process died of a fault of its own: otherwise no line says why it died, and one that
    /// looks so is of something that was survived.
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

    /// What stands beside the crash line: after a crash its beginning, else the end, of at most so many bytes.
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
