// The texts that a store itself puts on records. Stores that are not written in Swift receive them and fill in the
// words themselves, so each text is a template.

/// Templates of the texts that stores write on records; `%s` stands for a word.
package enum StoreTexts {
    /// The job's expiry passed before it started.
    package static let expired = "its expiry passed before it started"
    /// The lease of a worker (%s) ran out while others used the store.
    package static let leaseRanOut = "the lease of worker %s ran out"
    /// The lease of a worker (%s) ran out after a time in which no process could use the store.
    package static let leaseRanOutInOutage = "the lease of worker %s ran out after the store had not been in use"
    /// A different job has the id (%s).
    package static let idTaken = "id %s is taken by a different job"
    /// Another job (%s) holds the unique key.
    package static let keyHeld = "its unique key is held by job %s"
    /// A follow-up (%s) was not stored, for a reason (%s).
    package static let followUpRefused = "follow-up %s was not stored: %s"

    /// Returns a template with its words filled in, in order.
    package static func fill(_ template: String, _ words: String...) -> String {
        var text = ""
        var rest = template[...]
        for word in words {
            guard let place = rest.firstRange(of: "%s") else { break }
            text += rest[..<place.lowerBound] + word
            rest = rest[place.upperBound...]
        }
        return text + rest
    }
}
