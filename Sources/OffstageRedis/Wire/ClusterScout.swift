// Learns which node serves which slot. It asks one node after the other, first the known nodes and then those of the
// URL, until one replies. Only one look runs at a time, on a separate thread. A look requested meanwhile follows it.
import OffstageCore
import OffstageSystem
import Synchronization

/// Learns the map of a cluster.
final class ClusterScout: Sendable {
    private struct State {
        var isLooking = false
        var isWanted = false
        var isClosed = false
    }

    private static let leastGap = Duration.milliseconds(50)

    private let state = Mutex(State())
    private let seeds: [RedisAddress]
    private let dialer: Dialer
    private let options: RedisClientOptions

    init(seeds: [RedisAddress], dialer: Dialer, options: RedisClientOptions) {
        self.seeds = seeds
        self.dialer = dialer
        self.options = options
    }

    func close() { state.withLock { $0.isClosed = true } }

    /// Looks soon, on a separate thread. `known` returns the nodes to ask first, and `learnt` receives the result.
    func look(
        known: @escaping @Sendable () -> [RedisAddress],
        learnt: @escaping @Sendable (Result<ClusterMap, WireFailure>) -> Void
    ) {
        let begins = state.withLock { state in
            state.isWanted = true
            guard !state.isLooking, !state.isClosed else { return false }
            state.isLooking = true
            return true
        }
        guard begins else { return }
        SystemThread.startEventually("offstage-scout") {
            repeat {
                self.state.withLock { $0.isWanted = false }
                learnt(self.learn(known()))
                // Many calls fail at once when a node dies; they share one look.
                _ = poll(nil, 0, Int32(clamping: Self.leastGap.microseconds / 1000))
            } while self.goesOn()
        }
    }

    private func goesOn() -> Bool {
        state.withLock { state in
            state.isLooking = state.isWanted && !state.isClosed
            return state.isLooking
        }
    }

    private func learn(_ known: [RedisAddress]) -> Result<ClusterMap, WireFailure> {
        var random = options.random
        var problems: [String] = []
        var isRefused = false
        var nodes = known.shuffled(using: &random)
        nodes += seeds.filter { !nodes.contains($0) }
        for node in nodes {
            do {
                let map = try dialer.ask(node, RedisCommand("CLUSTER", "SLOTS")) { reply in
                    if let error = reply.error {
                        let text = "\(node): CLUSTER SLOTS: \(error.prefix(200))"
                        throw ServerError(error, from: node).isPassing
                            ? WireFailure.unreachable(text) : WireFailure.refused(text)
                    }
                    guard let map = ClusterMap(reply, from: node) else {
                        throw WireFailure.unreachable("\(node): what it says of the slots makes no sense")
                    }
                    guard !map.masters.isEmpty else {
                        throw WireFailure.unreachable("\(node): it knows of no slots")
                    }
                    return map
                }
                return .success(map)
            } catch let failure as WireFailure {
                isRefused = isRefused || failure.kind == .refused
                problems.append(failure.description)
            } catch { problems.append("\(node): \(error)") }
        }
        let line = "no node of the cluster tells its slots: \(problems.prefix(6).joined(separator: "; "))"
        return .failure(isRefused ? .refused(line) : .unreachable(line))
    }
}
