// When a process counts as up. The check is repeated every 50 ms until it succeeds.
import OffstageSystem

/// The check that a process does its work.
package enum Readiness: Sendable, Hashable {
    /// It still runs after this time.
    case runs(Duration)
    /// It listens on a port.
    case listens(Int)
    /// A Redis server answers PING on this port and has loaded its data.
    case answersPing(Int)
    /// A PostgreSQL server accepts connections and has the components' role.
    case knows(PostgresRole)

    /// HAProxy answers at this runtime socket, which it does once it has bound its ports.
    case answersSteering(String)

    /// The pause between two checks.
    static let pause = Duration.milliseconds(50)

    /// Returns whether the check succeeds for a process that has run for `age`. Blocking checks run on a separate
    /// thread.
    func holds(age: Duration) async -> Bool {
        switch self {
        case .runs(let time): age >= time
        case .listens(let port): await SystemThread.call { LocalPort.isListening(port) } ?? false
        case .answersPing(let port):
            await SystemThread.call { LocalPort.ask(port, Array("PING\r\n".utf8)) == Array("+PONG\r\n".utf8) } ?? false
        case .knows(let role): await role.settle()
        case .answersSteering(let path):
            await SystemThread.call { ProxySocket.ask(path, "show version")?.isEmpty == false } ?? false
        }
    }
}
