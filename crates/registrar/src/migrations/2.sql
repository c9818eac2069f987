-- Ceremonies: statements that wait for their signatures. How a ceremony stands is worked out from these rows and the
-- ledger each time that it is looked at; no row says it.
CREATE TABLE registrar_ceremonies (
    id TEXT PRIMARY KEY,
    -- NULL: it belongs to nobody, and whoever knows its id has it.
    tenant TEXT,
    did TEXT NOT NULL,
    network TEXT NOT NULL,
    -- What it rests on: the DID does not exist, has this head, or has these keys and signers.
    basis TEXT NOT NULL CHECK (basis IN ('absent', 'version', 'authority')),
    head_index INTEGER,
    basis_hash BLOB,
    release TEXT NOT NULL CHECK (release IN ('submit', 'export')),
    started_ms INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL,
    cooling_ms INTEGER NOT NULL,
    cancelled_ms INTEGER,
    -- The ledger's refusal of the last attempt to submit it, until a slot changes.
    rejection TEXT,
    -- When it was seen to be over. For counting and sweeping alone.
    settled_ms INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX registrar_ceremonies_in_order ON registrar_ceremonies (tenant, started_ms, id);
CREATE INDEX registrar_ceremonies_of_did ON registrar_ceremonies (did);
CREATE INDEX registrar_ceremonies_by_expiry ON registrar_ceremonies (expires_ms);

-- What is signed. Two statements are submitted together: an update, and the end of what it leaves.
CREATE TABLE registrar_statements (
    ceremony TEXT NOT NULL REFERENCES registrar_ceremonies (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('create', 'update', 'deactivate')),
    payload BLOB NOT NULL,
    bound BLOB,
    PRIMARY KEY (ceremony, position)
) STRICT, WITHOUT ROWID;

-- Who signs it, as it was found at the start. Without a method: any one method of the DID.
CREATE TABLE registrar_slots (
    ceremony TEXT NOT NULL REFERENCES registrar_ceremonies (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    statement INTEGER NOT NULL,
    signer TEXT NOT NULL,
    face TEXT NOT NULL CHECK (face IN ('present', 'next', 'other')),
    method TEXT,
    algorithm TEXT,
    public_key BLOB,
    signed_by TEXT,
    signature BLOB,
    signed_ms INTEGER,
    refusal TEXT,
    refused_ms INTEGER,
    PRIMARY KEY (ceremony, number)
) STRICT, WITHOUT ROWID;

-- Links for holders without an account. The token itself is not kept.
CREATE TABLE registrar_links (
    id TEXT PRIMARY KEY,
    ceremony TEXT NOT NULL REFERENCES registrar_ceremonies (id) ON DELETE CASCADE,
    -- NULL: the whole ceremony.
    slot INTEGER,
    token_sha256 BLOB NOT NULL UNIQUE,
    created_ms INTEGER NOT NULL,
    revoked_ms INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX registrar_links_of_ceremony ON registrar_links (ceremony);
