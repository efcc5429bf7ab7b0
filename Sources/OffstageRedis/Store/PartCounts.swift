// The counts of one partition, and their sum.
import OffstageCore

/// The counts of one partition.
struct PartCounts: Sendable {
    private struct Lane: Hashable {
        let queue: String
        let type: String
    }

    private var at: Timestamp
    private var lanes: [Lane: [Int]] = [:]
    private var paused: Set<String> = []
    private var oldestDue: [String: Timestamp] = [:]
    private var returns: [String: Int] = [:]
    private var returnsDropped: [String: Int] = [:]
    private var staleRefused = 0

    /// Reads the script's reply.
    init(_ reply: RedisReply) throws {
        at = Timestamp(microseconds: try reply.part(0).number())
        let numbers = try reply.part(2).elements
        let width = 1 + JobState.allCases.count
        for start in stride(from: 0, to: numbers.count - width + 1, by: width) {
            let names = (numbers[start].text ?? "").split(separator: "|", omittingEmptySubsequences: false)
            guard names.count == 2 else { throw ByteReader.broken }
            let counts = try numbers[start + 1..<start + width].map { Int(try $0.number()) }
            lanes[Lane(queue: String(names[0]), type: String(names[1]))] = counts
        }
        for (queue, runAt) in try Self.pairs(try reply.part(3)) { oldestDue[queue] = Timestamp(microseconds: runAt) }
        guard reply.elements.count > 4 else { return }
        paused = Set(try reply.part(4).elements.map { $0.text ?? "" })
        for (name, count) in try Self.pairs(try reply.part(5)) { returns[name] = Int(count) }
        for (name, count) in try Self.pairs(try reply.part(6)) { returnsDropped[name] = Int(count) }
        staleRefused = Int(try reply.part(7).number())
    }

    /// Adds a later piece of the same counts. If both pieces contain a lane, the later one counts.
    mutating func continued(with piece: PartCounts) {
        at = max(at, piece.at)
        lanes.merge(piece.lanes) { $1 }
        oldestDue.merge(piece.oldestDue) { min($0, $1) }
    }

    private static let none = Array(repeating: 0, count: JobState.allCases.count)

    private static func pairs(_ reply: RedisReply) throws -> [(String, Int64)] {
        try stride(from: 0, to: reply.elements.count - 1, by: 2).map {
            (try reply.part($0).text ?? "", try reply.part($0 + 1).number())
        }
    }

    private mutating func add(_ other: PartCounts) {
        at = max(at, other.at)
        for (lane, counts) in other.lanes {
            for (state, count) in counts.enumerated() { lanes[lane, default: Self.none][state] += count }
        }
        paused.formUnion(other.paused)
        oldestDue.merge(other.oldestDue) { min($0, $1) }
        returns.merge(other.returns) { $0 + $1 }
        returnsDropped.merge(other.returnsDropped) { $0 + $1 }
        staleRefused += other.staleRefused
    }

    /// Returns the sum over all partitions. `parts` must not be empty.
    static func sum(_ parts: [PartCounts]) -> StoreCounts {
        var all = parts[0]
        for part in parts.dropFirst() { all.add(part) }
        var counts = StoreCounts(at: all.at)
        counts.lanes = all.lanes.filter { $0.value.contains { $0 > 0 } }
            .map { LaneCounts(queue: $0.key.queue, type: $0.key.type, byState: $0.value) }
            .sorted { ($0.queue, $0.type) < ($1.queue, $1.type) }
        counts.paused = all.paused.sorted()
        counts.oldestDue = all.oldestDue
        counts.returns = all.returns
        counts.returnsDropped = all.returnsDropped
        counts.staleRefused = all.staleRefused
        return counts
    }
}
