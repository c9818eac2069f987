//! Secrets of other systems: how the keystore seals those of the vault, and the webhooks that are sent with them.

mod source;
mod tokens;
pub(crate) mod webhooks;

pub use source::VaultCredentials;
pub(crate) use tokens::{TOKEN_BYTES_MAX, Tokens};
