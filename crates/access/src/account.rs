//! What users do with their own account: log in and out, make and switch credentials and tokens. Every change of
//! credentials and tokens needs an approval that is still valid in the transaction of the change.

mod credentials;
mod session;
mod tokens;

pub use credentials::{CreationChallenge, NewCredential};
pub use tokens::{PatUpdate, TokenChange};
