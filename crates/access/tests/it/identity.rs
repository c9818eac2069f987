//! Users, credentials, tokens and user actions, through the public interface alone.
use access::{
    Access, ActionError, ActionRequest, Announced, Approval, Assertion, AuthenticationError,
    Caller, CredentialKind, GivenKey, IdentityError, NewPat, Presented, Right, Rights, Role,
    Switch, Tenant, TokenChange, User, VerifyingKey,
};
use audit::Attribution;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer, SigningKey};
use store::Store;

struct Place {
    access: Access,
    tenant: Tenant,
    _folder: tempfile::TempDir,
}

struct Person {
    user: User,
    credential_id: String,
    signer: SigningKey,
    caller: Caller,
}

const BY: Attribution = Attribution {
    actor: audit::Actor::CommandLine,
    request_id: None,
    address: None,
};

fn key(signer: &SigningKey) -> VerifyingKey {
    VerifyingKey::from_ed25519(signer.verifying_key().as_bytes()).unwrap()
}

async fn place() -> Place {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("store.db"), access::MIGRATIONS).unwrap();
    let access = Access::open(store);
    let tenant = access.create_tenant("ours", &BY).await.unwrap();
    Place {
        access,
        tenant,
        _folder: folder,
    }
}

impl Place {
    async fn person(&self, name: &str, seed: u8, roles: &[Role]) -> Person {
        let signer = SigningKey::from_bytes(&[seed; 32]);
        let given = GivenKey {
            key: key(&signer),
            credential_id: Some(format!("key of {name}").replace(' ', "-")),
        };
        let made = self
            .access
            .create_person(&self.tenant.id, (name, roles), given, &BY);
        let (user, credential, token) = made.await.unwrap();
        let caller = self
            .access
            .authenticate(Presented::Bearer(token.reveal()))
            .unwrap();
        Person {
            user,
            credential_id: credential.credential_id,
            signer,
            caller,
        }
    }

    async fn signed(&self, person: &Person, announced: Announced<'_>) -> access::UserAction {
        let challenge = self.access.begin_action(&person.caller, announced).unwrap();
        let text = format!(
            r#"{{"type":"key.get","challenge":"{}"}}"#,
            challenge.challenge
        );
        let assertion = Assertion {
            kind: CredentialKind::Key,
            credential_id: person.credential_id.clone(),
            signature: person.signer.sign(text.as_bytes()).to_bytes().to_vec(),
            client_data: text.into_bytes(),
            digest: None,
            authenticator_data: Vec::new(),
            user_handle: None,
        };
        let signed = self
            .access
            .sign_action(&person.caller, &challenge.id, assertion);
        signed.await.unwrap()
    }

    async fn approval(&self, person: &Person) -> Approval {
        let action = self.signed(person, ANNOUNCED).await;
        let spent =
            self.access
                .spend_action(action.reveal(), &REQUEST, (&person.caller, None), &BY);
        spent.await.unwrap()
    }
}

const ANNOUNCED: Announced<'_> = Announced {
    method: "POST",
    path: "/did/deactivate/x",
    payload: "{}",
};

const REQUEST: ActionRequest<'_> = ActionRequest {
    method: "POST",
    path: "/did/deactivate/x",
    query: None,
    body: b"",
};

#[tokio::test]
async fn a_person_approves_what_an_api_key_of_the_tenant_asks_for() {
    let place = place().await;
    let access = &place.access;
    let boss = place.person("boss", 1, &[Role::Admin]).await;
    let clerk = place.person("clerk", 2, &[Role::Viewer]).await;
    let (_, secret) = access
        .create_api_key(&place.tenant.id, "ours", &BY)
        .await
        .unwrap();
    let by_key = access
        .authenticate(Presented::ApiKey(secret.reveal()))
        .unwrap();
    let other = access.create_tenant("theirs", &BY).await.unwrap();
    let (_, secret) = access
        .create_api_key(&other.id, "theirs", &BY)
        .await
        .unwrap();
    let stranger = access
        .authenticate(Presented::ApiKey(secret.reveal()))
        .unwrap();

    let right = Some(Right::DidsDeactivate);
    let action = place.signed(&boss, ANNOUNCED).await;
    // Neither another tenant nor another person of this one can even use it up.
    for caller in [&stranger, &clerk.caller] {
        let refused = access.spend_action(action.reveal(), &REQUEST, (caller, right), &BY);
        assert!(matches!(refused.await, Err(ActionError::Mismatch(_))));
    }
    let approval = access
        .spend_action(action.reveal(), &REQUEST, (&by_key, right), &BY)
        .await
        .unwrap();
    assert_eq!(approval.user(), &boss.user.id);
    access.still_approved(&approval).unwrap();
    let again = access.spend_action(action.reveal(), &REQUEST, (&by_key, right), &BY);
    assert!(matches!(again.await, Err(ActionError::Spent)));

    let action = place.signed(&clerk, ANNOUNCED).await;
    let lacking = access.spend_action(action.reveal(), &REQUEST, (&by_key, right), &BY);
    assert!(matches!(lacking.await, Err(ActionError::MissingRight(_))));

    let entry = access
        .audit()
        .entry_with_id(approval.id())
        .unwrap()
        .unwrap();
    assert_eq!(entry.details["path"], "/did/deactivate/x");
    assert!(entry.details["signature"].is_string());
    access.audit().verify().unwrap();
}

#[tokio::test]
async fn an_approval_ends_with_what_it_rests_on() {
    let place = place().await;
    let access = &place.access;
    let boss = place.person("boss", 1, &[Role::Admin]).await;
    let approval = place.approval(&boss).await;
    let further = GivenKey {
        key: key(&SigningKey::from_bytes(&[3; 32])),
        credential_id: None,
    };
    access.add_key(&boss.user, further, &BY).await.unwrap();
    let credential = approval.credential().clone();
    let signing = place.approval(&boss).await;
    let ended = access
        .switch_credential(
            &boss.caller,
            &signing,
            (&credential, Switch::Deactivate),
            &BY,
        )
        .await
        .unwrap();
    assert!(ended.is_some());
    assert!(matches!(
        access.still_approved(&approval),
        Err(ActionError::Withdrawn)
    ));
    // What signed it is off: the same approval changes nothing more.
    let refused = access
        .switch_credential(&boss.caller, &signing, (&credential, Switch::Activate), &BY)
        .await;
    assert!(matches!(
        refused,
        Err(IdentityError::NotApproved(ActionError::Withdrawn))
    ));
    let size = access.audit().head().unwrap().size;
    let left = access.credentials(&boss.user.id).unwrap();
    assert_eq!(left.iter().filter(|one| one.active).count(), 1);
    assert_eq!(access.audit().head().unwrap().size, size);
}

#[tokio::test]
async fn the_last_credential_stays_and_a_repeat_writes_no_entry() {
    let place = place().await;
    let access = &place.access;
    let boss = place.person("boss", 1, &[Role::Admin]).await;
    let own = access.credentials(&boss.user.id).unwrap()[0].id.clone();
    let approval = place.approval(&boss).await;
    let last = access
        .switch_credential(&boss.caller, &approval, (&own, Switch::Deactivate), &BY)
        .await;
    assert!(matches!(last, Err(IdentityError::LastCredential)));
    let repeat = access
        .switch_credential(&boss.caller, &approval, (&own, Switch::Activate), &BY)
        .await
        .unwrap();
    assert_eq!(repeat, None);
    assert!(access.credentials(&boss.user.id).unwrap()[0].active);
}

#[tokio::test]
async fn a_token_dies_in_every_generation_and_holds_no_secret() {
    let place = place().await;
    let access = &place.access;
    let boss = place.person("boss", 1, &[Role::Admin, Role::Viewer]).await;
    let approval = place.approval(&boss).await;
    let pat = NewPat {
        name: "robot".into(),
        key: key(&SigningKey::from_bytes(&[4; 32])),
        role: Some(Role::Registrar),
        external_id: None,
        life_ms: 60_000,
    };
    let made = access.create_pat(&boss.caller, &approval, pat, &BY);
    let (token, text, _) = made.await.unwrap();
    let show = || access.authenticate(Presented::Bearer(text.reveal()));
    let caller = show().unwrap();
    assert_eq!(caller.rights, Role::Registrar.rights());
    access.recheck(&caller).unwrap();

    let change = |to| {
        let (access, caller, approval, id) = (access, &boss.caller, &approval, &token.id);
        async move { access.change_pat(caller, approval, (id, to), &BY).await }
    };
    assert!(change(TokenChange::Deactivate).await.unwrap().1.is_some());
    assert!(change(TokenChange::Deactivate).await.unwrap().1.is_none());
    assert!(matches!(show(), Err(AuthenticationError::Inactive)));
    assert!(access.recheck(&caller).is_err());
    change(TokenChange::Activate).await.unwrap();
    // On again, and what was let in before stays out.
    assert!(access.recheck(&caller).is_err());
    let second = show().unwrap();
    access.recheck(&second).unwrap();
    access
        .revoke_role(&place.tenant.id, &boss.user.id, Role::Admin, &BY)
        .await
        .unwrap();
    assert!(access.recheck(&second).is_err());
    assert_eq!(
        show().unwrap().rights,
        Role::Registrar.rights().intersection(Role::Viewer.rights())
    );
    assert_ne!(show().unwrap().rights, Rights::NONE);
    access.audit().verify().unwrap();
}

#[tokio::test]
async fn a_hundred_uses_of_one_action_leave_one_approval() {
    let place = place().await;
    let boss = place.person("boss", 1, &[Role::Admin]).await;
    let action = place.signed(&boss, ANNOUNCED).await.reveal().to_owned();
    let mut uses = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let (access, caller, action) = (place.access.clone(), boss.caller.clone(), action.clone());
        uses.spawn(async move {
            access
                .spend_action(&action, &REQUEST, (&caller, None), &BY)
                .await
                .is_ok()
        });
    }
    let won = uses.join_all().await.into_iter().filter(|won| *won).count();
    assert_eq!(won, 1);
}

#[tokio::test]
async fn nothing_secret_is_stored() {
    let place = place().await;
    let boss = place.person("boss", 1, &[Role::Admin]).await;
    let action = place.signed(&boss, ANNOUNCED).await;
    let spent = place
        .access
        .spend_action(action.reveal(), &REQUEST, (&boss.caller, None), &BY);
    spent.await.unwrap();
    let signer = SigningKey::from_bytes(&[5; 32]);
    let made = place.access.create_service_account(
        &place.tenant.id,
        ("machine", &[Role::Registrar]),
        (key(&signer), 60_000),
        &BY,
    );
    let (_, _, token) = made.await.unwrap();
    let mut stored = Vec::new();
    for file in std::fs::read_dir(place._folder.path()).unwrap() {
        stored.extend(std::fs::read(file.unwrap().path()).unwrap());
    }
    let secret = token.reveal().rsplit('.').next().unwrap();
    for text in [secret, action.reveal()] {
        let found = stored
            .windows(text.len())
            .any(|part| part == text.as_bytes());
        assert!(!found, "{text}");
    }
    let raw = STANDARD.encode(signer.to_bytes());
    assert!(!stored.windows(raw.len()).any(|part| part == raw.as_bytes()));
}
