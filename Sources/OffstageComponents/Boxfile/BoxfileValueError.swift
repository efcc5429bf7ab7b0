// The predicate of an error message; the reader puts the name of the value before it.

/// The error of one value, to follow its name: "must be …", "has …".
struct BoxfileValueError: Error, Hashable {
    var message: String
    init(_ message: String) { self.message = message }
}
