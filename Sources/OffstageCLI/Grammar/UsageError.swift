// Wrong usage: always one line and exit status 2, with the nearest known word where there is one.

import OffstageCore

/// A command line that cannot be understood.
struct UsageError: Error, Equatable, CustomStringConvertible {
    /// The whole message, one line.
    var description: String

    init(_ message: String) {
        description = message
    }

    /// Returns a word of the command line as an error may repeat it: of an address that may have a password only what
    /// stands before it.
    static func shown(_ word: some StringProtocol) -> String {
        guard let mark = word.firstRange(of: "://"), word[mark.upperBound...].contains("@") else { return String(word) }
        return word[..<mark.upperBound] + "…"
    }

    /// Makes an error that ends with the known word that is nearest to the one given.
    init(_ message: String, given: String, known: [String]) {
        description = message
        if let nearest = NearestName.of(given, among: known) { description += "; did you mean \(nearest)?" }
    }
}
