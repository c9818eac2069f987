//! Every limit of this crate that callers may have to know.

/// Bytes of a tenant's name.
pub const TENANT_BYTES_MAX: usize = 128;

/// Characters of an alias.
pub const ALIAS_CHARS_MAX: usize = 128;

/// Keys in one page of a list.
pub const LIST_MAX: usize = 1000;

/// Bytes of a log's origin.
pub const ORIGIN_BYTES_MAX: usize = 256;

/// Bytes of a foreign secret.
pub const FOREIGN_SECRET_BYTES_MAX: usize = 128 << 10;

/// Characters of the passphrase of a new keystore, at least.
pub const PASSPHRASE_CHARS_MIN: usize = 12;

/// Bytes of a passphrase, at most.
pub const PASSPHRASE_BYTES_MAX: usize = 1024;

/// Keys that sign at once: more than any complete set has.
pub const SIGN_ALL_MAX: usize = 1024;
