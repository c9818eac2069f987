//! The vault: one transaction for a change and its trace, one answer for each of many who come at once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;

use access::{Access, TenantId};
use audit::{Action, Attribution, AuditFilter, AuditHead, LostHead};
use store::Store;
use tempfile::TempDir;
use vault::{
    AuthType, IntegrationId, Metadata, NewSecret, Scopes, SealedParts, SecretId, SecretName, Vault,
    VaultError, bind_webhook, unbind_webhook,
};

const PARTS: [&[u8]; 3] = [
    b"<the sealed data key of the one>",
    b"<the nonce of the one>",
    b"<the ciphertext of the one>",
];

struct Place {
    folder: TempDir,
    store: Store,
    access: Access,
    vault: Vault,
    tenant: TenantId,
    by: Attribution,
}

impl Place {
    async fn new() -> Place {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("store.db"), access::MIGRATIONS).unwrap();
        let access = Access::open(store.clone());
        let vault = Vault::new(store.clone());
        let by = Attribution::command_line();
        let tenant = access.create_tenant("one", &by).await.unwrap().id;
        Place {
            folder,
            store,
            access,
            vault,
            tenant,
            by,
        }
    }

    async fn stored(&self, name: &str) -> SecretId {
        let id = SecretId::generate().unwrap();
        let new = NewSecret {
            id: id.clone(),
            integration: integration("owner"),
            name: SecretName::parse(name).unwrap(),
            auth_type: AuthType::ApiKey,
            description: None,
            scopes: Scopes::default(),
            token_endpoint: None,
            authorization_endpoint: None,
            metadata: Metadata::default(),
            expires_in_s: None,
            sealed: SealedParts {
                wrapped_key: PARTS[0].to_vec(),
                nonce: PARTS[1].to_vec(),
                ciphertext: PARTS[2].to_vec(),
            },
        };
        let stored = self.vault.store(&self.by, &self.tenant, new);
        assert_eq!(stored.await.unwrap().id, id);
        id
    }

    async fn bind(&self, hook: &'static str, of: &str, id: &SecretId) -> Result<(), VaultError> {
        let (by, tenant, id) = (self.by.clone(), self.tenant.clone(), id.clone());
        let integration = integration(of);
        let bound = self.store.write(move |connection| {
            bind_webhook(connection, &by, &tenant, hook, &integration, &id)
        });
        bound.await
    }

    fn affected(&self, id: &SecretId) -> u32 {
        let details = self
            .vault
            .details(&self.tenant, &integration("owner"), Some(id));
        details.unwrap().integrations_affected
    }

    fn entries(&self, action: Action) -> usize {
        let filter = AuditFilter {
            action: Some(action),
            ..AuditFilter::default()
        };
        self.access.audit().page(&filter, None, 1000).unwrap().len()
    }

    fn files_hold(&self, needle: &[u8]) -> bool {
        std::fs::read_dir(self.folder.path()).unwrap().any(|entry| {
            let bytes = std::fs::read(entry.unwrap().path()).unwrap();
            bytes.windows(needle.len()).any(|window| window == needle)
        })
    }
}

fn integration(text: &str) -> IntegrationId {
    IntegrationId::parse(text).unwrap()
}

#[tokio::test]
async fn affected_are_the_distinct_integrations_that_use_it_now() {
    let place = Place::new().await;
    let (id, other) = (place.stored("a").await, place.stored("b").await);
    assert_eq!(
        place.affected(&id),
        0,
        "the owner is none of them by itself"
    );
    place.bind("hook-1", "owner", &id).await.unwrap();
    place.bind("hook-2", "second", &id).await.unwrap();
    place.bind("hook-3", "second", &other).await.unwrap();
    assert_eq!((place.affected(&id), place.affected(&other)), (2, 1));
    let (by, tenant) = (place.by.clone(), place.tenant.clone());
    let unbound = place.store.write(move |connection| {
        unbind_webhook(connection, &by, &tenant, "hook-2")?;
        unbind_webhook(connection, &by, &tenant, "hook-2")
    });
    let unbound: Result<(), VaultError> = unbound.await;
    unbound.unwrap();
    assert_eq!(place.affected(&id), 1);
    assert_eq!(
        (
            place.entries(Action::VaultBind),
            place.entries(Action::VaultUnbind)
        ),
        (3, 1)
    );
    let deleted = place
        .vault
        .delete(&place.by, &place.tenant, &integration("owner"), &id)
        .await
        .unwrap();
    assert_eq!(deleted.integrations_affected, 1);
    assert!(matches!(
        place.bind("hook-4", "x", &id).await,
        Err(VaultError::Deleted { .. })
    ));
    assert!(
        place
            .vault
            .bound_secret(&place.tenant, "hook-3", &other)
            .unwrap()
            .is_some()
    );
    assert!(
        place
            .vault
            .bound_secret(&place.tenant, "hook-1", &other)
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn a_deletion_leaves_no_part_of_the_secret_in_any_file() {
    let place = Place::new().await;
    let id = place.stored("a").await;
    assert!(PARTS.iter().all(|part| place.files_hold(part)));
    let owner = integration("owner");
    let deleted = place.vault.delete(&place.by, &place.tenant, &owner, &id);
    deleted.await.unwrap();
    let left: Vec<_> = PARTS.iter().filter(|part| place.files_hold(part)).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn of_many_deletions_at_once_one_is_the_one() {
    let place = Place::new().await;
    let id = place.stored("a").await;
    let mut all = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let (vault, by, tenant) = (place.vault.clone(), place.by.clone(), place.tenant.clone());
        let id = id.clone();
        all.spawn(async move {
            let owner = integration("owner");
            match vault.delete(&by, &tenant, &owner, &id).await {
                Ok(deleted) => (true, deleted.deleted_ms),
                Err(VaultError::Deleted { at_ms, .. }) => (false, at_ms),
                Err(other) => panic!("{other}"),
            }
        });
    }
    let outcomes = all.join_all().await;
    assert_eq!(outcomes.iter().filter(|(won, _)| *won).count(), 1);
    let times: BTreeSet<u64> = outcomes.iter().map(|(_, at_ms)| *at_ms).collect();
    assert_eq!(times.len(), 1, "all name the same moment");
    assert_eq!(place.entries(Action::VaultDelete), 1);
    place.access.audit().verify().unwrap();
}

#[tokio::test]
async fn another_tenant_finds_nothing() {
    let place = Place::new().await;
    let id = place.stored("a").await;
    let other = place
        .access
        .create_tenant("two", &place.by)
        .await
        .unwrap()
        .id;
    let owner = integration("owner");
    let vault = &place.vault;
    let not_found = |result: Result<(), VaultError>| {
        assert!(matches!(result, Err(VaultError::NotFound { .. })));
    };
    not_found(vault.details(&other, &owner, Some(&id)).map(drop));
    not_found(vault.details(&other, &owner, None).map(drop));
    let revealed = vault.reveal(&place.by, &other, &owner, Some(&id)).await;
    not_found(revealed.map(drop));
    let deleted = vault.delete(&place.by, &other, &owner, &id).await;
    not_found(deleted.map(drop));
    assert!(vault.bound_secret(&other, "hook", &id).unwrap().is_none());
    assert!(vault.usable_secret(&other, &id).unwrap().is_none());
    assert_eq!(place.entries(Action::VaultReveal), 0);
    assert!(vault.details(&place.tenant, &owner, Some(&id)).is_ok());
}

#[tokio::test]
async fn an_accepted_loss_erases_every_secret() {
    let place = Place::new().await;
    let id = place.stored("a").await;
    let lost = LostHead {
        network: "testnet".into(),
        head: AuditHead {
            size: 100,
            hash: [1; 32],
        },
    };
    let accepted = place
        .access
        .accept_loss(vec![lost], vault::ENDED_BY_LOSS, &place.by);
    let ended = accepted.await.unwrap().ended;
    assert_eq!(ended.last(), Some(&("vaultCredentials", 1)));
    let owner = integration("owner");
    let deleted = place
        .vault
        .delete(&place.by, &place.tenant, &owner, &id)
        .await;
    assert!(matches!(deleted, Err(VaultError::Deleted { .. })));
}
