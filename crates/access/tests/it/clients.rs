//! Clients of projects: made, let in, changed, deleted for good.

use access::{
    Access, ApiGroup, AuthenticationError, ClientDetails, ClientDraft, ClientError, ClientPlace,
    GrantTarget, Right, Rights, TenantId,
};
use std::net::IpAddr;
use store::Store;

use crate::place::{PASSWORD, Place, by, draft, hash};

#[tokio::test]
async fn a_client_is_authenticated_by_its_password_and_by_a_token_for_it() {
    let place = Place::new().await;
    place.create("api-user", draft()).await;
    let caller = place.login("api-user", PASSWORD).unwrap();
    assert_eq!(
        (caller.tenant.clone(), caller.rights),
        (place.tenant.clone(), Rights::NONE)
    );
    let token = place
        .access
        .issue_client_token(&caller, &by())
        .await
        .unwrap();
    let by_token = place.bearer(token.reveal()).unwrap();
    assert_eq!(
        (&by_token.tenant, by_token.rights),
        (&caller.tenant, caller.rights)
    );
    for wrong in [
        "",
        "SecurePassword123",
        "securepassword123!",
        &"x".repeat(5000),
    ] {
        assert!(
            matches!(
                place.login("api-user", wrong),
                Err(AuthenticationError::Unknown)
            ),
            "{wrong}"
        );
    }
    for (username, password) in [("nobody", PASSWORD), ("API-USER", PASSWORD), ("", "")] {
        assert!(
            matches!(
                place.login(username, password),
                Err(AuthenticationError::Unknown)
            ),
            "{username}"
        );
    }
    // The first two parts of a token are for its reader, the third decides; the hash covers all.
    let (public, secret) = token.reveal().rsplit_once('.').unwrap();
    for forged in [secret, public, &format!("x{public}.{secret}")] {
        assert!(
            matches!(place.bearer(forged), Err(AuthenticationError::Unknown)),
            "{forged}"
        );
    }
}

#[tokio::test]
async fn usernames_are_unique_over_all_tenants_and_never_come_back() {
    let place = Place::new().await;
    place.create("api-user", draft()).await;
    let other = place.access.create_tenant("two", &by()).await.unwrap().id;
    let elsewhere = ClientPlace {
        tenant: other,
        ..place.client("api-user")
    };
    let take = async |place_of: ClientPlace| {
        let details = ClientDetails::parse(draft()).unwrap();
        place
            .access
            .create_client(place_of, details, hash(PASSWORD), &by())
            .await
    };
    assert!(matches!(
        take(elsewhere.clone()).await,
        Err(ClientError::UsernameTaken(_))
    ));
    let gone = place.access.delete_client(elsewhere.clone(), &by()).await;
    assert!(
        matches!(gone, Err(ClientError::NoSuchClient(_))),
        "a stranger's"
    );
    place
        .access
        .delete_client(place.client("api-user"), &by())
        .await
        .unwrap();
    for anybody in [elsewhere, place.client("api-user")] {
        assert!(matches!(
            take(anybody).await,
            Err(ClientError::UsernameTaken(_))
        ));
    }
}

#[tokio::test]
async fn every_tenant_has_the_default_project_also_one_made_before() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let before = &access::MIGRATIONS[..3];
    assert_eq!(before[2].version, 3);
    let tenant = {
        let access = Access::open(Store::open(&path, before).unwrap());
        access.create_tenant("old", &by()).await.unwrap().id
    };
    let access = Access::open(Store::open(&path, access::MIGRATIONS).unwrap());
    let names = |tenant: &TenantId| -> Vec<String> {
        let projects = access.projects(tenant).unwrap();
        projects.into_iter().map(|project| project.name).collect()
    };
    assert_eq!(names(&tenant), ["default"]);
    let new = access.create_tenant("new", &by()).await.unwrap().id;
    access
        .create_project(&new, "My Project", "", &by())
        .await
        .unwrap();
    assert_eq!(names(&new), ["My Project", "default"]);
    let again = access.create_project(&new, "default", "", &by()).await;
    assert!(matches!(again, Err(ClientError::ProjectTaken)));
    for name in ["", "a/b", "..", " a", "a\n"] {
        assert!(
            access.create_project(&new, name, "", &by()).await.is_err(),
            "{name:?}"
        );
    }
}

#[tokio::test]
async fn deletion_ends_everything_at_once_and_leaves_nothing() {
    let place = Place::new().await;
    place.create("api-user", draft()).await;
    place
        .grant("api-user", GrantTarget::Group(ApiGroup::All), None)
        .await;
    let by_password = place.login("api-user", PASSWORD).unwrap();
    let token = place
        .access
        .issue_client_token(&by_password, &by())
        .await
        .unwrap();
    let by_token = place.bearer(token.reveal()).unwrap();
    for caller in [&by_password, &by_token] {
        place.access.recheck(caller).unwrap();
        caller.require(Right::DidsDeactivate).unwrap();
    }
    let entries = place.entries();
    let changed = place
        .access
        .delete_client(place.client("api-user"), &by())
        .await
        .unwrap();
    assert_eq!(place.entries(), entries + 1);
    for caller in [&by_password, &by_token] {
        assert!(matches!(
            place.access.recheck(caller),
            Err(AuthenticationError::Unknown)
        ));
    }
    assert!(matches!(
        place.login("api-user", PASSWORD),
        Err(AuthenticationError::Unknown)
    ));
    assert!(matches!(
        place.bearer(token.reveal()),
        Err(AuthenticationError::Unknown)
    ));
    assert!(
        !place
            .access
            .client_leaves_traces(&changed.username)
            .unwrap()
    );
    let again = place
        .access
        .delete_client(place.client("api-user"), &by())
        .await;
    assert!(matches!(again, Err(ClientError::NoSuchClient(_))));
    assert_eq!(place.entries(), entries + 1);
    let issued = place.access.issue_client_token(&by_password, &by()).await;
    assert!(matches!(issued, Err(ClientError::NoSuchClient(_))));
}

#[tokio::test]
async fn switching_off_and_on_brings_nothing_back() {
    let place = Place::new().await;
    place.create("api-user", draft()).await;
    let caller = place.login("api-user", PASSWORD).unwrap();
    let token = place
        .access
        .issue_client_token(&caller, &by())
        .await
        .unwrap();
    let switch = async |enabled: bool| {
        let details = ClientDetails::parse(ClientDraft { enabled, ..draft() }).unwrap();
        let place_of = place.client("api-user");
        place
            .access
            .update_client(place_of, details, None, &by())
            .await
            .unwrap();
    };
    switch(false).await;
    assert!(matches!(
        place.login("api-user", PASSWORD),
        Err(AuthenticationError::Inactive)
    ));
    assert!(place.bearer(token.reveal()).is_err());
    assert!(matches!(
        place.access.recheck(&caller),
        Err(AuthenticationError::Inactive)
    ));
    switch(true).await;
    place.login("api-user", PASSWORD).unwrap();
    assert!(place.bearer(token.reveal()).is_err(), "a token of before");
    assert!(matches!(
        place.access.recheck(&caller),
        Err(AuthenticationError::Revoked)
    ));
    assert!(
        place
            .access
            .issue_client_token(&caller, &by())
            .await
            .is_err()
    );
    // A token left behind by an older generation counts no more than one that is gone.
    let caller = place.login("api-user", PASSWORD).unwrap();
    let issued = place.access.issue_client_token(&caller, &by()).await;
    let token = issued.unwrap();
    place.bearer(token.reveal()).unwrap();
    let raise = "UPDATE clients SET generation = generation + 1";
    place.sql().execute_batch(raise).unwrap();
    assert!(matches!(
        place.bearer(token.reveal()),
        Err(AuthenticationError::Revoked)
    ));
}

#[tokio::test]
async fn another_password_ends_what_the_old_one_opened() {
    let place = Place::new().await;
    place.create("api-user", draft()).await;
    let caller = place.login("api-user", PASSWORD).unwrap();
    let token = place
        .access
        .issue_client_token(&caller, &by())
        .await
        .unwrap();
    let place_of = place.client("api-user");
    place
        .access
        .change_client_password(place_of, hash("another one"), &by())
        .await
        .unwrap();
    assert!(matches!(
        place.login("api-user", PASSWORD),
        Err(AuthenticationError::Unknown)
    ));
    assert!(place.bearer(token.reveal()).is_err() && place.access.recheck(&caller).is_err());
    place.login("api-user", "another one").unwrap();
}

#[tokio::test]
async fn an_expired_client_or_tenant_is_not_authenticated() {
    let place = Place::new().await;
    place
        .create(
            "old",
            ClientDraft {
                expires_ms: Some(1),
                ..draft()
            },
        )
        .await;
    assert!(matches!(
        place.login("old", PASSWORD),
        Err(AuthenticationError::Expired)
    ));
    assert!(
        matches!(
            place.login("old", "wrong one"),
            Err(AuthenticationError::Unknown)
        ),
        "says nothing"
    );
    place.create("api-user", draft()).await;
    let caller = place.login("api-user", PASSWORD).unwrap();
    let token = place
        .access
        .issue_client_token(&caller, &by())
        .await
        .unwrap();
    place
        .sql()
        .execute("UPDATE client_tokens SET expires_ms = 1", [])
        .unwrap();
    assert!(matches!(
        place.bearer(token.reveal()),
        Err(AuthenticationError::Expired)
    ));
    place
        .access
        .revoke_tenant(&place.tenant, &by())
        .await
        .unwrap();
    assert!(matches!(
        place.login("api-user", PASSWORD),
        Err(AuthenticationError::Revoked)
    ));
    assert!(matches!(
        place.access.recheck(&caller),
        Err(AuthenticationError::Revoked)
    ));
}

#[tokio::test]
async fn clients_come_only_from_their_addresses() {
    let place = Place::new().await;
    let networks = vec!["10.0.0.0/8".to_owned(), "2001:db8::1".to_owned()];
    place
        .create(
            "api-user",
            ClientDraft {
                networks,
                ..draft()
            },
        )
        .await;
    let mut inside = None;
    for (address, authenticated) in [
        (Some("10.1.2.3"), true),
        (Some("2001:db8::1"), true),
        (Some("11.1.2.3"), false),
        (Some("2001:db8::2"), false),
        (None, false),
    ] {
        let login = place.login_from("api-user", PASSWORD, address);
        assert_eq!(login.is_ok(), authenticated, "{address:?}");
        inside = inside.or(login.ok());
    }
    let token = place
        .access
        .issue_client_token(&inside.unwrap(), &by())
        .await
        .unwrap();
    let caller = place.bearer(token.reveal()).unwrap();
    let from = |address: &str| Some(address.parse::<IpAddr>().unwrap());
    place
        .access
        .recheck_address(&caller, from("10.9.9.9"))
        .unwrap();
    for elsewhere in [from("192.0.2.1"), None] {
        assert!(place.access.recheck_address(&caller, elsewhere).is_err());
    }
}

#[tokio::test]
async fn no_secret_stands_in_the_store() {
    let place = Place::new().await;
    place.create("api-user", draft()).await;
    let caller = place.login("api-user", PASSWORD).unwrap();
    let token = place
        .access
        .issue_client_token(&caller, &by())
        .await
        .unwrap();
    let secret = token.reveal().rsplit_once('.').unwrap().1;
    let hash: Vec<u8> = place
        .sql()
        .query_row("SELECT password_hash FROM clients", [], |row| row.get(0))
        .unwrap();
    let holds = |needle: &[u8]| {
        let files = std::fs::read_dir(place.folder.path()).unwrap();
        files.into_iter().any(|file| {
            let bytes = std::fs::read(file.unwrap().path()).unwrap();
            bytes.windows(needle.len()).any(|window| window == needle)
        })
    };
    assert!(holds(b"api-user") && holds(&hash));
    assert!(!holds(PASSWORD.as_bytes()) && !holds(secret.as_bytes()));
}
