//! Everything that is not good enough to be heard with.

use access::{ClientDraft, Presented, Right, Role, Switch, TokenChange};
use audit::Attribution;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::fill::{PASSWORD, World, make_client, place};
use crate::support::{Person, key_of};

/// What a request shows.
pub type Shown = Vec<(&'static str, String)>;

/// A credential that is refused.
pub struct Refused {
    pub name: &'static str,
    pub shown: Shown,
    pub status: u16,
    /// The scheme that a route has to take for this to be worth asking; `None`: all.
    pub scheme: Option<&'static str>,
}

/// A year, in milliseconds.
const YEAR_MS: u64 = 365 * 86_400_000;

/// One of each kind of credential that never was, or is not any more.
pub async fn ended(world: &World) -> Vec<Refused> {
    let mut all = vec![
        refused("no credential", vec![], None),
        refused(
            "an unknown API key",
            api_key(&"k".repeat(64)),
            Some("ApiKeyAuth"),
        ),
        refused("an unknown token", bearer("e30.e30.e30"), Some("Bearer")),
        refused("an unknown client", basic("nobody"), Some("Basic")),
        refused("two credentials", two(world), None),
        refused(
            "a revoked API key",
            revoked_key(world).await,
            Some("ApiKeyAuth"),
        ),
        refused(
            "an API key of a revoked tenant",
            key_of_revoked_tenant(world).await,
            Some("ApiKeyAuth"),
        ),
    ];
    all.extend(tokens(world).await);
    all.extend(clients(world).await);
    all
}

/// A token of the tenant with no permission at all, and a client that was granted nothing.
pub async fn lacking(world: &World) -> Vec<Refused> {
    let account = service_account(world, "atropos-without-rights", &[], YEAR_MS).await;
    let mut all = vec![refused(
        "a token without permission",
        bearer(&account),
        Some("Bearer"),
    )];
    make_client(
        &world.server,
        &world.tenant,
        "ungranted",
        ClientDraft::default(),
    )
    .await;
    all.push(refused(
        "a client without a grant",
        basic("ungranted"),
        Some("Basic"),
    ));
    all.into_iter()
        .map(|one| Refused { status: 403, ..one })
        .collect()
}

/// An administrator of another tenant.
pub async fn stranger(world: &World) -> Shown {
    let by = Attribution::command_line();
    let access = &world.server.app.access;
    let tenant = access.create_tenant("strangers", &by).await.unwrap().id;
    let person = Person::new(&world.server.app, &tenant, "eris", &[Role::Admin]).await;
    bearer(&person.token)
}

async fn tokens(world: &World) -> Vec<Refused> {
    let app = &world.server.app;
    let expired = service_account(world, "expired", &[Role::Admin], 1).await;
    let by = Attribution::command_line();
    let person = Person::new(app, &world.tenant, "switched off", &[Role::Admin]).await;
    let user = &person.user;
    let off = app
        .access
        .switch_user(&user.tenant, &user.id, Switch::Deactivate, &by);
    off.await.unwrap();
    let mut all = vec![
        refused("an expired token", bearer(&expired), Some("Bearer")),
        refused(
            "a token of a deactivated user",
            bearer(&person.token),
            Some("Bearer"),
        ),
    ];
    for (name, change) in [
        ("a deactivated token", TokenChange::Deactivate),
        ("an archived token", TokenChange::Archive),
    ] {
        let token = ended_pat(world, name, change).await;
        all.push(refused(name, bearer(&token), Some("Bearer")));
    }
    // The expired one lived for a millisecond.
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    all
}

async fn clients(world: &World) -> Vec<Refused> {
    let (server, tenant) = (&world.server, &world.tenant);
    let by = Attribution::command_line();
    let expired = ClientDraft {
        expires_ms: Some(1),
        ..ClientDraft::default()
    };
    make_client(server, tenant, "expired", expired).await;
    make_client(server, tenant, "deleted", ClientDraft::default()).await;
    let deleted = server
        .app
        .access
        .delete_client(place(tenant, "deleted"), &by);
    deleted.await.unwrap();
    vec![
        refused("an expired client", basic("expired"), Some("Basic")),
        refused("a deleted client", basic("deleted"), Some("Basic")),
    ]
}

/// A personal access token of the tenant's administrator, made and ended as the approvals of that person allow.
async fn ended_pat(world: &World, name: &str, change: TokenChange) -> String {
    let (access, person) = (&world.server.app.access, &world.person);
    let by = Attribution::command_line();
    let caller = access
        .authenticate(Presented::Bearer(&person.token))
        .unwrap();
    let made = access::NewPat {
        name: name.to_owned(),
        key: key_of(name).1,
        role: None,
        external_id: None,
        life_ms: YEAR_MS,
    };
    let approval = approval(world, &caller).await;
    let made = access.create_pat(&caller, &approval, made, &by).await;
    let (token, text, _) = made.unwrap();
    let good = access
        .authenticate(Presented::Bearer(text.reveal()))
        .unwrap();
    assert!(good.rights.contains(Right::DidsDeactivate));
    let again = self::approval(world, &caller).await;
    let ended = access.change_pat(&caller, &again, (&token.id, change), &by);
    ended.await.unwrap();
    text.reveal().to_owned()
}

async fn approval(world: &World, caller: &access::Caller) -> access::Approval {
    let (app, person) = (&world.server.app, &world.person);
    let action = person.approve(app, "POST", "/auth/pats", "{}").await;
    let request = access::ActionRequest {
        method: "POST",
        path: "/auth/pats",
        query: None,
        body: b"{}",
    };
    let by = Attribution::command_line();
    let spent = app
        .access
        .spend_action(&action, &request, (caller, None), &by);
    spent.await.unwrap()
}

async fn service_account(world: &World, name: &str, roles: &[Role], life_ms: u64) -> String {
    let by = Attribution::command_line();
    let access = &world.server.app.access;
    let key = (key_of(name).1, life_ms);
    let made = access.create_service_account(&world.tenant, (name, roles), key, &by);
    made.await.unwrap().2.reveal().to_owned()
}

async fn revoked_key(world: &World) -> Shown {
    let (access, by) = (&world.server.app.access, Attribution::command_line());
    let made = access.create_api_key(&world.tenant, "ended", &by).await;
    let (key, secret) = made.unwrap();
    access.revoke_api_key(&key.id, &by).await.unwrap();
    api_key(secret.reveal())
}

async fn key_of_revoked_tenant(world: &World) -> Shown {
    let (access, by) = (&world.server.app.access, Attribution::command_line());
    let tenant = access.create_tenant("ended", &by).await.unwrap().id;
    let (_, secret) = access.create_api_key(&tenant, "k", &by).await.unwrap();
    access.revoke_tenant(&tenant, &by).await.unwrap();
    api_key(secret.reveal())
}

fn two(world: &World) -> Shown {
    [api_key(&world.server.key), bearer(&world.person.token)].concat()
}

fn refused(name: &'static str, shown: Shown, scheme: Option<&'static str>) -> Refused {
    Refused {
        name,
        shown,
        status: 401,
        scheme,
    }
}

fn api_key(secret: &str) -> Shown {
    vec![("x-api-key", secret.to_owned())]
}

pub fn bearer(token: &str) -> Shown {
    vec![("authorization", format!("Bearer {token}"))]
}

pub fn basic(username: &str) -> Shown {
    let both = STANDARD.encode(format!("{username}:{PASSWORD}"));
    vec![("authorization", format!("Basic {both}"))]
}
