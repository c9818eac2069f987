//! Whether a tenant demands that a person approves what is signed with its keys here.
//!
//! It is said on the command line alone: whoever has stolen an API key must not be able to switch it off.

use rusqlite::{Connection, OptionalExtension, params};

use crate::audit::append;
use crate::caller::{Standing, standing};
use crate::tenant::{live, now_ms};
use crate::{Access, AccessError, Action, Attribution, Caller, Event, TenantId, UseRefused};

/// Whether deactivations that are signed with keys held here have to be approved, by a user action that is signed by an
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
    ///
    /// # Errors
    ///
    /// Those of the store.
    pub fn approval_rule(&self, tenant: &TenantId) -> Result<ApprovalRule, AccessError> {
        Ok(self.store.read(|connection| rule(connection, tenant))?)
    }

    /// Sets the rule of a tenant. It counts from the next deactivation. Setting it again changes nothing.
    ///
    /// # Errors
    ///
    /// [`AccessError::NoSuchTenant`], [`AccessError::TenantRevoked`], or those of the store.
    pub async fn set_approval_rule(
        &self,
        tenant: &TenantId,
        rule: ApprovalRule,
        by: &Attribution,
    ) -> Result<(), AccessError> {
        let (tenant, by) = (tenant.clone(), by.clone());
        let set = move |connection: &Connection| set(connection, &tenant, rule, &by);
        Ok(self.store.write(set).await?)
    }
}

/// What an audit entry rests on: somebody is about to do what it tells.
pub(crate) struct Ground {
    pub(crate) caller: Caller,
    /// The strictest rule that is kept.
    pub(crate) keeps: ApprovalRule,
}

/// What one transaction has seen of callers: many entries of a group are of the same one, and nobody can change
/// anything meanwhile.
#[derive(Default)]
pub(crate) struct Seen(Vec<(Caller, Standing, ApprovalRule)>);

impl Seen {
    /// Whether a caller may do what an entry tells, as things stand in this transaction.
    pub(crate) fn leave(
        &mut self,
        connection: &Connection,
        ground: Ground,
    ) -> Result<Result<(), UseRefused>, rusqlite::Error> {
        let Ground { caller, keeps } = ground;
        let known = self.0.iter().find(|(seen, ..)| *seen == caller);
        let (standing, rule) = match known {
            Some((_, standing, rule)) => (*standing, *rule),
            None => {
                let standing = standing(connection, &caller)?;
                let rule = rule(connection, &caller.tenant)?;
                self.0.push((caller, standing, rule));
                (standing, rule)
            }
        };
        if let Err(denied) = standing.verdict() {
            return Ok(Err(denied.into()));
        }
        Ok(match (rule, keeps) {
            (ApprovalRule::On, ApprovalRule::Off) => Err(UseRefused::ApprovalDemanded),
            _ => Ok(()),
        })
    }
}

fn rule(connection: &Connection, tenant: &TenantId) -> Result<ApprovalRule, rusqlite::Error> {
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
    if rule(connection, tenant)? == wanted {
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
