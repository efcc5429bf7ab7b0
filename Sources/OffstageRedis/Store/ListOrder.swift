// The order of a listing, and its cursors. A cursor is the rank of the record that the next page begins behind. With
// several partitions, the cursor of a listing has a rank for each, and the cursor of a change by filter names the
// current partition.
import OffstageCore

/// The order of a listing.
struct ListOrder {
    /// The sort key of a record; the greatest comes first.
    struct Rank: Comparable, Hashable {
        /// Until when the record is kept; 0 in the order of acceptance.
        var keep: Int64
        var number: Int64

        static func < (a: Rank, b: Rank) -> Bool { (a.keep, a.number) < (b.keep, b.number) }
    }

    /// A position when going through the partitions one after the other.
    struct Step {
        var partition: Int
        var rank: Rank?
    }

    let isByEnd: Bool
    private let partitions: Int

    init(_ filter: JobFilter, partitions: Int) {
        isByEnd = filter.state?.isEnded ?? false
        self.partitions = partitions
    }

    /// Parses a rank as the scripts return it: two words, or none at the end.
    static func rank(_ reply: RedisReply) throws -> Rank? {
        guard reply.elements.count == 2 else { return nil }
        return Rank(keep: try reply.part(0).integer ?? 0, number: try reply.part(1).number())
    }

    // MARK: Cursors of listings

    /// Returns the rank behind which each partition continues; nil where it starts at the beginning.
    func ranks(of cursor: String?) throws -> [Rank?] {
        guard let cursor else { return Array(repeating: nil, count: partitions) }
        let parts = cursor.split(separator: ",", omittingEmptySubsequences: false)
        guard parts.count == partitions else { throw unknown(cursor) }
        return try parts.map { part in
            if part == "-" { return nil }
            guard let rank = rank(of: part) else { throw unknown(cursor) }
            return rank
        }
    }

    /// Returns the cursor for these ranks.
    func text(_ ranks: [Rank?]) -> String { ranks.map { $0.map(text) ?? "-" }.joined(separator: ",") }

    // MARK: Cursors of changes

    func step(of cursor: String?) throws -> Step {
        guard let cursor else { return Step(partition: 0, rank: nil) }
        if partitions == 1 {
            guard let rank = rank(of: cursor[...]) else { throw unknown(cursor) }
            return Step(partition: 0, rank: rank)
        }
        let parts = cursor.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, let partition = Int(parts[0]), (0..<partitions).contains(partition) else {
            throw unknown(cursor)
        }
        if parts[1].isEmpty { return Step(partition: partition, rank: nil) }
        guard let rank = rank(of: parts[1]) else { throw unknown(cursor) }
        return Step(partition: partition, rank: rank)
    }

    func text(_ step: Step) -> String {
        let rank = step.rank.map(text) ?? ""
        return partitions == 1 ? rank : "\(step.partition)@\(rank)"
    }

    // MARK: One rank

    private func text(_ rank: Rank) -> String { isByEnd ? "e\(rank.keep).\(rank.number)" : "a\(rank.number)" }

    private func rank(of text: Substring) -> Rank? {
        let numbers = text.dropFirst().split(separator: ".", omittingEmptySubsequences: false).compactMap { Int64($0) }
        switch (text.first, isByEnd, numbers.count) {
        case ("e", true, 2): return Rank(keep: numbers[0], number: numbers[1])
        case ("a", false, 1): return Rank(keep: 0, number: numbers[0])
        default: return nil
        }
    }

    private func unknown(_ cursor: String) -> StoreError {
        .failed("\(Names.quoted(cursor)) is not a cursor of this listing")
    }
}

extension JobFilter {
    /// Appends state, queue, type, tag and the rank to continue behind, in the form that the scripts expect.
    func write(into command: inout RedisCommand, after rank: ListOrder.Rank?) {
        command.append(state?.rawValue ?? -1)
        command.append(queue ?? "")
        command.append(type ?? "")
        command.append(tag ?? "")
        command.append(rank.map { state?.isEnded ?? false ? "\($0.keep)" : "" } ?? "")
        command.append(rank.map { "\($0.number)" } ?? "")
    }
}
