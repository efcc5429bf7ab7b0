// A line of CLUSTER NODES: `id ip:port@bus,host flags master ping pong epoch link slots…`.

/// A node of a cluster, as another node sees it.
public struct ClusterNode: Sendable, Equatable {
    /// Its id in the cluster.
    public let id: String
    /// Its port on 127.0.0.1.
    public let port: Int
    /// Whether it is the node that sent this list.
    public let isMyself: Bool
    /// Whether it is a master.
    public let isMaster: Bool
    /// Whether it is considered dead.
    public let hasFailed: Bool
    /// The id of its master; nil if it is a master itself.
    public let master: String?
    /// The slots that it serves.
    public let slots: [ClosedRange<Int>]

    /// Parses a line; nil if it is not a node.
    init?(_ line: Substring) {
        let words = line.split(separator: " ")
        guard words.count >= 8, let place = words[1].split(separator: "@").first,
            let port = place.split(separator: ":").last.flatMap({ Int($0) })
        else { return nil }
        let flags = words[2].split(separator: ",")
        id = String(words[0])
        self.port = port
        isMyself = flags.contains("myself")
        isMaster = flags.contains("master")
        hasFailed = flags.contains("fail") || flags.contains("fail?")
        master = words[3] == "-" ? nil : String(words[3])
        // Slots that are migrating are in brackets, and again among the plain ones.
        slots = words.dropFirst(8).filter { !$0.hasPrefix("[") }.compactMap { word in
            let ends = word.split(separator: "-").compactMap { Int($0) }
            return ends.isEmpty ? nil : ends[0]...ends[ends.count - 1]
        }
    }
}
