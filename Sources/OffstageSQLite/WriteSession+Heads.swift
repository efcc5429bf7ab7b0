// The heads: the first job of every line, indexed by type. A reservation reads from them which lines come first. So it
// never meets the lanes of types that its worker does not handle, and its cost does not grow with the number of queues.
// For the lines that a transaction has changed, they are updated before they are read and once at its end.
import OffstageCore

/// Jobs that wait in order: those of one lane at one level.
struct Line: Hashable {
    var lane: Int64
    var level: Int

    /// The level of a priority's jobs. Suspects, and jobs that wait for their time, have separate levels.
    static func level(_ priority: Int, isSuspect: Bool, isTimed: Bool) -> Int {
        priority + (isSuspect ? suspect : 0) + (isTimed ? timed : 0)
    }

    static let suspect = 10
    static let timed = 20
    static let levels = 40

    /// The line's priority.
    static func priority(ofLevel level: Int) -> Int { level % 10 }
    /// Whether the level's jobs become due at their run-at. All others are due whatever the clock shows.
    static func isTimed(_ level: Int) -> Bool { level >= timed }
}

/// A position in a line.
struct Front: Comparable {
    var runAt: Int64
    var seq: Int64

    static func < (a: Front, b: Front) -> Bool { a.runAt != b.runAt ? a.runAt < b.runAt : a.seq < b.seq }
}

/// The first position in a line.
struct Head {
    var line: Line
    var front: Front
}

/// Lines that are reserved from as one, in the order of their jobs.
enum LineGroup {
    /// The lines of all queues, by type.
    case types([String])
    /// The lines of one queue, by lane.
    case lanes([Int64])
}

/// The statements over heads.
struct HeadStatements {
    let first, find, insert, update, delete, nextLevel, firstOfType, firstOfLane, levelsOfLane, future: Statement

    init(_ c: Connection) throws {
        first = try c.prepare(
            "SELECT run_at, seq FROM line WHERE lane = ?1 AND priority = ?2 ORDER BY run_at, seq LIMIT 1")
        find = try c.prepare("SELECT run_at, seq FROM heads WHERE lane = ?1 AND level = ?2")
        insert = try c.prepare(
            """
            INSERT INTO heads VALUES (?1, ?2, ?3, ?4, (SELECT l.type FROM lanes l WHERE l.id = ?1
                AND NOT EXISTS (SELECT 1 FROM queues q WHERE q.name = l.queue AND q.paused = 1)))
            """)
        update = try c.prepare("UPDATE heads SET run_at = ?3, seq = ?4 WHERE lane = ?1 AND level = ?2")
        delete = try c.prepare("DELETE FROM heads WHERE lane = ?1 AND level = ?2")
        nextLevel = try c.prepare(
            "SELECT level FROM heads WHERE type = ?1 AND level >= ?2 ORDER BY level LIMIT 1")
        firstOfType = try c.prepare(
            """
            SELECT lane, run_at, seq FROM heads WHERE type = ?1 AND level = ?2 AND run_at <= ?3
            ORDER BY run_at, seq LIMIT ?4
            """)
        firstOfLane = try c.prepare(
            "SELECT lane, run_at, seq FROM heads WHERE lane = ?1 AND level = ?2 AND run_at <= ?3")
        levelsOfLane = try c.prepare("SELECT level FROM heads WHERE lane = ?1")
        future = try c.prepare(
            "SELECT run_at FROM heads WHERE type = ?1 AND level = ?2 AND run_at > ?3 ORDER BY run_at LIMIT 1")
    }
}

extension WriteSession {
    /// Records that the front of a line may have changed.
    func touch(_ lane: Int64, _ level: Int) {
        let line = Line(lane: lane, level: level)
        guard lastTouched != line else { return }
        lastTouched = line
        touched.insert(line)
    }

    /// Updates the heads of the changed lines.
    func flushHeads() throws {
        guard !touched.isEmpty else { return }
        for line in touched { try refreshHead(line) }
        touched.removeAll(keepingCapacity: true)
        lastTouched = nil
    }

    private func refreshHead(_ line: Line) throws {
        let known = try front(statements.heads.find, of: line)
        guard let front = try front(statements.heads.first, of: line) else {
            guard known != nil else { return }
            bind(statements.heads.delete, line)
            return try statements.heads.delete.run()
        }
        guard front != known else { return }
        let put = known == nil ? statements.heads.insert : statements.heads.update
        bind(put, line)
        put.bind(3, front.runAt)
        put.bind(4, front.seq)
        try put.run()
    }

    private func bind(_ statement: Statement, _ line: Line) {
        statement.bind(1, line.lane)
        statement.bind(2, line.level)
    }

    private func front(_ statement: Statement, of line: Line) throws -> Front? {
        bind(statement, line)
        guard try statement.step() else { return nil }
        defer { statement.reset() }
        return Front(runAt: statement.int64(0), seq: statement.int64(1))
    }

    /// Hides a queue's lines from reservations that name no queues, or shows them again.
    func hideHeads(ofQueue queue: String, _ hides: Bool) throws {
        try flushHeads()
        let type = hides ? "NULL" : "(SELECT type FROM lanes WHERE id = heads.lane)"
        let put = try cached(
            "UPDATE heads SET type = \(type) WHERE lane IN (SELECT id FROM lanes WHERE queue = ?1)")
        put.bind(1, queue)
        try put.run()
    }

    // MARK: Reading

    /// Returns the lines that match a selection, grouped in the order in which they must be exhausted.
    func groups(of selection: WorkSelection) throws -> [LineGroup] {
        guard let queues = selection.queues else { return [.types(selection.types.sorted())] }
        var seen: Set<String> = []
        var groups: [LineGroup] = []
        for queue in queues where seen.insert(queue).inserted {
            guard try !isPaused(queue) else { continue }
            let lanes = try selection.types.compactMap { try knownLane(queue: queue, type: $0) }
            if !lanes.isEmpty { groups.append(.lanes(lanes)) }
        }
        return groups
    }

    private func isPaused(_ queue: String) throws -> Bool {
        let find = statements.lanes.isPaused
        find.bind(1, queue)
        defer { find.reset() }
        return try find.step()
    }

    /// Returns the levels at which the lines of a group hold jobs, as bits.
    func levels(of group: LineGroup) throws -> UInt64 {
        try flushHeads()
        var levels: UInt64 = 0
        switch group {
        case .types(let types):
            let next = statements.heads.nextLevel
            for type in types {
                var level = 0
                while level < Line.levels {
                    next.bind(1, type)
                    next.bind(2, level)
                    guard try next.step() else { break }
                    level = next.int(0)
                    next.reset()
                    levels |= 1 << UInt64(level)
                    level += 1
                }
            }
        case .lanes(let lanes):
            let all = statements.heads.levelsOfLane
            for lane in lanes {
                all.bind(1, lane)
                while try all.step() { levels |= 1 << UInt64(all.int(0)) }
            }
        }
        return levels
    }

    /// Returns the first lines of a group at some levels that have a due job, in order; at most `limit` of them.
    func heads(of group: LineGroup, at levels: [Int], now: Timestamp, limit: Int) throws -> [Head] {
        try flushHeads()
        var heads: [Head] = []
        for level in levels {
            let latest = Line.isTimed(level) ? now.microseconds : .max
            switch group {
            case .types(let types):
                let find = statements.heads.firstOfType
                for type in types {
                    find.bind(1, type)
                    find.bind(4, limit)
                    try read(find, level, latest, into: &heads)
                }
            case .lanes(let lanes):
                let find = statements.heads.firstOfLane
                for lane in lanes {
                    find.bind(1, lane)
                    try read(find, level, latest, into: &heads)
                }
            }
        }
        if heads.count > 1 { heads.sort { $0.front < $1.front } }
        return heads.count > limit ? Array(heads[..<limit]) : heads
    }

    private func read(_ find: Statement, _ level: Int, _ latest: Int64, into heads: inout [Head]) throws {
        find.bind(2, level)
        find.bind(3, latest)
        while try find.step() {
            heads.append(
                Head(
                    line: Line(lane: find.int64(0), level: level),
                    front: Front(runAt: find.int64(1), seq: find.int64(2))))
        }
    }

    /// Returns when the next job of a group at a level becomes due, of those that are not due yet; nil if there is
    /// none.
    func nextDue(of group: LineGroup, at level: Int, now: Timestamp) throws -> Int64? {
        var next: Int64?
        func meet(_ find: Statement) throws {
            guard try find.step() else { return }
            next = min(next ?? .max, find.int64(0))
            find.reset()
        }
        func meet(_ lane: Int64) throws {
            statements.line.future.bind(1, lane)
            statements.line.future.bind(2, level)
            statements.line.future.bind(3, now)
            try meet(statements.line.future)
        }
        switch group {
        case .types(let types):
            for type in types {
                statements.heads.future.bind(1, type)
                statements.heads.future.bind(2, level)
                statements.heads.future.bind(3, now)
                try meet(statements.heads.future)
            }
            // Behind a due job that was passed over, another job may wait for its time.
            for head in try heads(of: group, at: [level], now: now, limit: Limits.batch) { try meet(head.line.lane) }
        case .lanes(let lanes):
            for lane in lanes { try meet(lane) }
        }
        return next
    }
}
