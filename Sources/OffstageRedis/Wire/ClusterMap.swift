// Which master serves which slot, according to one node. It is a value: a new map is learned as a whole and replaces
// the old one. Until then, a MOVED corrects only a single slot.

/// The masters of a cluster and their slots.
struct ClusterMap: Sendable {
    private(set) var masters: [RedisAddress] = []
    // The index of the master of each slot; negative if no master serves it.
    private var owners = [Int16](repeating: -1, count: KeySlot.count)

    /// Makes an empty map.
    init() {}

    /// Reads the reply to `CLUSTER SLOTS`; nil if it is none. A node that does not know its own name gets the name
    /// under which it was asked.
    init?(_ reply: RedisReply, from asked: RedisAddress) {
        guard reply.kind == .array else { return nil }
        for range in reply.elements {
            guard range.elements.count >= 3, let first = range.elements[0].integer,
                let last = range.elements[1].integer, first >= 0, last < Int64(KeySlot.count), first <= last,
                let address = Self.address(range.elements[2], asked)
            else { return nil }
            let index = self.index(of: address)
            for slot in Int(first)...Int(last) { owners[slot] = index }
        }
    }

    private static func address(_ node: RedisReply, _ asked: RedisAddress) -> RedisAddress? {
        guard node.elements.count >= 2, let port = node.elements[1].integer, (1...65535).contains(port) else {
            return nil
        }
        let host = node.elements[0].text ?? ""
        if host.isEmpty || host == "?" {
            guard case .host(let known, _) = asked else { return nil }
            return .host(known, port: Int(port))
        }
        return .host(host, port: Int(port))
    }

    private mutating func index(of address: RedisAddress) -> Int16 {
        if let known = masters.firstIndex(of: address) { return Int16(known) }
        masters.append(address)
        return Int16(masters.count - 1)
    }

    /// The master of a slot; nil if no master serves it.
    subscript(slot: Int) -> RedisAddress? {
        guard owners.indices.contains(slot), owners[slot] >= 0 else { return nil }
        return masters[Int(owners[slot])]
    }

    /// Applies the correction from a MOVED.
    mutating func correct(slot: Int, to address: RedisAddress) {
        guard owners.indices.contains(slot), masters.count < Int(Int16.max) else { return }
        owners[slot] = index(of: address)
    }
}
