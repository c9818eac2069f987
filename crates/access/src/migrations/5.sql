-- Secrets of other systems. A row stays for ever; once deleted it says by whom and when, and its secret is gone.
CREATE TABLE vault_credentials (
    id TEXT PRIMARY KEY,
    tenant TEXT NOT NULL REFERENCES tenants (id),
    integration TEXT NOT NULL,
    name TEXT NOT NULL,
    auth_type TEXT NOT NULL,
    description TEXT,
    scopes TEXT NOT NULL,
    token_endpoint TEXT,
    authorization_endpoint TEXT,
    metadata TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('active', 'inactive', 'deleted')),
    expires_ms INTEGER,
    created_ms INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    updated_ms INTEGER NOT NULL,
    updated_by TEXT NOT NULL,
    last_accessed_ms INTEGER,
    access_count INTEGER NOT NULL DEFAULT 0,
    deleted_ms INTEGER,
    deleted_by TEXT,
    CHECK ((state = 'deleted') = (deleted_ms IS NOT NULL)),
    CHECK ((state = 'deleted') = (deleted_by IS NOT NULL))
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX vault_credential_names ON vault_credentials (tenant, integration, name) WHERE state <> 'deleted';

-- What was sealed, and the data key of this secret alone. Deleting a row ends the secret.
CREATE TABLE vault_secrets (
    credential TEXT PRIMARY KEY REFERENCES vault_credentials (id),
    wrapped_key BLOB NOT NULL,
    nonce BLOB NOT NULL,
    ciphertext BLOB NOT NULL
) STRICT;

-- Who uses a credential. A binding ends with its credential, or with its integration, whose row then goes.
CREATE TABLE vault_bindings (
    tenant TEXT NOT NULL REFERENCES tenants (id),
    integration TEXT NOT NULL,
    credential TEXT NOT NULL REFERENCES vault_credentials (id),
    target TEXT NOT NULL UNIQUE,
    created_ms INTEGER NOT NULL,
    ended_ms INTEGER,
    PRIMARY KEY (tenant, integration, credential)
) STRICT, WITHOUT ROWID;

CREATE INDEX vault_bindings_of_credential ON vault_bindings (credential, ended_ms);
