-- How often the key of a log was replaced under its present origin, and the origin under which a recovery was begun.
ALTER TABLE server_ledgers ADD COLUMN rotations INTEGER NOT NULL DEFAULT 0 CHECK (rotations >= 0);
ALTER TABLE server_ledgers ADD COLUMN recovering TEXT;
