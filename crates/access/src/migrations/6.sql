-- Which tenants demand that a person approves each deactivation that is signed here. No row: not demanded.
CREATE TABLE approval_rules (
    tenant TEXT PRIMARY KEY REFERENCES tenants (id),
    deactivations TEXT NOT NULL CHECK (deactivations IN ('on', 'off')),
    changed_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
