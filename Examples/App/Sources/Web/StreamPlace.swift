// How far one reader of the board has read.

import Synchronization

final class StreamPlace: Sendable {
    /// The version that was last sent to it; 0 for none.
    let version = Mutex(0)
}
