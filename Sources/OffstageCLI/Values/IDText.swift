// A job's id on the command line: a UUID in its usual spelling. Refused early when it cannot be one, so that a
// mistyped option is not answered with "no such job".

/// The reading of ids.
enum IDText {
    /// Reads an id and returns it in lower case.
    static func parse(_ text: String) throws(ValueError) -> String {
        let groups = text.split(separator: "-", omittingEmptySubsequences: false)
        let isUUID = groups.map(\.utf8.count) == [8, 4, 4, 4, 12] && text.allSatisfy { $0 == "-" || isHex($0) }
        guard isUUID else { throw ValueError("must be a job's id (a UUID)") }
        return text.lowercased()
    }

    private static func isHex(_ character: Character) -> Bool { character.isASCII && character.isHexDigit }
}
