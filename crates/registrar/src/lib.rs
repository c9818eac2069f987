//! How DIDs change: plans an operation, collects its signatures, submits it.
//!
//! With keys that are held in the keystore, a request names what is to be done, the tenant's keys sign it, and the
//! ledger judges. With keys of wallets elsewhere, a [`ceremony`] collects their signatures for as long as that takes.
//! Who must sign is never decided here: [`did::RequiredSet`] says it, and the ledger says it again.
//!
//! A request that is refused leaves nothing behind. What is accepted survives a crash at any moment: a key is on disk
//! before a document names it, and a DID is noted down as pending, with the version that is about to be made, before
//! that version is submitted. A pending DID is its tenant's exactly when the ledger has that very version.
//!
//! The end of a DID is first a statement that waits for its signatures ([`Prepared`]). Its version id is bound to what
//! it ends, to the network and to an hour, so that preparing the same act twice gives the same bytes to sign, and a
//! statement that was superseded or has expired is worth nothing.
//!
//! No key signs without [`Leave`], which is asked for before the first signature and again before what was signed is
//! submitted: whoever asked may have been switched off meanwhile.
//!
//! Deliberately absent: HTTP, who may ask, private keys (but for the moment of an import), rules about signatures.

pub mod ceremony;
mod clock;
mod create;
mod create_resource;
mod deactivate;
mod edit;
mod error;
mod import;
mod leave;
mod new_methods;
mod plan;
mod prepare;
mod registrar;
mod request;
mod resources;
mod rows;
mod signing;
mod turns;
mod update;
mod update_and_end;

use store::Migration;

pub use clock::Clock;
pub use edit::{Edit, InvalidEdit, edited};
pub use error::{LackingKey, RegistrarError};
pub use leave::{KeyUse, Leave, NoLeave, Purpose, UsedKey};
pub use new_methods::{NewMethod, Relationship};
pub use plan::{
    EndPlan, Holder, LOOKED_AT_MAX, Need, NeededDid, NeededFor, Outlook, PLANNED_RESOURCES_MAX,
    PlannedKey, PlannedSigner,
};
pub use prepare::{EXPIRES_MS_MAX, EXPIRY_GRID_MS, Prepared};
pub use registrar::{LIST_MAX, Registrar};
pub use request::{
    BoundScope, Change, Create, CreateResource, Deactivate, Deactivated, Edits, Ending, IdFormat,
    Import, ImportKey, KeyChoice, Listed, ListedResources, Managed, ManagedKey, NewDid,
    NewDocument, OpenDocument, Page, ResourceFilter, Sections, SigningKeys, Update,
};

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
