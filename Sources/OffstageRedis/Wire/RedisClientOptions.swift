// What a client is given beside the URL: time, chance, a log, and its bounds.
import OffstageCore

/// How a client behaves.
struct RedisClientOptions: Sendable {
    /// What calls' deadlines are measured with; sockets always wait by the machine's monotonic clock.
    var clock: any TimeSource = SystemTime()
    /// Where the jitter of the waits before a new connection comes from.
    var random: any RandomSource = SystemRandom()
    /// Where broken and restored connections are told.
    var log: any Log = SilentLog()
    /// What `CLIENT LIST` shows; spaces become dashes.
    var clientName = "offstage"
    /// How long a server may say nothing while it owes replies before the connection is given up.
    var commandTimeout = Duration.seconds(10)
    /// How long opening tries before it says why it cannot.
    var openPatience = Duration.seconds(3)
    /// How long opening waits for a server that is there and says that it is busy, or loading.
    var busyPatience = Duration.seconds(10)
    /// What is to be done about a script's error that speaks of the namespace's identity; gets its text and the slot.
    var judge: @Sendable (String, Int) -> StrangerVerdict = { text, _ in .failed(.failed(text)) }
    /// Most bytes of commands that one connection keeps, sent or not; beyond it a call is answered `busy`.
    var heldBytes = 256 << 20
    /// Most bytes of one reply; beyond it the call fails and the connection is made anew.
    var replyBytes = 512 << 20
}

/// What is to be done about a call that met another namespace, or none.
enum StrangerVerdict: Sendable {
    /// It fails.
    case failed(StoreError)
    /// It is sent again later; why it cannot be done now.
    case again(String)
}
