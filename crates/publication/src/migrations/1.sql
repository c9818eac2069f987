-- Checkpoints that had the quorum of witnesses. Of each size the first stays as it is for ever, because receipts are
-- issued under it; the last shows how long the log stood there. Both have the same root.
CREATE TABLE publication_checkpoints (
    origin TEXT NOT NULL,
    size INTEGER NOT NULL,
    occasion TEXT NOT NULL CHECK (occasion IN ('first', 'last')),
    root BLOB NOT NULL,
    -- By when a quorum had signed, and after when one still did, in Unix milliseconds.
    at_latest_ms INTEGER NOT NULL,
    still_at_ms INTEGER NOT NULL,
    note TEXT NOT NULL,
    PRIMARY KEY (origin, size, occasion)
) STRICT, WITHOUT ROWID;

CREATE INDEX publication_checkpoints_at_latest ON publication_checkpoints (origin, at_latest_ms, size);
CREATE INDEX publication_checkpoints_still_at ON publication_checkpoints (origin, still_at_ms, size);

-- What proves that a log has signed two histories. It never leaves.
CREATE TABLE publication_contradictions (
    origin TEXT PRIMARY KEY,
    reason TEXT NOT NULL,
    note TEXT NOT NULL,
    found_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Who is told about operations. `dids` is a JSON array, or NULL for all DIDs.
CREATE TABLE publication_subscriptions (
    id TEXT PRIMARY KEY,
    tenant TEXT NOT NULL,
    url TEXT NOT NULL,
    dids TEXT,
    created_ms INTEGER NOT NULL,
    failing_since_ms INTEGER,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_attempt_ms INTEGER NOT NULL DEFAULT 0,
    reason TEXT,
    disabled_ms INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX publication_subscriptions_of_tenant ON publication_subscriptions (tenant, created_ms, id);

-- How far each subscription has been told about each log: the first index that it has not been told about.
CREATE TABLE publication_cursors (
    subscription TEXT NOT NULL REFERENCES publication_subscriptions (id) ON DELETE CASCADE,
    origin TEXT NOT NULL,
    next_index INTEGER NOT NULL,
    PRIMARY KEY (subscription, origin)
) STRICT, WITHOUT ROWID;

-- As a witness of logs: the newest checkpoint of each that was cosigned here.
CREATE TABLE publication_witnessed (
    origin TEXT PRIMARY KEY,
    origin_hash TEXT NOT NULL UNIQUE,
    size INTEGER NOT NULL,
    root BLOB NOT NULL,
    note TEXT NOT NULL
) STRICT, WITHOUT ROWID;
