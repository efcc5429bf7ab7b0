// The demo's output. Several processes write to one terminal, so each line is one write and begins with the name of its
// process.

import Foundation

struct Screen: Sendable {
    var who: String

    func say(_ text: String) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let mark = who.padding(toLength: 7, withPad: " ", startingAt: 0)
        let all = lines.map { "\(mark)│ \($0)\n" }.joined()
        try? FileHandle.standardOutput.write(contentsOf: Data(all.utf8))
    }

    func complain(_ text: String) {
        try? FileHandle.standardError.write(contentsOf: Data("offstage-demo \(who): \(text)\n".utf8))
    }
}
