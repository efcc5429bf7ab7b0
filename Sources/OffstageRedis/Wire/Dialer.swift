// Makes connections that are ready for use: connected, logged in, in the right database, named. It sends the first few
// commands one at a time and blocks until each reply. So it runs on a separate thread, and hands the socket over when
// it is ready.
import CHiredis
import CSystem
import OffstageCore

/// How to connect to the servers of one kind.
struct Dialer: Sendable {
    /// TLS, if the servers use it.
    var tls: TLSContext?
    var user: String?
    var password: String?
    var database = 0
    /// The name in `CLIENT LIST`; empty for none.
    var clientName = ""
    /// The time limit for making a connection.
    var timeout: Duration
    /// Whether a server that is not a master is refused.
    var wantsMaster = false

    /// Connects and logs in.
    func dial(_ address: RedisAddress) throws -> RedisSocket {
        let deadline = offstage_monotonic_ns() + timeout.microseconds * 1000
        let socket = try RedisSocket.connect(to: address, tls: tls, deadline: deadline)
        try greet(socket, deadline)
        return socket
    }

    /// Connects, sends one command, reads its reply, and closes the connection.
    func ask<A>(_ address: RedisAddress, _ command: RedisCommand, _ read: (RedisReply) throws -> A) throws -> A {
        let deadline = offstage_monotonic_ns() + timeout.microseconds * 1000
        let socket = try dial(address)
        var answer: A?
        try Self.talk(socket, [command], deadline) { _, reply in answer = try read(reply) }
        guard let answer else { throw WireFailure.unreachable("\(address): no answer to \(command.name)") }
        return answer
    }

    private func greet(_ socket: RedisSocket, _ deadline: Int64) throws {
        var commands: [RedisCommand] = []
        if let password {
            commands.append(user.map { RedisCommand("AUTH", $0, password) } ?? RedisCommand("AUTH", password))
        } else if let user {
            commands.append(RedisCommand("AUTH", user, ""))
        }
        if database != 0 { commands.append(RedisCommand("SELECT", String(database))) }
        if !clientName.isEmpty { commands.append(RedisCommand("CLIENT", "SETNAME", clientName)) }
        if wantsMaster { commands.append(RedisCommand("ROLE")) }
        guard !commands.isEmpty else { return }
        try Self.talk(socket, commands, deadline) { index, reply in
            let name = commands[index].name
            if let error = reply.error {
                // A user that may not name the connection or ask for the role may still be allowed to do the rest.
                if name == "CLIENT" || name == "ROLE", error.hasPrefix("NOPERM") { return }
                if error.hasPrefix("LOADING") || error.hasPrefix("MASTERDOWN") { return }
                // While a script runs too long, the server accepts only a login. The name is optional, the database is
                // not.
                if error.hasPrefix("BUSY") {
                    if name == "CLIENT" { return }
                    throw WireFailure.busy("\(socket.address): \(name): \(Self.harmless(error))")
                }
                let text = "\(socket.address): \(name): \(Self.harmless(error))"
                throw error.hasPrefix("ERR max number of clients")
                    ? WireFailure.unreachable(text) : WireFailure.refused(text)
            }
            if name == "ROLE", let role = reply.elements.first?.text, role != "master" {
                throw WireFailure.unreachable("\(socket.address): it is a \(role), not the master")
            }
        }
    }

    /// Returns the part of an error that may be shown: a server that does not know a command repeats its arguments,
    /// including passwords.
    private static func harmless(_ error: String) -> Substring {
        let end = error.firstRange(of: "args beginning with")?.lowerBound ?? error.endIndex
        return error[..<end].prefix(200)
    }

    /// Sends commands and waits for all their replies.
    private static func talk(
        _ socket: RedisSocket, _ commands: [RedisCommand], _ deadline: Int64,
        _ take: (Int, RedisReply) throws -> Void
    ) throws {
        var out: [UInt8] = []
        for command in commands { command.write(into: &out) }
        var sent = 0
        while sent < out.count {
            switch out.withUnsafeBytes({ socket.write(UnsafeRawBufferPointer(rebasing: $0[sent...])) }) {
            case .moved(let count): sent += count
            case .wait(let events): try socket.wait(events, deadline, commands[0].name)
            case .ended: throw ended(socket, commands[0])
            case .broken(let failure): throw broken(socket, failure)
            }
        }
        let reader = ReplyReader(mostReplyBytes: 16 << 20)
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 16 << 10, alignment: 16)
        defer { room.deallocate() }
        var answered = 0
        while answered < commands.count {
            switch socket.read(into: room) {
            case .moved(let count):
                do {
                    try reader.feed(UnsafeRawBufferPointer(rebasing: room[..<count]))
                    while answered < commands.count, let reply = try reader.next() {
                        defer { freeReplyObject(reply) }
                        try take(answered, RedisReply(UnsafePointer(reply)))
                        answered += 1
                    }
                } catch let broken as ReplyReader.Broken {
                    throw WireFailure.refused("\(socket.address): \(broken)")
                }
            case .wait(let events): try socket.wait(events, deadline, commands[answered].name)
            case .ended: throw ended(socket, commands[answered])
            case .broken(let failure): throw broken(socket, failure)
            }
        }
    }

    private static func ended(_ socket: RedisSocket, _ command: RedisCommand) -> WireFailure {
        let text = "\(socket.address): it ended the connection instead of answering \(command.name)"
        return broken(socket, .unreachable(text))
    }

    /// A server that expects TLS closes the connection when it receives plain text.
    private static func broken(_ socket: RedisSocket, _ failure: WireFailure) -> WireFailure {
        socket.keepsBytes ? failure : .unreachable("\(failure) (does it want TLS, rediss://?)")
    }
}
