// Walks along the records: newest acceptance first, or one ended state by latest end. A walk examines at most
// Limits.pageExamines records, so a page costs milliseconds however large the store is. A filter that matches little
// returns short pages with a cursor instead of searching on.
import OffstageCore

/// One walk over the records, on the connection of either thread.
struct Listing {
    let connection: Connection

    struct Page {
        var sequences: [Int64] = []
        var cursors: [String] = []
        var next: String?
    }

    /// The position of a walk.
    private struct Position {
        var key: Int64
        var seq: Int64

        static let start = Position(key: .max, seq: .max)

        init(key: Int64, seq: Int64) {
            self.key = key
            self.seq = seq
        }

        init?(_ text: String) {
            let parts = text.split(separator: ".")
            guard parts.count == 2, let key = Int64(parts[0]), let seq = Int64(parts[1]) else { return nil }
            self.init(key: key, seq: seq)
        }

        var text: String { "\(key).\(seq)" }
    }

    /// Returns the sequence numbers of the matching records, from a cursor on.
    func sequences(_ filter: JobFilter, after cursor: String?, limit: Int = .max) throws -> Page {
        var position = Position.start
        if let cursor {
            guard let parsed = Position(cursor) else {
                throw StoreError.failed("\(Names.quoted(cursor)) is not a cursor of this listing")
            }
            position = parsed
        }
        let lanes = try lanes(filter)
        let walk = try connection.prepareOnce(Self.sql(filter.state))
        walk.bind(1, position.key)
        walk.bind(2, position.seq)
        walk.bind(3, Limits.pageExamines + 1)
        var page = Page()
        var examined = 0
        while try walk.step() {
            if page.sequences.count == limit || examined == Limits.pageExamines {
                page.next = position.text
                return page
            }
            examined += 1
            position = Position(key: walk.int64(0), seq: walk.int64(1))
            let isRunning = walk.int(4) != 0
            guard lanes?.contains(walk.int64(2)) ?? true,
                filter.state == nil || filter.state == (isRunning ? .running : JobState(rawValue: walk.int(3))),
                filter.tag.map({ ColumnTexts.list(walk.optionalText(5)).contains($0) }) ?? true
            else { continue }
            page.sequences.append(position.seq)
            page.cursors.append(position.text)
        }
        return page
    }

    private static func sql(_ state: JobState?) -> String {
        let columns = "j.seq, j.lane, j.state, l.seq IS NOT NULL, j.tags"
        switch state {
        case .some(let state) where state.isEnded:
            return """
                SELECT j.keep_until, j.seq, j.lane, j.state, 0, j.tags FROM jobs j
                WHERE j.state = \(state.rawValue) AND j.state >= 5 AND (j.keep_until, j.seq) < (?1, ?2)
                ORDER BY j.keep_until DESC, j.seq DESC LIMIT ?3
                """
        case .running:
            return """
                SELECT 0, \(columns) FROM leases l CROSS JOIN jobs j ON j.seq = l.seq WHERE ?1 >= 0 AND l.seq < ?2
                ORDER BY l.seq DESC LIMIT ?3
                """
        default:
            return """
                SELECT 0, \(columns) FROM jobs j LEFT JOIN leases l ON l.seq = j.seq WHERE ?1 >= 0 AND j.seq < ?2
                ORDER BY j.seq DESC LIMIT ?3
                """
        }
    }

    /// The ids of the lanes that match the filter's queue and type; nil for all lanes.
    private func lanes(_ filter: JobFilter) throws -> Set<Int64>? {
        guard filter.queue != nil || filter.type != nil else { return nil }
        let find = try connection.prepareOnce(
            "SELECT id FROM lanes WHERE (?1 IS NULL OR queue = ?1) AND (?2 IS NULL OR type = ?2)")
        find.bind(1, filter.queue)
        find.bind(2, filter.type)
        var lanes: Set<Int64> = []
        while try find.step() { lanes.insert(find.int64(0)) }
        return lanes
    }
}
