//! Changes of clients: grants, revisions, deployments, and their audit entries.

use access::{
    AccessError, Api, ApiGroup, AuthenticationError, ClientError, Goal, Grant, GrantTarget, Rights,
    Username,
};
use access::{DeploymentState, THIS_NODE};

use crate::place::{PASSWORD, Place, by, draft};

#[tokio::test]
async fn grants_give_what_they_say_until_they_end() {
    let place = Place::new().await;
    place.create("api-user", draft()).await;
    let rights = || place.login("api-user", PASSWORD).unwrap().rights;
    place
        .grant("api-user", GrantTarget::Api(Api::DidRead), None)
        .await;
    place
        .grant("api-user", GrantTarget::Group(ApiGroup::Registrar), None)
        .await;
    assert_eq!(rights(), ApiGroup::Registrar.rights());
    let held = place.login("api-user", PASSWORD).unwrap();
    let revoke = async |targets: Vec<GrantTarget>| {
        place
            .access
            .revoke_access(place.client("api-user"), targets, &by())
            .await
    };
    let (group, read) = (
        GrantTarget::Group(ApiGroup::Registrar),
        GrantTarget::Api(Api::DidRead),
    );
    let both = revoke(vec![group, GrantTarget::Api(Api::Webhooks)]).await;
    assert!(matches!(both, Err(ClientError::NotGranted(target)) if target.as_str() == "webhooks"));
    assert_eq!(rights(), ApiGroup::Registrar.rights(), "all or nothing");
    revoke(vec![group]).await.unwrap();
    assert_eq!(rights(), Api::DidRead.rights(), "a direct grant stays");
    assert!(
        matches!(
            place.access.recheck(&held),
            Err(AuthenticationError::Revoked)
        ),
        "under way"
    );
    let again = Grant {
        target: read,
        expires_ms: None,
    };
    let granted = place
        .access
        .grant_access(place.client("api-user"), vec![again], &by())
        .await;
    assert!(matches!(granted, Err(ClientError::AlreadyGranted(_))));
    revoke(vec![read]).await.unwrap();
    place.grant("api-user", read, Some(1)).await;
    assert_eq!(rights(), Rights::NONE, "expired");
    assert!(
        place
            .access
            .client_grants(&place.client("api-user"))
            .unwrap()
            .is_empty()
    );
    place.grant("api-user", read, None).await;
    assert_eq!(
        rights(),
        Api::DidRead.rights(),
        "in place of the expired one"
    );
}

#[tokio::test]
async fn every_change_takes_a_revision_and_waits_for_the_node() {
    let place = Place::new().await;
    place.create("api-user", draft()).await;
    let username = Username::parse("api-user").unwrap();
    let one = || {
        let mut all = place.access.deployments(&username).unwrap();
        assert_eq!(all.len(), 1);
        all.remove(0)
    };
    let created = one();
    assert_eq!(
        (created.revision, created.state),
        (1, DeploymentState::Pending)
    );
    assert_eq!(
        (created.goal, created.node.id.as_str()),
        (Goal::Applied, THIS_NODE)
    );
    place
        .grant("api-user", GrantTarget::Api(Api::Keys), None)
        .await;
    place.access.acknowledge(&created, Ok(())).await.unwrap();
    assert_eq!(
        (one().revision, one().state),
        (2, DeploymentState::Pending),
        "an older answer"
    );
    place
        .access
        .acknowledge(&one(), Err("is silent".into()))
        .await
        .unwrap();
    let failed = one();
    assert_eq!(
        (failed.state, failed.attempts),
        (DeploymentState::Unreachable, 1)
    );
    assert_eq!(failed.reason.as_deref(), Some("is silent"));
    let open = place.access.unconfirmed(&place.tenant, "default").unwrap();
    assert_eq!(open, std::slice::from_ref(&failed));
    let due = |by_ms| place.access.due_deployments(THIS_NODE, by_ms, 10).unwrap();
    let again = due(failed.next_attempt_ms.unwrap());
    assert_eq!(again, std::slice::from_ref(&failed));
    assert!(due(failed.next_attempt_ms.unwrap() - 1).is_empty());
    place.access.acknowledge(&failed, Ok(())).await.unwrap();
    assert_eq!(
        (one().state, one().next_attempt_ms),
        (DeploymentState::Applied, None)
    );
    place
        .access
        .delete_client(place.client("api-user"), &by())
        .await
        .unwrap();
    assert_eq!(
        (one().state, one().goal),
        (DeploymentState::Removing, Goal::Removed)
    );
    place.access.acknowledge(&one(), Ok(())).await.unwrap();
    assert_eq!((one().state, one().revision), (DeploymentState::Removed, 3));
}

#[tokio::test]
async fn a_change_that_cannot_be_audited_is_not_made() {
    let place = Place::new().await;
    place.create("api-user", draft()).await;
    let entries = place.entries();
    let fault =
        "CREATE TRIGGER fault BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'injected'); END";
    place.sql().execute_batch(fault).unwrap();
    let deleted = place
        .access
        .delete_client(place.client("api-user"), &by())
        .await;
    assert!(
        matches!(deleted, Err(ClientError::Access(AccessError::Store(_)))),
        "{deleted:?}"
    );
    place.sql().execute_batch("DROP TRIGGER fault").unwrap();
    place.login("api-user", PASSWORD).unwrap();
    assert_eq!(place.entries(), entries);
    place
        .access
        .delete_client(place.client("api-user"), &by())
        .await
        .unwrap();
    place.access.audit().verify().unwrap();
}
