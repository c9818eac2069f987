//! What a change is answered with: one entry for each environment, one row for each node.

use access::Node;
use serde::Serialize;
use utoipa::ToSchema;

/// How far a change has come.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeploymentResult {
    /// Whether every environment has confirmed it.
    pub success: bool,
    /// The same for a person.
    pub message: String,
    /// Every environment by name.
    pub environment_results: Vec<EnvironmentResult>,
    /// Every node, by environment and id.
    pub detail_list: Vec<NodeResult>,
}

/// How far a change has come in one environment.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct EnvironmentResult {
    /// The environment.
    pub environment_name: String,
    /// Whether every node of it has confirmed.
    pub success: bool,
    /// The same for a person, or what is in the way.
    pub message: String,
}

/// How far a change has come on one node.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeResult {
    /// The environment.
    pub env_name: String,
    /// The node.
    pub pod_name: String,
    /// Where it listens.
    pub pod_ip: String,
    /// Whether it has confirmed.
    pub success: bool,
    /// How long it took to ask it, in milliseconds.
    pub response_time: u64,
}

/// What one node said.
pub(super) struct Heard {
    pub(super) node: Node,
    pub(super) outcome: Result<(), String>,
    pub(super) took_ms: u64,
}

/// What kind of change it is: only the texts differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Deploy,
    Undeploy,
}

impl Direction {
    fn noun(self) -> &'static str {
        match self {
            Direction::Deploy => "Deployment",
            Direction::Undeploy => "Undeployment",
        }
    }

    fn done(self) -> &'static str {
        match self {
            Direction::Deploy => "Deployed successfully",
            Direction::Undeploy => "Undeployed successfully",
        }
    }
}

impl DeploymentResult {
    /// What the nodes said, by environment. No environment has failed where there is none.
    pub(super) fn of(direction: Direction, mut heard: Vec<Heard>) -> DeploymentResult {
        heard.sort_by(|one, other| {
            (&one.node.environment, &one.node.id).cmp(&(&other.node.environment, &other.node.id))
        });
        let environments =
            heard.chunk_by(|one, other| one.node.environment == other.node.environment);
        let environment_results: Vec<_> = environments
            .filter_map(|nodes| environment(direction, nodes))
            .collect();
        let failed = environment_results
            .iter()
            .filter(|result| !result.success)
            .count();
        let message = match failed {
            0 => format!("{} completed successfully", direction.noun()),
            _ => format!(
                "{} not confirmed by {failed} of {} environments; it is tried again",
                direction.noun(),
                environment_results.len()
            ),
        };
        DeploymentResult {
            success: failed == 0,
            message,
            environment_results,
            detail_list: heard.into_iter().map(NodeResult::from).collect(),
        }
    }

    /// The change is made, but not even the nodes are known.
    pub(super) fn unknown(direction: Direction) -> DeploymentResult {
        DeploymentResult {
            success: false,
            message: format!(
                "{} not confirmed: the store cannot be read; it is tried again",
                direction.noun()
            ),
            environment_results: Vec::new(),
            detail_list: Vec::new(),
        }
    }
}

fn environment(direction: Direction, nodes: &[Heard]) -> Option<EnvironmentResult> {
    let name = nodes.first()?.node.environment.clone();
    let reasons = nodes.iter().filter_map(|heard| {
        let reason = heard.outcome.as_ref().err()?;
        Some(format!("{}: {reason}", heard.node.id))
    });
    let reasons: Vec<String> = reasons.collect();
    Some(EnvironmentResult {
        environment_name: name,
        success: reasons.is_empty(),
        message: if reasons.is_empty() {
            direction.done().to_owned()
        } else {
            reasons.join("; ")
        },
    })
}

impl From<Heard> for NodeResult {
    fn from(heard: Heard) -> NodeResult {
        NodeResult {
            env_name: heard.node.environment,
            pod_name: heard.node.id,
            pod_ip: heard.node.address,
            success: heard.outcome.is_ok(),
            response_time: heard.took_ms,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn heard(environment: &str, id: &str, outcome: Result<(), &str>) -> Heard {
        let node = Node {
            id: id.into(),
            environment: environment.into(),
            address: "192.0.2.1".into(),
        };
        Heard {
            node,
            outcome: outcome.map_err(str::to_owned),
            took_ms: 3,
        }
    }

    #[test]
    fn an_environment_has_confirmed_when_each_of_its_nodes_has() {
        let result = DeploymentResult::of(
            Direction::Undeploy,
            vec![
                heard("staging", "node-3", Ok(())),
                heard("production", "node-2", Err("is silent")),
                heard("production", "node-1", Ok(())),
            ],
        );
        let row = |environment: &str, node: &str, success: bool| {
            json!({
                "envName": environment, "podName": node, "podIp": "192.0.2.1", "success": success, "responseTime": 3,
            })
        };
        let expected = json!({
            "success": false,
            "message": "Undeployment not confirmed by 1 of 2 environments; it is tried again",
            "environmentResults": [
                {"environmentName": "production", "success": false, "message": "node-2: is silent"},
                {"environmentName": "staging", "success": true, "message": "Undeployed successfully"},
            ],
            "detailList": [
                row("production", "node-1", true),
                row("production", "node-2", false),
                row("staging", "node-3", true),
            ],
        });
        assert_eq!(serde_json::to_value(result).unwrap(), expected);
    }

    #[test]
    fn without_environments_nothing_has_failed() {
        let result = DeploymentResult::of(Direction::Deploy, Vec::new());
        assert!(result.success && result.environment_results.is_empty());
        assert_eq!(result.message, "Deployment completed successfully");
    }
}
