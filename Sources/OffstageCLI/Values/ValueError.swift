// A refused value, before its option is known; the parser puts the option's name in front.

/// The reason why a text is not a value of its kind, such as "must be a number from 1 to 9".
struct ValueError: Error, Equatable {
    /// The reason, to follow the value's name.
    var message: String
    /// The words that would have been accepted, if there are few.
    var nearest: [String]

    init(_ message: String, nearest: [String] = []) {
        self.message = message
        self.nearest = nearest
    }
}
