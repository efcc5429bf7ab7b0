// One breach of the style: where it is and what is wrong, printed as file:line so that an editor can jump to it.

import Testing

struct Finding: Equatable, Comparable, CustomStringConvertible {
    var path: String
    var line: Int
    var message: String

    var description: String { "\(path):\(line): \(message)" }

    static func < (left: Finding, right: Finding) -> Bool {
        (left.path, left.line) < (right.path, right.line)
    }
}

/// Fails the running test once for each finding, with its place.
func expectNone(_ findings: [Finding]) {
    for finding in findings.sorted() {
        Issue.record("\(finding.description)")
    }
}
