-- Projects are names within a tenant. Every tenant has `default`, whoever makes the tenant, and whenever it was made.
CREATE TABLE projects (
    tenant TEXT NOT NULL REFERENCES tenants (id),
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    PRIMARY KEY (tenant, name)
) STRICT, WITHOUT ROWID;

INSERT INTO projects (tenant, name, description, created_ms)
SELECT id, 'default', '', created_ms FROM tenants;

CREATE TRIGGER default_project AFTER INSERT ON tenants BEGIN
    INSERT INTO projects (tenant, name, description, created_ms) VALUES (new.id, 'default', '', new.created_ms);
END;

-- Clients that exist. What is deleted leaves this table, with its password's hash; only `client_tombstones` knows it.
CREATE TABLE clients (
    username TEXT PRIMARY KEY,
    tenant TEXT NOT NULL,
    project TEXT NOT NULL,
    email TEXT NOT NULL,
    full_name TEXT NOT NULL,
    description TEXT NOT NULL,
    password_salt BLOB NOT NULL CHECK (length(password_salt) = 16),
    password_hash BLOB NOT NULL CHECK (length(password_hash) = 32),
    memory_kib INTEGER NOT NULL,
    passes INTEGER NOT NULL,
    lanes INTEGER NOT NULL,
    enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    expires_ms INTEGER,
    networks TEXT NOT NULL CHECK (json_valid(networks)),
    roles TEXT NOT NULL CHECK (json_valid(roles)),
    metadata TEXT NOT NULL CHECK (json_valid(metadata)),
    generation INTEGER NOT NULL CHECK (generation > 0),
    created_ms INTEGER NOT NULL,
    updated_ms INTEGER NOT NULL,
    FOREIGN KEY (tenant, project) REFERENCES projects (tenant, name)
) STRICT, WITHOUT ROWID;

CREATE INDEX clients_of_project ON clients (tenant, project, username);

-- Usernames that are never given again, and nothing else of the clients that had them.
CREATE TABLE client_tombstones (
    username TEXT PRIMARY KEY,
    tenant TEXT NOT NULL REFERENCES tenants (id),
    project TEXT NOT NULL,
    deleted_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX client_tombstones_of_tenant ON client_tombstones (tenant);

CREATE TABLE client_grants (
    username TEXT NOT NULL REFERENCES clients (username),
    kind TEXT NOT NULL CHECK (kind IN ('API_PROXY', 'API_PROXY_GROUP')),
    name TEXT NOT NULL,
    expires_ms INTEGER,
    PRIMARY KEY (username, kind, name)
) STRICT, WITHOUT ROWID;

-- A token counts while its generation is that of its client.
CREATE TABLE client_tokens (
    id TEXT PRIMARY KEY,
    username TEXT NOT NULL REFERENCES clients (username),
    generation INTEGER NOT NULL,
    secret_sha256 BLOB NOT NULL UNIQUE CHECK (length(secret_sha256) = 32),
    created_ms INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX client_tokens_of_client ON client_tokens (username, expires_ms);

CREATE TABLE environments (
    name TEXT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('PRODUCTION', 'SANDBOX', 'TEST')),
    description TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE nodes (
    id TEXT PRIMARY KEY,
    environment TEXT NOT NULL REFERENCES environments (name),
    address TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- This server: one environment with one node. Further ones are further rows.
INSERT INTO environments (name, kind, description) VALUES ('production', 'PRODUCTION', 'This server');
INSERT INTO nodes (id, environment, address) VALUES ('node-1', 'production', '');

-- Every change of a client takes the next revision of its tenant.
CREATE TABLE access_revisions (
    tenant TEXT PRIMARY KEY REFERENCES tenants (id),
    revision INTEGER NOT NULL CHECK (revision > 0)
) STRICT, WITHOUT ROWID;

-- What each node has of each client, dead ones included.
CREATE TABLE deployments (
    username TEXT NOT NULL,
    node TEXT NOT NULL REFERENCES nodes (id),
    tenant TEXT NOT NULL REFERENCES tenants (id),
    project TEXT NOT NULL,
    revision INTEGER NOT NULL,
    goal TEXT NOT NULL CHECK (goal IN ('applied', 'removed')),
    state TEXT NOT NULL CHECK (state IN ('pending', 'applied', 'removing', 'removed', 'unreachable')),
    attempts INTEGER NOT NULL,
    next_attempt_ms INTEGER,
    reason TEXT,
    PRIMARY KEY (username, node),
    CHECK ((next_attempt_ms IS NULL) = (state IN ('applied', 'removed')))
) STRICT, WITHOUT ROWID;

CREATE INDEX deployments_due ON deployments (next_attempt_ms) WHERE next_attempt_ms IS NOT NULL;
