//! A tenant can demand that deactivations are approved; who says so is on record.
use access::{
    Access, AccessError, ApprovalRule, AuthenticationError, Presented, RecordError, TenantId,
};
use audit::{Action, Attribution, Event};
use store::Store;
use tempfile::TempDir;

fn fresh() -> (TempDir, Access) {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(&directory.path().join("store.db"), access::MIGRATIONS).unwrap();
    (directory, Access::open(store))
}

#[tokio::test]
async fn a_rule_is_of_one_tenant_and_a_repeat_changes_nothing() {
    let (_directory, access) = fresh();
    let by = Attribution::command_line();
    let one = access.create_tenant("one", &by).await.unwrap().id;
    let two = access.create_tenant("two", &by).await.unwrap().id;
    let size = access.audit().head().unwrap().size;
    assert_eq!(access.approval_rule(&one).unwrap(), ApprovalRule::Off);
    for (rule, entries) in [
        (ApprovalRule::Off, 0),
        (ApprovalRule::On, 1),
        (ApprovalRule::On, 1),
        (ApprovalRule::Off, 2),
        (ApprovalRule::Off, 2),
        (ApprovalRule::On, 3),
    ] {
        access.set_approval_rule(&one, rule, &by).await.unwrap();
        assert_eq!(access.approval_rule(&one).unwrap(), rule);
        assert_eq!(access.approval_rule(&two).unwrap(), ApprovalRule::Off);
        assert_eq!(
            access.audit().head().unwrap().size,
            size + entries,
            "{rule:?}"
        );
    }
    let entries = access.audit().page(&Default::default(), None, 100).unwrap();
    let last = entries.iter().max_by_key(|entry| entry.index).unwrap();
    assert_eq!(
        (last.action, last.subject.as_str()),
        (Action::TenantApproval, one.as_str())
    );
    assert_eq!(last.details["deactivations"], "on");
    access.audit().verify().unwrap();
}

#[tokio::test]
async fn a_use_is_entered_as_caller_and_rule_stand_and_a_rule_needs_a_tenant_that_lives() {
    let (_directory, access) = fresh();
    let by = Attribution::command_line();
    let tenant = access.create_tenant("one", &by).await.unwrap().id;
    let (key, secret) = access.create_api_key(&tenant, "k", &by).await.unwrap();
    let caller = access
        .authenticate(Presented::ApiKey(secret.reveal()))
        .unwrap();
    let enter = async |keeps| {
        let event = Event::new(Some(&tenant), Action::KeysSign, "did:cheqd:testnet:x");
        access.record_use(&caller, keeps, by.clone(), event).await
    };
    let first = enter(ApprovalRule::Off).await.unwrap();
    access
        .set_approval_rule(&tenant, ApprovalRule::On, &by)
        .await
        .unwrap();
    let head = access.audit().head().unwrap();
    let lacking = enter(ApprovalRule::Off).await;
    assert!(matches!(lacking, Err(RecordError::ApprovalRequired)));
    assert_eq!(access.audit().head().unwrap(), head);
    let second = enter(ApprovalRule::On).await.unwrap();
    assert!(second.index > first.index);
    access.revoke_api_key(&key.id, &by).await.unwrap();
    let head = access.audit().head().unwrap();
    // One that may not come in takes nothing with it from the others of its group.
    let event = || Event::new(Some(&tenant), Action::KeysSign, "did:cheqd:testnet:y");
    let (denied, other) = tokio::join!(enter(ApprovalRule::On), access.record(by.clone(), event()));
    let revoked = AuthenticationError::Revoked.to_string();
    assert!(matches!(&denied, Err(RecordError::Rejected(one)) if one.to_string() == revoked));
    assert_eq!(other.unwrap().index, head.size);
    access.audit().verify().unwrap();

    let nobody = TenantId::parse("00000000-0000-4000-8000-000000000000").unwrap();
    let error = access
        .set_approval_rule(&nobody, ApprovalRule::On, &by)
        .await;
    assert!(matches!(error, Err(AccessError::NoSuchTenant)));
    access.revoke_tenant(&tenant, &by).await.unwrap();
    let error = access
        .set_approval_rule(&tenant, ApprovalRule::Off, &by)
        .await;
    assert!(matches!(error, Err(AccessError::TenantRevoked)));
    assert_eq!(access.approval_rule(&tenant).unwrap(), ApprovalRule::On);
}

#[test]
fn words_are_closed() {
    for rule in [ApprovalRule::On, ApprovalRule::Off] {
        assert_eq!(ApprovalRule::parse(rule.as_str()), Some(rule));
    }
    for word in ["", "ON", "true", "1"] {
        assert_eq!(ApprovalRule::parse(word), None, "{word}");
    }
}
