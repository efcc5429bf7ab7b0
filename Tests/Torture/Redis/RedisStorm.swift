// A Redis that is killed and restarted or frozen for a moment, and connections that are cut during all operations: at a
// byte of a reply, at a byte of a command, or all at once. Sometimes the port is closed for a while.
import OffstageCore
import OffstageTesting
import RedisServers
import Synchronization

/// Kills a server and cuts the proxies in front of it.
final class RedisStorm: Storm {
    private struct State {
        var isCalm = false
        var kills = 0
        var freezes = 0
        var refusals = 0
    }

    private let server: RedisServer
    private let proxies: [CuttingProxy]
    private let seed: UInt64
    private let clock = SystemTime()
    private let state = Mutex(State())

    init(_ server: RedisServer, _ proxies: [CuttingProxy], seed: UInt64) {
        self.server = server
        self.proxies = proxies
        self.seed = seed
    }

    /// How often the server was killed.
    var kills: Int { state.withLock { $0.kills } }
    /// How many connections were cut.
    var cuts: Int { proxies.reduce(0) { $0 + $1.cuts } }

    var damage: String {
        "Redis killed \(kills) and frozen \(state.withLock { $0.freezes }) times, \(cuts) connections cut, "
            + "\(state.withLock { $0.refusals }) times nobody at the port"
    }

    func calm() { state.withLock { $0.isCalm = true } }

    func rage() async throws {
        var random = SeededRandom(seed: seed ^ 0x5707)
        var turn = 0
        while !state.withLock({ $0.isCalm }) {
            try await clock.sleep(for: .milliseconds(50 + Int(random.next() % 400)))
            turn += 1
            if turn % 4 == 0 {
                try await server.kill()
                state.withLock { $0.kills += 1 }
                try await clock.sleep(for: .milliseconds(Int(random.next() % 200)))
                try await server.restart()
            } else if turn % 6 == 3 {
                try await server.freeze()
                state.withLock { $0.freezes += 1 }
                try await clock.sleep(for: .milliseconds(Int(random.next() % 500)))
                server.thaw()
            } else {
                try await cut(proxies[Int(random.next() % UInt64(proxies.count))], &random)
            }
        }
    }

    private func cut(_ proxy: CuttingProxy, _ random: inout SeededRandom) async throws {
        switch random.next() % 4 {
        case 0: proxy.cutAll()
        case 1: proxy.cut(after: Int(random.next() % 20_000), .fromServer)
        case 2: proxy.cut(after: Int(random.next() % 20_000), .fromClient)
        default:
            proxy.refuse()
            proxy.cutAll()
            state.withLock { $0.refusals += 1 }
            try await clock.sleep(for: .milliseconds(Int(random.next() % 300)))
            try proxy.accept()
        }
    }
}
