//! Deployments: planned with every change of a client, confirmed by its nodes, tried again until they are.

use clock::now_ms;
use rusqlite::{Connection, Row, params};

use super::environment::{Node, node};
use super::{Client, ClientError, Username};
use crate::{Access, TenantId};

/// Deployments in one page.
pub const DEPLOYMENTS_PAGE_MAX: usize = 1_000;

/// How long the one who made a change has to confirm it before it is tried again in the background.
const FIRST_ATTEMPT_MS: u64 = 10_000;

/// Between two attempts: twice as long each time, up to this.
const RETRY_MS_MIN: u64 = 1_000;
const RETRY_MS_MAX: u64 = 300_000;

/// Characters of a reason that are kept.
const REASON_CHARS_MAX: usize = 500;

/// What a node is to have of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goal {
    /// Its newest revision.
    Applied,
    /// Nothing.
    Removed,
}

/// How far a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeploymentState {
    /// Not confirmed yet.
    Pending,
    /// Confirmed.
    Applied,
    /// The end is not confirmed yet.
    Removing,
    /// The end is confirmed.
    Removed,
    /// It did not confirm when it was asked; it is asked again.
    Unreachable,
}

impl DeploymentState {
    /// All of them.
    pub const ALL: &[DeploymentState] = &[
        DeploymentState::Pending,
        DeploymentState::Applied,
        DeploymentState::Removing,
        DeploymentState::Removed,
        DeploymentState::Unreachable,
    ];

    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            DeploymentState::Pending => "pending",
            DeploymentState::Applied => "applied",
            DeploymentState::Removing => "removing",
            DeploymentState::Removed => "removed",
            DeploymentState::Unreachable => "unreachable",
        }
    }
}

/// What one node has of one client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployment {
    /// The client, which may be deleted.
    pub username: Username,
    /// The node.
    pub node: Node,
    /// Whose client it is.
    pub tenant: TenantId,
    /// In which project.
    pub project: String,
    /// The revision that the node is to have.
    pub revision: u64,
    /// What it is to have.
    pub goal: Goal,
    /// How far it is.
    pub state: DeploymentState,
    /// How often it was asked and did not confirm.
    pub attempts: u32,
    /// When it is asked again, Unix time in milliseconds.
    pub next_attempt_ms: Option<u64>,
    /// Why it did not confirm, the last time.
    pub reason: Option<String>,
}

impl Access {
    /// What the nodes have of a client, by node.
    pub fn deployments(&self, username: &Username) -> Result<Vec<Deployment>, ClientError> {
        let sql =
            format!("{SELECT} WHERE username = ?1 ORDER BY node LIMIT {DEPLOYMENTS_PAGE_MAX}");
        Ok(self.store.read(|connection| {
            connection
                .prepare_cached(&sql)?
                .query_map([username.as_str()], deployment)?
                .collect()
        })?)
    }

    /// What is not confirmed of a project's clients, by client and node: at most [`DEPLOYMENTS_PAGE_MAX`].
    pub fn unconfirmed(
        &self,
        tenant: &TenantId,
        project: &str,
    ) -> Result<Vec<Deployment>, ClientError> {
        let sql = format!(
            "{SELECT} WHERE next_attempt_ms IS NOT NULL AND tenant = ?1 AND project = ?2 ORDER BY username, node
             LIMIT {DEPLOYMENTS_PAGE_MAX}"
        );
        Ok(self.store.read(|connection| {
            connection
                .prepare_cached(&sql)?
                .query_map([tenant.as_str(), project], deployment)?
                .collect()
        })?)
    }

    /// What a node is to be asked about by this time, the longest due first.
    pub fn due_deployments(
        &self,
        node: &str,
        by_ms: u64,
        limit: usize,
    ) -> Result<Vec<Deployment>, ClientError> {
        let sql = format!(
            "{SELECT} WHERE next_attempt_ms <= ?1 AND node = ?2 ORDER BY next_attempt_ms LIMIT ?3"
        );
        Ok(self.store.read(|connection| {
            connection
                .prepare_cached(&sql)?
                .query_map(
                    params![by_ms, node, limit.min(DEPLOYMENTS_PAGE_MAX)],
                    deployment,
                )?
                .collect()
        })?)
    }

    /// Notes what came of asking a node about a revision. An answer about an older revision changes nothing.
    pub async fn acknowledge(
        &self,
        asked: &Deployment,
        outcome: Result<(), String>,
    ) -> Result<(), ClientError> {
        let asked = asked.clone();
        let noted = self.store.write(move |connection: &Connection| -> Result<_, ClientError> {
            let (state, attempts, next_ms, reason) = match outcome {
                Ok(()) => (confirmed(asked.goal), 0, None, None),
                Err(reason) => {
                    let attempts = asked.attempts.saturating_add(1);
                    let next_ms = now_ms().saturating_add(pause_ms(attempts));
                    let reason: String = reason.chars().take(REASON_CHARS_MAX).collect();
                    (DeploymentState::Unreachable, attempts, Some(next_ms), Some(reason))
                }
            };
            connection
                .prepare_cached(
                    "UPDATE deployments SET state = ?4, attempts = ?5, next_attempt_ms = ?6, reason = ?7
                     WHERE username = ?1 AND node = ?2 AND revision = ?3",
                )?
                .execute(params![
                    asked.username.as_str(),
                    asked.node.id,
                    asked.revision,
                    state.as_str(),
                    attempts,
                    next_ms,
                    reason,
                ])?;
            Ok(())
        });
        noted.await
    }
}

/// Takes the next revision of the tenant, and plans it for every node.
pub(crate) fn plan(
    connection: &Connection,
    client: &Client,
    goal: Goal,
) -> Result<u64, rusqlite::Error> {
    let tenant = client.tenant.as_str();
    let revision: u64 = connection
        .prepare_cached(
            "INSERT INTO access_revisions (tenant, revision) VALUES (?1, 1)
             ON CONFLICT (tenant) DO UPDATE SET revision = revision + 1 RETURNING revision",
        )?
        .query_row([tenant], |row| row.get(0))?;
    let next_ms = now_ms().saturating_add(FIRST_ATTEMPT_MS);
    let (goal, state) = match goal {
        Goal::Applied => ("applied", DeploymentState::Pending),
        Goal::Removed => ("removed", DeploymentState::Removing),
    };
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO deployments
                 (username, node, tenant, project, revision, goal, state, attempts, next_attempt_ms, reason)
             SELECT ?1, id, ?2, ?3, ?4, ?5, ?6, 0, ?7, NULL FROM nodes",
        )?
        .execute(params![
            client.username.as_str(),
            tenant,
            client.project,
            revision,
            goal,
            state.as_str(),
            next_ms,
        ])?;
    Ok(revision)
}

const SELECT: &str =
    "SELECT username, node, environment, address, tenant, project, revision, goal, state, attempts,
    next_attempt_ms, reason FROM deployments JOIN nodes ON nodes.id = node";

fn deployment(row: &Row<'_>) -> Result<Deployment, rusqlite::Error> {
    let (goal, state): (String, String) = (row.get(7)?, row.get(8)?);
    let state = DeploymentState::ALL
        .iter()
        .find(|known| known.as_str() == state);
    Ok(Deployment {
        username: Username(row.get(0)?),
        node: node(row, 1)?,
        tenant: row.get(4)?,
        project: row.get(5)?,
        revision: row.get(6)?,
        goal: if goal == "removed" {
            Goal::Removed
        } else {
            Goal::Applied
        },
        // The table holds no other; what is not known is not confirmed.
        state: state.copied().unwrap_or(DeploymentState::Unreachable),
        attempts: row.get(9)?,
        next_attempt_ms: row.get(10)?,
        reason: row.get(11)?,
    })
}

fn confirmed(goal: Goal) -> DeploymentState {
    match goal {
        Goal::Applied => DeploymentState::Applied,
        Goal::Removed => DeploymentState::Removed,
    }
}

fn pause_ms(attempts: u32) -> u64 {
    let doublings = attempts.saturating_sub(1).min(16);
    (RETRY_MS_MIN << doublings).min(RETRY_MS_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_limit() {
        let pauses: Vec<u64> = (1..=4).map(pause_ms).collect();
        assert_eq!(pauses, [1_000, 2_000, 4_000, 8_000]);
        assert_eq!(pause_ms(u32::MAX), RETRY_MS_MAX);
    }
}
