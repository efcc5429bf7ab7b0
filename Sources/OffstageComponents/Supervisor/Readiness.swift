// When a process counts as up. It is asked again every 50 ms until it says so.

/// How one sees that a process does what it is there for.
package enum Readiness: Sendable, Hashable {
    /// It still runs after this time.
    case runs(Duration)
    /// It listens on a port.
    case listens(Int)
    /// A Redis server answers PING there, and has loaded its data.
    case answersPing(Int)
    /// A PostgreSQL server there takes connections.
    case takesConnections(Int)

    /// An HAProxy answers at its runtime socket, which it does once it has bound its ports.
    case answersSteering(String)

    /// How long there is between two questions.
    static let pause = Duration.milliseconds(50)

    /// Whether it is so, for a process that has lived for `age`; asks on a thread of its own.
    func holds(age: Duration) async -> Bool {
        switch self {
        case .runs(let time): age >= time
        case .listens(let port): await OwnThread.call { LocalPort.isListening(port) } ?? false
        case .answersPing(let port):
            await OwnThread.call { LocalPort.ask(port, Array("PING\r\n".utf8)) == Array("+PONG\r\n".utf8) } ?? false
        case .answersSteering(let path):
            await OwnThread.call { ProxySocket.ask(path, "show version")?.isEmpty == false } ?? false
        case .takesConnections(let port):
            // The request for encryption is answered by a server that takes connections, with one letter.
            await OwnThread.call {
                LocalPort.ask(port, [0, 0, 0, 8, 0x04, 0xD2, 0x16, 0x2F]).map { [[0x4E], [0x53]].contains($0) } ?? false
            } ?? false
        }
    }
}
