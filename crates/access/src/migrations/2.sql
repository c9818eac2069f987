-- The audit log. A row is never changed and never removed; `audit_head` tells its end, so that a missing last row shows.
CREATE TABLE audit (
    idx INTEGER PRIMARY KEY CHECK (idx >= 0),
    time_ms INTEGER NOT NULL,
    id TEXT NOT NULL UNIQUE,
    tenant TEXT,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    details TEXT NOT NULL,
    request_id TEXT,
    address TEXT,
    previous BLOB NOT NULL CHECK (length(previous) = 32),
    hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;

CREATE INDEX audit_of_tenant ON audit (tenant, idx);
CREATE INDEX audit_of_subject ON audit (subject, idx);

CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;

CREATE TRIGGER audit_is_not_removed BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;

CREATE TABLE audit_head (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    size INTEGER NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;

INSERT INTO audit_head (one, size, hash) VALUES (1, 0, zeroblob(32));
