-- People and service accounts, what they may do, their tokens, and the keys that they sign with.
CREATE TABLE users (
    id TEXT PRIMARY KEY,
    tenant TEXT NOT NULL REFERENCES tenants (id),
    kind TEXT NOT NULL CHECK (kind IN ('person', 'service-account')),
    name TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    active INTEGER NOT NULL CHECK (active IN (0, 1)),
    generation INTEGER NOT NULL,
    UNIQUE (tenant, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE assignments (
    id TEXT PRIMARY KEY,
    user TEXT NOT NULL REFERENCES users (id),
    role TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    UNIQUE (user, role)
) STRICT, WITHOUT ROWID;

-- Of a token only the SHA-256 is kept. A session names the credential that opened it, and ends with it.
CREATE TABLE tokens (
    id TEXT PRIMARY KEY,
    tenant TEXT NOT NULL REFERENCES tenants (id),
    user TEXT NOT NULL REFERENCES users (id),
    kind TEXT NOT NULL CHECK (kind IN ('session', 'pat', 'service-account')),
    name TEXT NOT NULL,
    external_id TEXT,
    role TEXT,
    secret_sha256 BLOB NOT NULL UNIQUE CHECK (length(secret_sha256) = 32),
    opened_by TEXT,
    created_ms INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('active', 'inactive', 'archived')),
    generation INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX tokens_of_user ON tokens (user, created_ms, id);
CREATE UNIQUE INDEX token_names ON tokens (user, name) WHERE kind <> 'session' AND state <> 'archived';

-- A credential with a token is the key that came with it; it is managed through the token alone.
CREATE TABLE credentials (
    id TEXT PRIMARY KEY,
    tenant TEXT NOT NULL REFERENCES tenants (id),
    user TEXT NOT NULL REFERENCES users (id),
    token TEXT REFERENCES tokens (id),
    kind TEXT NOT NULL CHECK (kind IN ('Key', 'Fido2')),
    credential_id TEXT NOT NULL,
    name TEXT NOT NULL,
    public_key BLOB NOT NULL,
    digest TEXT NOT NULL CHECK (digest IN ('SHA256', 'SHA512')),
    relying_party TEXT NOT NULL,
    origin TEXT NOT NULL,
    sign_count INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,
    active INTEGER NOT NULL CHECK (active IN (0, 1)),
    generation INTEGER NOT NULL,
    UNIQUE (user, credential_id),
    UNIQUE (tenant, public_key)
) STRICT, WITHOUT ROWID;

CREATE INDEX credentials_of_user ON credentials (user, created_ms, id);
CREATE INDEX credential_of_token ON credentials (token) WHERE token IS NOT NULL;
