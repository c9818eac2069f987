-- Transactions that were made here, each durable before any node has seen it. A state other than `open` is final.
CREATE TABLE cheqd_transactions (
    hash           BLOB    NOT NULL PRIMARY KEY CHECK (length(hash) = 32),
    chain_id       TEXT    NOT NULL,
    -- SHA-256 over the payloads of its operations: what makes two submissions the same.
    submission     BLOB    NOT NULL CHECK (length(submission) = 32),
    payer          TEXT    NOT NULL,
    sequence       INTEGER NOT NULL,
    timeout_height INTEGER NOT NULL,
    -- Emptied once the state is final.
    bytes          BLOB    NOT NULL,
    -- open: may stand on the network, now or later.
    -- included: stands there, with effect. failed: stands there, without.
    -- refused: no node has taken it. dead: can never stand there any more.
    state          TEXT    NOT NULL CHECK (state IN ('open', 'included', 'failed', 'refused', 'dead')),
    -- The block that holds it.
    height         INTEGER,
    -- What the network said to it, where that was no success.
    said           TEXT,
    made_ms        INTEGER NOT NULL
) STRICT;

CREATE INDEX cheqd_transactions_open ON cheqd_transactions (chain_id, state) WHERE state = 'open';
-- At most one may have an effect, whoever works on this store.
CREATE UNIQUE INDEX cheqd_transactions_one ON cheqd_transactions (chain_id, submission) WHERE state = 'open';
CREATE INDEX cheqd_transactions_submission ON cheqd_transactions (chain_id, submission);

-- What the transactions do.
CREATE TABLE cheqd_operations (
    hash         BLOB    NOT NULL REFERENCES cheqd_transactions (hash),
    position     INTEGER NOT NULL,
    did          TEXT    NOT NULL,
    kind         TEXT    NOT NULL,
    -- Of a resource its id.
    version_id   TEXT    NOT NULL,
    payload_hash BLOB    NOT NULL CHECK (length(payload_hash) = 32),
    PRIMARY KEY (hash, position)
) STRICT;

CREATE INDEX cheqd_operations_did ON cheqd_operations (did);
