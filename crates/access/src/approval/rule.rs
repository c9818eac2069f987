//! Whether a tenant demands that a person approves what is signed with its custodial keys.
//!
//! Only the command line sets it: a stolen API key must not be able to switch it off.

use audit::{Action, Attribution, Event, append};
use clock::now_ms;
use rusqlite::{Connection, OptionalExtension, params};

use crate::error::AccessError;
use crate::tenant::live;
use crate::{Access, TenantId};

/// Whether deactivations that are signed with custodial keys have to be approved, by a user action that is signed by an
/// active credential of the tenant.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ApprovalRule {
    /// They have to.
    On,
    /// They do not.
    #[default]
    Off,
}

impl ApprovalRule {
    /// `on` or `off`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            ApprovalRule::On => "on",
            ApprovalRule::Off => "off",
        }
    }

    /// The rule of this name.
    #[must_use]
    pub fn parse(text: &str) -> Option<ApprovalRule> {
        let rules = [ApprovalRule::On, ApprovalRule::Off];
        rules.into_iter().find(|rule| rule.as_str() == text)
    }
}

impl Access {
    /// The rule of a tenant.
    pub fn approval_rule(&self, tenant: &TenantId) -> Result<ApprovalRule, AccessError> {
        Ok(self.store.read(|connection| of(connection, tenant))?)
    }

    /// Sets the rule of a tenant. It counts from the next deactivation. Setting it again changes nothing.
    ///
    /// # Errors
    /// [`AccessError::NoSuchTenant`], [`AccessError::TenantRevoked`], or those of the store.
    pub async fn set_approval_rule(
        &self,
        tenant: &TenantId,
        rule: ApprovalRule,
        by: &Attribution,
    ) -> Result<(), AccessError> {
        let (tenant, by) = (tenant.clone(), by.clone());
        let set = move |connection: &Connection| set(connection, &tenant, rule, &by);
        self.store.write(set).await
    }
}

pub(super) fn of(
    connection: &Connection,
    tenant: &TenantId,
) -> Result<ApprovalRule, rusqlite::Error> {
    let stored: Option<String> = connection
        .prepare_cached("SELECT deactivations FROM approval_rules WHERE tenant = ?1")?
        .query_row([tenant.as_str()], |row| row.get(0))
        .optional()?;
    // A word that is not known was written by a later program: what it demands is not known, so the most is demanded.
    Ok(stored.map_or(ApprovalRule::Off, |word| {
        ApprovalRule::parse(&word).unwrap_or(ApprovalRule::On)
    }))
}

fn set(
    connection: &Connection,
    tenant: &TenantId,
    wanted: ApprovalRule,
    by: &Attribution,
) -> Result<(), AccessError> {
    live(connection, tenant)?;
    if of(connection, tenant)? == wanted {
        return Ok(());
    }
    connection
        .prepare_cached(
            "INSERT INTO approval_rules (tenant, deactivations, changed_ms) VALUES (?1, ?2, ?3)
             ON CONFLICT (tenant) DO UPDATE SET deactivations = ?2, changed_ms = ?3",
        )?
        .execute(params![tenant.as_str(), wanted.as_str(), now_ms()])?;
    let event = Event::new(Some(tenant), Action::TenantApproval, tenant.as_str());
    append(
        connection,
        by,
        &event.with("deactivations", wanted.as_str()),
    )?;
    Ok(())
}
