// Asks the sentinels, one after the other, for the master. The sentinel that replied last is asked first the next time.
// A sentinel's answer is verified: the dialer asks the server itself for its role.
import OffstageCore
import Synchronization

/// Finds the master that sentinels watch.
final class SentinelFinder: MasterFinder {
    let name: String
    let canMove = true
    private let sentinels: [RedisAddress]
    private let master: String
    private let dialer: Dialer
    private let preferred = Mutex(0)

    init(sentinels: [RedisAddress], master: String, dialer: Dialer) {
        self.sentinels = sentinels
        self.master = master
        self.dialer = dialer
        name = "master '\(master)' of the sentinels \(sentinels.map(\.description).joined(separator: ", "))"
    }

    func find() throws -> RedisAddress {
        let first = preferred.withLock { $0 }
        var problems: [String] = []
        var isUnknownToAll = true
        for offset in sentinels.indices {
            let index = (first + offset) % sentinels.count
            do {
                guard let address = try ask(sentinels[index]) else {
                    problems.append("\(sentinels[index]) does not know it")
                    continue
                }
                preferred.withLock { $0 = index }
                return address
            } catch let failure as WireFailure {
                isUnknownToAll = isUnknownToAll && failure.kind == .refused
                problems.append(failure.description)
            }
        }
        let line = "no sentinel says who the master '\(master)' is: \(problems.joined(separator: "; "))"
        throw isUnknownToAll ? WireFailure.refused(line) : WireFailure.unreachable(line)
    }

    private func ask(_ sentinel: RedisAddress) throws -> RedisAddress? {
        try dialer.ask(sentinel, RedisCommand("SENTINEL", "get-master-addr-by-name", master)) { reply in
            if let error = reply.error { throw WireFailure.refused("\(sentinel): SENTINEL: \(error.prefix(200))") }
            guard reply.elements.count == 2, let host = reply.elements[0].text,
                let port = reply.elements[1].integer
            else { return nil }
            return .host(host, port: Int(port))
        }
    }
}
