-- How the root key is made, and a sealed known value that tells a right one from a wrong one.
CREATE TABLE keystore_root (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    source TEXT NOT NULL CHECK (source IN ('passphrase', 'key-file')),
    salt BLOB NOT NULL,
    memory_kib INTEGER NOT NULL,
    passes INTEGER NOT NULL,
    lanes INTEGER NOT NULL,
    sealed_check BLOB NOT NULL
) STRICT;

-- One random key for each tenant, sealed under the root key.
CREATE TABLE keystore_data_keys (
    tenant TEXT PRIMARY KEY,
    sealed BLOB NOT NULL,
    created_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Private keys, sealed under the data key of their tenant. `kid` is the public key in lower-case hexadecimal.
CREATE TABLE keystore_keys (
    tenant TEXT NOT NULL REFERENCES keystore_data_keys (tenant),
    kid TEXT NOT NULL,
    algorithm TEXT NOT NULL,
    alias TEXT,
    sealed BLOB NOT NULL,
    created_ms INTEGER NOT NULL,
    PRIMARY KEY (tenant, kid)
) STRICT, WITHOUT ROWID;

-- Seeds of the keys that sign a log's checkpoints, sealed under the root key.
CREATE TABLE keystore_checkpoint_seeds (
    origin TEXT PRIMARY KEY,
    sealed BLOB NOT NULL,
    created_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
