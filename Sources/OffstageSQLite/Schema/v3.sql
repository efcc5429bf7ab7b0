-- From schema 2 to 3: leases run by the lease clock, which counts the time in which somebody wrote (LeaseClock.swift). Without its
-- row the clock begins at the monotonic time, so the leases of before go on by it.
CREATE TABLE lease_clock (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    time INTEGER NOT NULL,                        -- the lease time, microseconds
    seen INTEGER NOT NULL,                        -- the monotonic clock at that moment
    outage INTEGER NOT NULL                       -- the lease time at the end of the last gap that was cut short
);
