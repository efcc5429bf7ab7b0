// A call in flight: one command or two that go out back to back, its deadline, and its completion handler. It passes
// from the caller to a connection, perhaps to another connection of the cluster, and is finished exactly once.
import OffstageCore

// Proof: one owner at a time has it. The caller makes it; then it passes through the Mutex of a connection's inbox to
// that connection's thread, which either finishes it or passes it on and keeps no reference.
/// One call and its progress.
final class Exchange: @unchecked Sendable {
    /// How it ended.
    enum Ending {
        /// The reply, and the second one if two commands were sent.
        case replies(RedisReply, RedisReply?)
        /// There is no reply, or it was an error.
        case failed(StoreError)
    }

    let command: RedisCommand
    let second: RedisCommand?
    let slot: Int
    let role: RedisClient.Role
    /// When the caller's patience ends, on the client's clock, in microseconds.
    let deadline: Int64
    let patience: Duration
    /// When it fails if there is no connection and the reason is known; by default its deadline.
    let givesUpAt: Int64
    /// Whether it is sent again if the connection breaks after it was sent.
    let isResent: Bool
    /// Whether no caller waits for it; then it is dropped with the connection.
    let isCast: Bool
    /// Whether the caller reads error replies itself.
    let takesErrors: Bool
    private let finishing: @Sendable (Ending) -> Void

    /// Whether it was on a connection that broke, so the server may have executed it.
    var mayBeDone = false
    /// Whether `ASKING` is sent before it.
    var asks = false
    /// Whether its script is sent before it.
    var loadsScript = false
    /// How often the server did not know its script.
    var scriptMisses = 0
    /// How often the server delayed it, and how often it was redirected.
    var putOffs = 0
    var redirects = 0
    /// The server's reason for delaying the call.
    var complaint: String?
    private var isFinished = false

    init(
        _ command: RedisCommand, second: RedisCommand? = nil, slot: Int, role: RedisClient.Role, deadline: Int64,
        patience: Duration, givesUpAt: Int64? = nil, isResent: Bool = true, isCast: Bool = false,
        takesErrors: Bool = false,
        finish: @escaping @Sendable (Ending) -> Void
    ) {
        self.command = command
        self.second = second
        self.slot = slot
        self.role = role
        self.deadline = deadline
        self.patience = patience
        self.givesUpAt = givesUpAt ?? deadline
        self.isResent = isResent
        self.isCast = isCast
        self.takesErrors = takesErrors
        finishing = finish
    }

    /// Its size in bytes.
    var size: Int { command.size + (second?.size ?? 0) }

    /// Its name in error messages.
    var name: String { second.map { "\(command.name) and \($0.name)" } ?? command.name }

    /// How many replies precede those of the call itself.
    var repliesBefore: Int { (loadsScript ? 1 : 0) + (asks ? 1 : 0) }

    /// Appends all bytes that must be sent.
    func write(into out: inout [UInt8]) {
        if loadsScript, let script = command.script { RedisCommand("SCRIPT", "LOAD", script.source).write(into: &out) }
        if asks { RedisCommand("ASKING").write(into: &out) }
        command.write(into: &out)
        second?.write(into: &out)
    }

    /// Delivers the result to the caller. Must be called only once.
    func finish(_ ending: Ending) {
        precondition(!isFinished, "\(name) is finished twice")
        isFinished = true
        finishing(ending)
    }
}
