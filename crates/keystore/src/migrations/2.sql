-- A log may get further keys: its seeds are counted from 1, the one that the log was made with.
CREATE TABLE keystore_checkpoint_generations (
    origin TEXT NOT NULL,
    generation INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    created_ms INTEGER NOT NULL,
    PRIMARY KEY (origin, generation)
) STRICT, WITHOUT ROWID;

INSERT INTO keystore_checkpoint_generations (origin, generation, sealed, created_ms)
SELECT origin, 1, sealed, created_ms FROM keystore_checkpoint_seeds;

DROP TABLE keystore_checkpoint_seeds;
