// A usage error: always one line and exit status 2, with the nearest known word if there is one.

import OffstageCore

/// A command line that cannot be parsed.
struct UsageError: Error, Equatable, CustomStringConvertible {
    /// The whole one-line message.
    var description: String

    init(_ message: String) {
        description = message
    }

    /// Returns a word of the command line in the form that an error may repeat. Cuts an address that may contain a
    /// password before the password.
    static func shown(_ word: some StringProtocol) -> String {
        guard let mark = word.firstRange(of: "://"), word[mark.upperBound...].contains("@") else { return String(word) }
        return word[..<mark.upperBound] + "…"
    }

    /// Creates an error that ends with the known word nearest to the given one.
    init(_ message: String, given: String, known: [String]) {
        description = message
        if let nearest = NearestName.of(given, among: known) { description += "; did you mean \(nearest)?" }
    }
}
