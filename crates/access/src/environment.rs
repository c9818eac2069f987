//! Environments, their nodes, and what each node has of each client.
//!
//! The store is the authority. A *node* is a running server that decides by what it has of the store; a *deployment*
//! says which revision of a client a node has confirmed. Here one environment has one node, this process, which reads
//! the store at every request and so is never behind; it confirms by trying. What is not confirmed stays in the queue.

mod deployment;
mod rows;

pub(crate) use deployment::plan;
pub use deployment::{DEPLOYMENTS_PAGE_MAX, Deployment, DeploymentState, Goal};

use crate::Access;
use crate::client::ClientError;

/// What an environment is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EnvironmentKind {
    /// Real use.
    Production,
    /// Trying out.
    Sandbox,
    /// Tests.
    Test,
}

impl EnvironmentKind {
    /// `PRODUCTION`, `SANDBOX` or `TEST`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            EnvironmentKind::Production => "PRODUCTION",
            EnvironmentKind::Sandbox => "SANDBOX",
            EnvironmentKind::Test => "TEST",
        }
    }
}

/// Where clients are let in: one node or more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub kind: EnvironmentKind,
    /// What it is, for people.
    pub description: String,
}

/// A running server of an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its id.
    pub id: String,
    /// The environment's name.
    pub environment: String,
    /// Where it listens; empty before its first start.
    pub address: String,
}

/// The id of the node that this process is.
pub const THIS_NODE: &str = "node-1";

impl Access {
    /// The environments by name.
    ///
    /// # Errors
    ///
    /// Those of the store.
    pub fn environments(&self) -> Result<Vec<Environment>, ClientError> {
        Ok(self.store.read(rows::environments)?)
    }

    /// The nodes by id.
    ///
    /// # Errors
    ///
    /// Those of the store.
    pub fn nodes(&self) -> Result<Vec<Node>, ClientError> {
        Ok(self.store.read(rows::nodes)?)
    }

    /// Says where this node listens.
    ///
    /// # Errors
    ///
    /// Those of the store.
    pub async fn place_this_node(&self, address: &str) -> Result<(), ClientError> {
        let address = address.to_owned();
        let placed = self.store.write(move |connection| {
            connection
                .prepare_cached("UPDATE nodes SET address = ?2 WHERE id = ?1 AND address <> ?2")?
                .execute([THIS_NODE, &address])?;
            Ok(())
        });
        Ok(placed.await?)
    }
}
