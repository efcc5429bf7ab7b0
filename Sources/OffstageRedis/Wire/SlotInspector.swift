// Checks whether all keys of a cluster's slot are on one node. A master that has just taken a slot over cannot tell: if
// the old master died in the middle of a move, the new one has only the keys that had not been moved yet, and no node
// redirects any call. So every master is asked: none may have the slot partly moved, and only its owner may have a key
// in it.
import OffstageCore
import OffstageSystem

/// Asks all masters of a cluster about one slot.
struct SlotInspector: Sendable {
    private let seeds: [RedisAddress]
    private let dialer: Dialer

    init(seeds: [RedisAddress], dialer: Dialer) {
        self.seeds = seeds
        self.dialer = dialer
    }

    /// Checks a slot. Runs on a separate thread, because it blocks on sockets.
    func inspect(slot: Int, known: [RedisAddress]) async -> SlotState {
        await withCheckedContinuation { continuation in
            SystemThread.startEventually("offstage-inspect") {
                continuation.resume(returning: self.look(at: slot, known + seeds.filter { !known.contains($0) }))
            }
        }
    }

    private func look(at slot: Int, _ nodes: [RedisAddress]) -> SlotState {
        // One node after the other: a lazy sequence would ask a node twice, and only the first time might it reply.
        var found: [RedisAddress]?
        for node in nodes where found == nil { found = try? masters(seenBy: node) }
        guard let masters = found else { return .open("no node of the cluster tells who the others are") }
        var owners: [RedisAddress] = []
        var strays: [RedisAddress] = []
        for master in masters {
            do {
                guard let own = try view(of: master).first(where: \.isMyself) else {
                    return .open("\(master): it does not know itself")
                }
                // It may have become a replica since. Then its master was asked, or the next check asks it.
                guard own.isMaster else { return .open("\(master): it is no master any more") }
                if own.open.contains(slot) { return .open("slot \(slot) is being moved, says \(master)") }
                if own.slots.contains(where: { $0.contains(slot) }) {
                    owners.append(master)
                } else if try keys(in: slot, of: master) > 0 {
                    strays.append(master)
                }
            } catch {
                return .open("\(error)")
            }
        }
        if let stray = strays.first {
            return .open("keys of slot \(slot) lie on \(stray), which does not serve it: redis-cli --cluster fix")
        }
        guard owners.count == 1 else { return .open("slot \(slot) is served by \(owners.count) masters") }
        return .whole
    }

    private func masters(seenBy node: RedisAddress) throws -> [RedisAddress] {
        let nodes = try view(of: node)
        guard !nodes.isEmpty else { throw WireFailure.unreachable("\(node): it knows of no nodes") }
        // A master that has failed and serves no slots has been replaced.
        return nodes.filter { $0.isMaster && !($0.hasFailed && $0.slots.isEmpty) }.map { $0.address(asked: node) }
    }

    private func view(of node: RedisAddress) throws -> [ClusterNode] {
        try dialer.ask(node, RedisCommand("CLUSTER", "NODES")) { reply in
            guard let text = reply.text, reply.error == nil else {
                throw WireFailure.unreachable("\(node): CLUSTER NODES: \((reply.error ?? "").prefix(200))")
            }
            return text.split(separator: "\n").compactMap { ClusterNode($0) }
        }
    }

    private func keys(in slot: Int, of node: RedisAddress) throws -> Int64 {
        try dialer.ask(node, RedisCommand("CLUSTER", "COUNTKEYSINSLOT", "\(slot)")) { reply in
            guard let count = reply.integer else {
                throw WireFailure.unreachable("\(node): COUNTKEYSINSLOT: \((reply.error ?? "").prefix(200))")
            }
            return count
        }
    }
}

/// A line of CLUSTER NODES: `id ip:port@bus,host flags master ping pong epoch link slots...`.
struct ClusterNode {
    let host: String
    let port: Int
    let isMyself: Bool
    let isMaster: Bool
    let hasFailed: Bool
    /// The slots that it serves.
    let slots: [ClosedRange<Int>]
    /// The slots that it is giving away or taking. A node reports these only about itself.
    let open: [Int]

    /// Parses a line; nil if it is not valid.
    init?(_ line: Substring) {
        let words = line.split(separator: " ")
        guard words.count >= 8, let place = words[1].split(separator: "@").first,
            let colon = place.lastIndex(of: ":"), let port = Int(place[place.index(after: colon)...])
        else { return nil }
        let flags = words[2].split(separator: ",")
        host = String(place[..<colon])
        self.port = port
        isMyself = flags.contains("myself")
        isMaster = flags.contains("master") && !flags.contains("handshake")
        hasFailed = flags.contains("fail") || flags.contains("noaddr")
        // `93-95` is served, `[93->-id]` is being given away, `[93-<-id]` is being taken.
        let marks = words.dropFirst(8)
        slots = marks.filter { !$0.hasPrefix("[") }.compactMap { word in
            let ends = word.split(separator: "-").compactMap { Int($0) }
            guard let first = ends.first, let last = ends.last, first <= last else { return nil }
            return first...last
        }
        open = marks.filter { $0.hasPrefix("[") }.compactMap { Int($0.dropFirst().prefix { $0.isNumber }) }
    }

    /// Returns its address. A node that does not know its own name gets the name under which it was asked.
    func address(asked: RedisAddress) -> RedisAddress {
        if host.isEmpty || host == "?", case .host(let known, _) = asked { return .host(known, port: port) }
        return .host(host, port: port)
    }
}
