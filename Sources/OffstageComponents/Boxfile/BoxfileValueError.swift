// The predicate of a sentence: the reader puts before it which value it is about.

/// What is wrong with one value, to follow its name: "must be …", "has …".
struct BoxfileValueError: Error, Hashable {
    var message: String
    init(_ message: String) { self.message = message }
}
