-- From schema 2 to 3: jobs that wait for their time leave the lines of those that are available, so that a job that has
-- become available stays available if the clock is set back; and the first job of every line is indexed by type, so that
-- a reservation finds what it may take without looking at every lane.

-- line.priority is a level now: the priority, 10 more for a suspect, 20 more for a job that is scheduled or retryable.
UPDATE line SET priority = priority + 20
WHERE (SELECT state FROM jobs WHERE jobs.seq = line.seq) IN (1, 4);

CREATE TABLE heads (
    lane INTEGER NOT NULL,
    level INTEGER NOT NULL,
    run_at INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    type TEXT,                                    -- null while the queue is paused
    PRIMARY KEY (lane, level)
) WITHOUT ROWID;
CREATE INDEX heads_first ON heads (type, level, run_at, seq);
INSERT INTO heads SELECT f.lane, f.priority, f.run_at, f.seq, (SELECT l.type FROM lanes l WHERE l.id = f.lane
        AND NOT EXISTS (SELECT 1 FROM queues q WHERE q.name = l.queue AND q.paused = 1))
    FROM (SELECT lane, priority, run_at, seq, row_number() OVER (PARTITION BY lane, priority ORDER BY run_at, seq) AS place
        FROM line) f WHERE f.place = 1;
DROP INDEX lanes_waiting;

-- Leases run by the lease clock, which counts the time in which somebody wrote (LeaseClock.swift). Without its
-- row the clock begins at the monotonic time, so the leases of before go on by it.
CREATE TABLE lease_clock (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    time INTEGER NOT NULL,                        -- the lease time, microseconds
    seen INTEGER NOT NULL,                        -- the monotonic clock at that moment
    outage INTEGER NOT NULL                       -- the lease time at the end of the last gap that was cut short
);
