// When a process counts as up. It is asked again every 50 ms until it says so.
import OffstageSystem

/// How one sees that a process does what it is there for.
package enum Readiness: Sendable, Hashable {
    /// It still runs after this time.
    case runs(Duration)
    /// It listens on a port.
    case listens(Int)
    /// A Redis server answers PING there, and has loaded its data.
    case answersPing(Int)
    /// A PostgreSQL server takes connections and knows the components' role.
    case knows(PostgresRole)

    /// An HAProxy answers at its runtime socket, which it does once it has bound its ports.
    case answersSteering(String)

    /// How long there is between two questions.
    static let pause = Duration.milliseconds(50)

    /// Whether it is so, for a process that has lived for `age`; asks on a thread of its own.
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
