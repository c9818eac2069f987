//! What verifiers need: receipts, status, the feed, the log as files, and what is said when nobody can vouch for it.

mod feed;
mod log;
mod receipts;
mod standing;
mod status;
mod webhooks;

use crate::support::{Answer, Server, Wallet, get, send};
use axum::body::Body;
use axum::extract::Request;
use proof::policy::Policy;

/// A server with one active and one deactivated DID, and a third that was never created.
pub struct World {
    pub server: Server,
    pub active: Wallet,
    pub ended: Wallet,
    pub absent: Wallet,
}

impl World {
    pub async fn new() -> World {
        let world = World {
            server: Server::start_with(&[("ATROPOS_PUBLICATION_INTERVAL_MS", "10")]).await,
            active: Wallet::new(1, 2),
            ended: Wallet::new(2, 3),
            absent: Wallet::new(3, 1),
        };
        for message in [
            world.active.create(),
            world.ended.create(),
            world.ended.deactivate_json(&[1, 2, 3]),
        ] {
            let answer = world.server.submit(message.to_string()).await;
            assert_eq!(answer.status, 200, "{}", answer.error());
        }
        world.published().await;
        world
    }

    /// Waits until all that is in the log is published.
    pub async fn published(&self) {
        let app = &self.server.app;
        let size = app.networks.log_of("testnet").unwrap().published().size;
        for _ in 0..6_000 {
            let published = app.publication.published("testnet").unwrap();
            if published.is_some_and(|published| published.size >= size) {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("the log does not become public")
    }

    pub async fn get(&self, path: &str) -> Answer {
        get(&self.server.router, path).await
    }

    pub async fn get_with(&self, path: &str, name: &str, value: &str) -> Answer {
        let request = Request::get(path).header(name, value).body(Body::empty());
        send(&self.server.router, request.unwrap()).await
    }

    pub async fn post(&self, path: &str, content_type: &str, body: impl Into<Body>) -> Answer {
        self.server.submit_as(content_type, path, body).await
    }

    /// What a verifier would pin.
    pub async fn policy(&self) -> Policy {
        let policy = self.get("/v1/policy/testnet").await;
        let bounds = self.get("/v1/policy/testnet/bounds").await;
        assert_eq!((policy.status, bounds.status), (200, 200));
        let text = |answer: Answer| String::from_utf8(answer.body).unwrap();
        Policy::parse(text(policy), Some(&text(bounds))).unwrap()
    }
}
