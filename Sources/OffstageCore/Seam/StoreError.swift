/// Why a store could not do what it was asked. Nothing was done, unless the case states otherwise.
public enum StoreError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Another user holds the store; the text states which one and for how long.
    case busy(String)
    /// There is no space left.
    case full(String)
    /// The store was written by a newer version of the program.
    case newerSchema(found: Int, known: Int, location: String)
    /// The store was written by an older version and must be migrated first.
    case olderSchema(found: Int, known: Int, location: String)
    /// What is at the location is not a store, or cannot be opened.
    case unusable(String)
    /// The store that was opened no longer exists, another one is in its place, or it is damaged. Trying again is
    /// useless, and a program that uses it should end. Nothing was accepted, although what the call was to write may be
    /// found in what is left.
    case lost(String)
    /// The commit failed, and it is unknown whether it took effect; send the same call again.
    case unknownOutcome(String)
    /// The store reported an error.
    case failed(String)
    /// The store has been closed.
    case closed

    /// One line: what, where, and what to do.
    public var description: String {
        switch self {
        case .busy(let text): "the store is busy: \(text)"
        case .full(let text): "the store is full: \(text)"
        case .newerSchema(let found, let known, let location):
            "\(location) has schema \(found), newer than the \(known) that this program knows: use a newer offstage"
        case .olderSchema(let found, let known, let location):
            "\(location) has schema \(found), older than \(known): run `offstage migrate` first"
        case .unusable(let text), .lost(let text): text
        case .unknownOutcome(let text): "it is unknown whether this was stored, send it again with the same id: \(text)"
        case .failed(let text): "the store failed: \(text)"
        case .closed: "the store is closed"
        }
    }
}
