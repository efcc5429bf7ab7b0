// Which master serves which slot, as one node told it. It is a value: a new one is learnt whole and put in the place of
// the old one; a MOVED only corrects a single slot until then.

/// The masters of a cluster and their slots.
struct ClusterMap: Sendable {
    private(set) var masters: [RedisAddress] = []
    // For each slot the index of its master; negative if nobody serves it.
    private var owners = [Int16](repeating: -1, count: KeySlot.count)

    /// Knows nothing.
    init() {}

    /// Reads the reply to `CLUSTER SLOTS`; nil if it is none. A node that does not know its own name is called as it
    /// was asked.
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

    /// The master of a slot; nil if nobody serves it.
    subscript(slot: Int) -> RedisAddress? {
        guard owners.indices.contains(slot), owners[slot] >= 0 else { return nil }
        return masters[Int(owners[slot])]
    }

    /// Notes what a MOVED said.
    mutating func correct(slot: Int, to address: RedisAddress) {
        guard owners.indices.contains(slot), masters.count < Int(Int16.max) else { return }
        owners[slot] = index(of: address)
    }
}
