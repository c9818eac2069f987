-- Which DIDs a tenant manages here. What they are and whether they still live, the ledger says.
CREATE TABLE registrar_dids (
    tenant TEXT NOT NULL,
    did TEXT NOT NULL,
    network TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    PRIMARY KEY (tenant, did)
) STRICT, WITHOUT ROWID;

CREATE INDEX registrar_dids_in_order ON registrar_dids (tenant, created_ms, did);

-- Creates that were about to be submitted. The DID is the tenant's if the ledger has this version of it.
CREATE TABLE registrar_pending (
    tenant TEXT NOT NULL,
    did TEXT NOT NULL,
    version_id TEXT NOT NULL,
    network TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    PRIMARY KEY (tenant, did, version_id)
) STRICT, WITHOUT ROWID;
