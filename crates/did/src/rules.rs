//! The rules that judge an operation, as pure functions.
//!
//! [`judge`] takes a submission and what is [`Known`] of the DIDs that it touches, and answers with the versions that
//! follow or with a [`Rejection`](crate::Rejection). Who must sign a deactivation is decided in one place,
//! [`RequiredSet`], and proved by one type, [`CompleteSignatureSet`], which cannot be built from a partial set.
//! Who is to sign any operation, for those who collect signatures, is [`SigningSet`].

mod authority;
mod bound;
mod complete_set;
mod create;
mod create_resource;
mod deactivate;
mod judge;
mod judge_error;
mod known;
mod proposal;
mod required_set;
mod signer;
mod signing_set;
mod update;
mod version;

pub use authority::{document_hash, key_set_hash, other_signers};
pub use bound::{BoundVersion, InvalidBound, Scope, authority_hash};
pub use complete_set::{CompleteSignatureSet, Counted};
pub use judge::{Accepted, judge};
pub use judge_error::JudgeError;
pub use known::{Consulted, DidState, Head, Known, Status};
pub use proposal::{Circumstances, Proposal};
pub use required_set::RequiredSet;
pub use signing_set::{AnyOf, ListedIn, MustSign, SigningSet};
