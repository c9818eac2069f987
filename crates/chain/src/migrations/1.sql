-- One chain for each network that Cosmos transactions have been taken for.
CREATE TABLE chain_chains (
    id INTEGER PRIMARY KEY,
    network TEXT NOT NULL UNIQUE,
    -- When its first block began, in Unix milliseconds.
    genesis_ms INTEGER NOT NULL
) STRICT;

-- Accounts that have signed, or have been given something.
CREATE TABLE chain_accounts (
    chain INTEGER NOT NULL REFERENCES chain_chains (id),
    address BLOB NOT NULL,
    sequence INTEGER NOT NULL DEFAULT 0,
    public_key BLOB,
    -- In ncheq.
    balance INTEGER NOT NULL DEFAULT 0 CHECK (balance >= 0),
    -- All that was ever taken from it, modulo 2^62: whoever has promised something sees whether it is paid already.
    paid INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (chain, address)
) STRICT, WITHOUT ROWID;

-- Accounts that were given what the configuration says they begin with; nobody gets it twice.
CREATE TABLE chain_funded (
    chain INTEGER NOT NULL REFERENCES chain_chains (id),
    address BLOB NOT NULL,
    PRIMARY KEY (chain, address)
) STRICT, WITHOUT ROWID;

-- Every transaction that was accepted. Until its outcome is known it has no position, and its height is the one at
-- which it was accepted.
CREATE TABLE chain_transactions (
    id INTEGER PRIMARY KEY,
    chain INTEGER NOT NULL REFERENCES chain_chains (id),
    hash BLOB NOT NULL,
    bytes BLOB NOT NULL,
    height INTEGER NOT NULL,
    position INTEGER,
    time_ms INTEGER,
    -- The fee that was paid, in ncheq.
    fee INTEGER NOT NULL,
    -- Of a refusal; 0 for a success.
    code INTEGER,
    codespace TEXT,
    log TEXT
) STRICT;

CREATE UNIQUE INDEX chain_transactions_hash ON chain_transactions (chain, hash);
CREATE UNIQUE INDEX chain_transactions_place ON chain_transactions (chain, height, position) WHERE position IS NOT NULL;
CREATE INDEX chain_transactions_open ON chain_transactions (chain, id) WHERE position IS NULL;
