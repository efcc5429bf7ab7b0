// Checks whether what the file stores twice is the same: the maintained counts against the records. SQLite's own check
// only verifies that its trees are intact. It does not notice pages from another time that fit into them.
import OffstageCore

enum Consistency {
    /// Returns the first contradiction, in words; nil if there is none. Reads all records, so it is slow.
    static func fault(in connection: Connection) throws -> String? {
        let counts = try connection.prepareOnce(
            """
            WITH kept AS (
                SELECT lane, sum(state = 0) AS held, sum(state = 1) AS scheduled, sum(state = 2) AS available,
                    sum(state = 4) AS retryable, sum(state = 5) AS completed, sum(state = 6) AS discarded,
                    sum(state = 7) AS cancelled, count(*) AS jobs
                FROM jobs GROUP BY lane),
            taken AS (SELECT lane, count(*) AS jobs FROM leases GROUP BY lane),
            waiting AS (SELECT lane, count(*) AS jobs FROM line GROUP BY lane)
            SELECT l.queue, l.type FROM lanes l LEFT JOIN kept r ON r.lane = l.id LEFT JOIN taken t ON t.lane = l.id
                LEFT JOIN waiting w ON w.lane = l.id
            WHERE l.held <> ifnull(r.held, 0) OR l.scheduled <> ifnull(r.scheduled, 0)
                OR l.running <> ifnull(t.jobs, 0) OR l.available <> ifnull(r.available, 0) - ifnull(t.jobs, 0)
                OR l.retryable <> ifnull(r.retryable, 0) OR l.completed <> ifnull(r.completed, 0)
                OR l.discarded <> ifnull(r.discarded, 0) OR l.cancelled <> ifnull(r.cancelled, 0)
                OR l.waiting <> ifnull(w.jobs, 0)
                OR l.held + l.available + l.scheduled + l.running + l.retryable + l.completed + l.discarded
                    + l.cancelled <> ifnull(r.jobs, 0)
            LIMIT 1
            """)
        if try counts.step() {
            return "the counts of queue \(Names.quoted(counts.text(0))), type \(Names.quoted(counts.text(1)))"
                + " are not those of its jobs"
        }
        let homeless = try connection.integer(
            "SELECT EXISTS (SELECT 1 FROM jobs WHERE lane NOT IN (SELECT id FROM lanes))")
        return homeless != 0 ? "it has jobs of no queue" : nil
    }
}
