// A value that was refused, before it is known which option it belongs to: the parser puts the name in front.

/// The reason why a text is no value of its kind, such as "must be a number from 1 to 9".
struct ValueError: Error, Equatable {
    /// The reason, to be read behind the value's name.
    var message: String
    /// The words that would have been accepted, if they are few.
    var nearest: [String]

    init(_ message: String, nearest: [String] = []) {
        self.message = message
        self.nearest = nearest
    }
}
