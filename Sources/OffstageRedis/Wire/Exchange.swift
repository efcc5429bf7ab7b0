// A call on its way: one command or two that go out back to back, until when it matters, and who is told how it
// ended. It passes from the caller to a connection, perhaps to another one of the cluster, and is finished once.
import OffstageCore

// Proof: one holder at a time has it: the caller makes it, then it passes through the Mutex of a connection's inbox to
// that connection's thread, which either finishes it or passes it on and keeps nothing.
/// One call, and how far it came.
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
    /// When the caller's patience is over, on the client's clock, in microseconds.
    let deadline: Int64
    let patience: Duration
    /// From when on it ends if there is no connection, and it is known why; by default not before its deadline.
    let givesUpAt: Int64
    /// Whether it is sent again when the connection broke after it was sent.
    let isResent: Bool
    /// Whether nobody waits for it: it is dropped with the connection.
    let isCast: Bool
    /// Whether error replies are the caller's to read.
    let takesErrors: Bool
    private let finishing: @Sendable (Ending) -> Void

    /// Whether it was on a connection that broke, so that the server may have done it.
    var mayBeDone = false
    /// Whether `ASKING` goes before it.
    var asks = false
    /// Whether its script is sent before it.
    var loadsScript = false
    /// How often the server did not know its script.
    var scriptMisses = 0
    /// How often it was put off by the server, and how often sent elsewhere.
    var putOffs = 0
    var redirects = 0
    /// What the server said when it put the call off.
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

    /// How many bytes it holds.
    var size: Int { command.size + (second?.size ?? 0) }

    /// How errors name it.
    var name: String { second.map { "\(command.name) and \($0.name)" } ?? command.name }

    /// How many replies come before those that count.
    var repliesBefore: Int { (loadsScript ? 1 : 0) + (asks ? 1 : 0) }

    /// Adds all that has to be sent.
    func write(into out: inout [UInt8]) {
        if loadsScript, let script = command.script { RedisCommand("SCRIPT", "LOAD", script.source).write(into: &out) }
        if asks { RedisCommand("ASKING").write(into: &out) }
        command.write(into: &out)
        second?.write(into: &out)
    }

    /// Tells the caller; once.
    func finish(_ ending: Ending) {
        precondition(!isFinished, "\(name) is finished twice")
        isFinished = true
        finishing(ending)
    }
}
