//! How DIDs change: plans an operation, collects its signatures, submits it.
//!
//! With custodial keys, a request names what is to be done, the tenant's keys sign it, and the ledger judges. With
//! external keys, a [`ceremony`] collects the signatures of wallets for as long as that takes. [`did::RequiredSet`]
//! decides who must sign, and the ledger decides it again.
//!
//! A request that is refused leaves nothing behind. What is accepted survives a crash at any moment: a key is on disk
//! before a document names it, and a DID is noted down as pending, with the version that is about to be made, before
//! that version is submitted. A pending DID is its tenant's exactly when the ledger has that very version.
//!
//! A deactivation is first a statement that waits for its signatures ([`Prepared`]). Its version id is bound to what
//! it deactivates, to the network and to an hour. So preparing the same act twice gives the same bytes to sign, and a
//! superseded or expired statement is worth nothing.
//!
//! No key signs without a [`SigningPermit`]. It is checked before the first signature and again before the submission:
//! the caller may have been disabled in between.
//!
//! Deliberately absent: HTTP, authorisation, private keys (but for the moment of an import), rules about signatures.

pub mod ceremony;
mod create;
mod create_resource;
mod deactivate;
mod edit;
mod error;
mod import;
mod new_methods;
mod permit;
mod plan;
mod prepare;
mod registrar;
mod request;
mod resources;
mod rows;
mod signing;
mod time_source;
mod turns;
mod update;
mod update_and_deactivate;

use store::Migration;

pub use edit::{Edit, InvalidEdit, edited};
pub use error::{MissingKey, RegistrarError};
pub use permit::{KeyUse, PermitDenied, Purpose, SigningPermit, UsedKey};
pub use plan::{
    Holder, LOOKED_AT_MAX, Need, NeededDid, NeededFor, Outlook, PLANNED_RESOURCES_MAX,
    PlannedDeactivation, PlannedKey, PlannedSigner,
};
pub use prepare::{EXPIRES_MS_MAX, EXPIRY_GRID_MS, Prepared};
pub use registrar::{LIST_MAX, Registrar};
pub use request::{
    BoundScope, Change, Create, CreateResource, Deactivate, Deactivated, DeactivatedBy, Edits,
    IdFormat, Import, ImportKey, KeyChoice, Listed, ListedResources, Managed, ManagedKey, NewDid,
    NewDocument, NewMethod, OpenDocument, Page, Relationship, ResourceFilter, Sections,
    SigningKeys, Update,
};
pub use time_source::Clock;

/// The tables of this crate, for [`store::Store::open`].
pub const MIGRATIONS: &[Migration] = &[
    Migration {
        component: "registrar",
        version: 1,
        sql: include_str!("migrations/1.sql"),
    },
    Migration {
        component: "registrar",
        version: 2,
        sql: include_str!("migrations/2.sql"),
    },
];
