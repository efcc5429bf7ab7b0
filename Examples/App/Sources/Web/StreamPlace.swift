// How far one reader of the board has come.

import Synchronization

final class StreamPlace: Sendable {
    /// The version it was sent last; 0 for none.
    let version = Mutex(0)
}
