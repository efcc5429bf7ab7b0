-- The queue in one SQLite file, schema 1. What a job costs is the number of b-trees it touches on its way, so:
--   enqueue  inserts into jobs, its id index and line;
--   reserve  moves the entry from line to leases and leaves the wide row alone: a job is running if and only if it has a lease;
--   settle   removes the lease and rewrites the row once, which enters it into jobs_ended;
--   prune    removes the row and its two index entries.
-- Times are microseconds: wall clock (Unix epoch) unless a column says monotonic.

-- A lane is a queue and a type; it carries the maintained counts. Lanes are never removed, so processes may remember their ids.
CREATE TABLE lanes (
    id INTEGER PRIMARY KEY,
    queue TEXT NOT NULL,
    type TEXT NOT NULL,
    held INTEGER NOT NULL DEFAULT 0,
    scheduled INTEGER NOT NULL DEFAULT 0,
    available INTEGER NOT NULL DEFAULT 0,
    running INTEGER NOT NULL DEFAULT 0,
    retryable INTEGER NOT NULL DEFAULT 0,
    completed INTEGER NOT NULL DEFAULT 0,
    discarded INTEGER NOT NULL DEFAULT 0,
    cancelled INTEGER NOT NULL DEFAULT 0,
    waiting INTEGER NOT NULL DEFAULT 0,          -- scheduled + available + retryable
    UNIQUE (queue, type)
);
CREATE INDEX lanes_waiting ON lanes (id) WHERE waiting > 0;

CREATE TABLE jobs (
    seq INTEGER PRIMARY KEY,                      -- order of acceptance
    id BLOB NOT NULL,                             -- the UUID's sixteen bytes
    lane INTEGER NOT NULL,
    state INTEGER NOT NULL,                       -- 0 held, 1 scheduled, 2 available (or running), 4 retryable, 5 completed, 6 discarded, 7 cancelled
    priority INTEGER NOT NULL,
    run_at INTEGER NOT NULL,
    enqueued_at INTEGER NOT NULL,
    max_attempts INTEGER NOT NULL,
    failures INTEGER NOT NULL DEFAULT 0,          -- ends that counted
    attempt INTEGER NOT NULL DEFAULT 0,
    attempted_at INTEGER,
    finished_at INTEGER,
    keep_until INTEGER,                           -- when an ended job may be pruned
    settled_worker INTEGER,                       -- the token and kind of the last accepted settle, so that it can be sent again
    settled_counter INTEGER,
    settled_kind INTEGER,
    result_truncated INTEGER,
    crashes INTEGER,
    interruptions INTEGER,
    timeout INTEGER,                              -- microseconds
    expires_at INTEGER,
    parent BLOB,
    return_queue TEXT,
    cancel_at INTEGER,
    progress REAL,
    note TEXT,
    tags TEXT,                                    -- JSON array
    meta TEXT,                                    -- JSON object
    errors TEXT,                                  -- JSON array
    unique_key TEXT,
    unique_rule INTEGER,                          -- release * 4 + conflict
    unique_window INTEGER,                        -- microseconds
    caller_id INTEGER,                            -- 1 if the caller chose the id
    digest INTEGER NOT NULL,                      -- of what the caller said, to tell a repeated enqueue from a different one
    -- What can be large stands last: SQLite walks over it to reach what stands behind.
    args BLOB NOT NULL,
    result BLOB,
    checkpoint BLOB
);
CREATE UNIQUE INDEX jobs_id ON jobs (id);
CREATE INDEX jobs_ended ON jobs (state, keep_until) WHERE state >= 5;
CREATE INDEX jobs_due ON jobs (run_at) WHERE state IN (1, 4);
CREATE INDEX jobs_expiry ON jobs (expires_at) WHERE expires_at IS NOT NULL AND state < 5;

-- Jobs that stand in line for a worker. Suspects of a crash stand under priority + 10.
CREATE TABLE line (
    lane INTEGER NOT NULL,
    priority INTEGER NOT NULL,
    run_at INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (lane, priority, run_at, seq)
) WITHOUT ROWID;

CREATE TABLE leases (
    seq INTEGER PRIMARY KEY,
    worker INTEGER NOT NULL,
    counter INTEGER NOT NULL,
    deadline INTEGER NOT NULL,                    -- monotonic
    lane INTEGER NOT NULL,
    attempt INTEGER NOT NULL,
    started_at INTEGER,                           -- when the handler started; null for a prefetched job
    flags INTEGER NOT NULL                        -- 1: its end concerns others (unique, return queue, caller's id, asked to cancel)
);

CREATE TABLE uniques (
    type TEXT NOT NULL,
    key TEXT NOT NULL,
    seq INTEGER NOT NULL,
    id BLOB NOT NULL,
    release INTEGER NOT NULL,                     -- 0 started, 1 ended, 2 window
    until INTEGER,
    successor INTEGER,
    PRIMARY KEY (type, key)
) WITHOUT ROWID;
CREATE INDEX uniques_until ON uniques (until) WHERE until IS NOT NULL;

CREATE TABLE tombstones (id BLOB PRIMARY KEY, digest INTEGER NOT NULL, state INTEGER NOT NULL, until INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX tombstones_until ON tombstones (until);

CREATE TABLE queues (name TEXT PRIMARY KEY, paused INTEGER NOT NULL) WITHOUT ROWID;

CREATE TABLE workers (
    id INTEGER PRIMARY KEY,
    host TEXT NOT NULL,
    pid INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    queues TEXT,                                  -- JSON array; null for all
    types TEXT NOT NULL,                          -- JSON array
    concurrency INTEGER NOT NULL,
    quiet INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    commands INTEGER NOT NULL DEFAULT 0           -- 1 quiet, 2 stop
);

CREATE TABLE history (
    minute INTEGER NOT NULL,
    type TEXT NOT NULL,
    completed INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    discarded INTEGER NOT NULL,
    cancelled INTEGER NOT NULL,
    ran INTEGER NOT NULL,
    longest INTEGER NOT NULL,
    PRIMARY KEY (minute, type)
) WITHOUT ROWID;

CREATE TABLE returns (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    queue TEXT NOT NULL,
    at INTEGER NOT NULL,
    taken_until INTEGER,                          -- monotonic
    nonce INTEGER NOT NULL DEFAULT 0,
    deliveries INTEGER NOT NULL DEFAULT 0,
    job BLOB NOT NULL,
    type TEXT NOT NULL,
    state INTEGER,
    result BLOB,
    error TEXT,
    meta TEXT
);
CREATE INDEX returns_queue ON returns (queue, number);
CREATE TABLE return_queues (name TEXT PRIMARY KEY, waiting INTEGER NOT NULL, dropped INTEGER NOT NULL) WITHOUT ROWID;

CREATE TABLE facts (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
INSERT INTO facts VALUES ('stale_refused', 0), ('boot', '');
