// What a client gets in addition to the URL: clock, randomness, a log, and its limits.
import OffstageCore

/// How a client behaves.
struct RedisClientOptions: Sendable {
    /// The clock for the deadlines of calls. Waits for sockets always use the machine's monotonic clock.
    var clock: any TimeSource = SystemTime()
    /// The source of the jitter in the waits between attempts to connect.
    var random: any RandomSource = SystemRandom()
    /// Where broken and restored connections are logged.
    var log: any Log = SilentLog()
    /// The name in `CLIENT LIST`; spaces become dashes.
    var clientName = "offstage"
    /// How long a server that owes replies may be silent before the connection is given up.
    var commandTimeout = Duration.seconds(10)
    /// How long opening tries before it reports why it failed.
    var openPatience = Duration.seconds(3)
    /// How long opening waits for a server that is reachable but reports that it is busy or loading.
    var busyPatience = Duration.seconds(10)
    /// Decides about a script's error that concerns the namespace's identity; gets its text and the slot.
    var judge: @Sendable (String, Int) -> StrangerVerdict = { text, _ in .failed(.failed(text)) }
    /// The maximum number of bytes of commands that one connection keeps, sent or not. A call beyond it fails with
    /// `busy`.
    var heldBytes = 256 << 20
    /// The maximum size of one reply, in bytes. Beyond it the call fails and the connection is made anew.
    var replyBytes = 512 << 20
}

/// What to do with a call that found another namespace, or none.
enum StrangerVerdict: Sendable {
    /// It fails.
    case failed(StoreError)
    /// It is sent again later. Holds the reason why it cannot be done now.
    case again(String)
}
