-- What each network's log is called in its checkpoints. `made` says that the log exists: one that is then not there
-- was lost, and must not be made anew.
CREATE TABLE server_ledgers (
    network TEXT NOT NULL PRIMARY KEY,
    origin TEXT NOT NULL,
    made INTEGER NOT NULL DEFAULT 0 CHECK (made IN (0, 1))
) STRICT, WITHOUT ROWID;
