//! Starting: the first time, again, and with something missing.

use std::fs;

use atropos::app::App;
use atropos::start::{StartError, Started};
use axum::http::Method;

use crate::support::{Folder, Server, Wallet, start_in};

fn origin_of(app: &App) -> String {
    app.networks.log_of("testnet").unwrap().origin().to_owned()
}

async fn refusal(folder: &Folder, settings: &[(&str, &str)]) -> StartError {
    start_in(folder, settings).await.err().unwrap()
}

#[tokio::test]
async fn a_second_start_finds_everything_and_makes_nothing() {
    let Server {
        router,
        app,
        key,
        folder,
    } = Server::start().await;
    let server = Server {
        router,
        app,
        key: key.clone(),
        folder,
    };
    let wallet = Wallet::new(1, 1);
    server.submit(wallet.create().to_string()).await;
    let origin = origin_of(&server.app);
    let Server {
        router,
        app,
        folder,
        ..
    } = server;
    drop((router, app));

    let Started { app, first_key } = start_in(&folder, &[]).await.unwrap();
    assert!(first_key.is_none());
    assert_eq!(origin_of(&app), origin);
    let server = Server {
        router: atropos::start::router::router(app.clone()),
        app,
        key,
        folder,
    };
    assert_eq!(server.resolve(&wallet.did, None).await.status, 200);
    assert_eq!(server.ask(Method::GET, "/key/list", None).await.status, 200);
}

#[tokio::test]
async fn two_servers_never_share_an_origin_unless_it_is_configured() {
    let (first, second) = (Server::start().await, Server::start().await);
    assert_ne!(origin_of(&first.app), origin_of(&second.app));

    let folder = Folder::new().unwrap();
    let configured = [("ATROPOS_LEDGER_ORIGIN", "log.example.org")];
    let started = start_in(&folder, &configured).await.unwrap();
    assert_eq!(origin_of(&started.app), "log.example.org/testnet");
    drop(started);
    let error = refusal(&folder, &[("ATROPOS_LEDGER_ORIGIN", "other.example.org")]).await;
    assert!(matches!(error, StartError::OtherOrigin { .. }), "{error}");
    assert!(start_in(&folder, &[]).await.is_ok());
}

#[tokio::test]
async fn a_preset_api_key_is_accepted_from_the_first_start_on() {
    let folder = Folder::new().unwrap();
    let preset = "a-preset-key-of-at-least-32-characters";
    let settings = [("ATROPOS_BOOTSTRAP_API_KEY", preset)];
    let Started { app, first_key } = start_in(&folder, &settings).await.unwrap();
    assert!(first_key.is_none());
    assert!(
        app.access
            .authenticate(access::Presented::ApiKey(preset))
            .is_ok()
    );
    drop(app);
    let Started { app, .. } = start_in(&folder, &settings).await.unwrap();
    let tenant = app.access.tenant_named("default").unwrap().unwrap();
    assert_eq!(app.access.api_keys(&tenant.id).unwrap().len(), 1);
}

#[tokio::test]
async fn a_ledger_that_is_missing_is_never_silently_replaced() {
    let folder = Folder::new().unwrap();
    let error = refusal(&folder, &[("ATROPOS_LEDGER_CREATE", "never")]).await;
    assert!(
        matches!(
            &error,
            StartError::Open {
                source: ledger::OpenError::Missing { .. },
                ..
            }
        ),
        "{error}"
    );

    let Server { folder, .. } = Server::start().await;
    drop(start_in(&folder, &[]).await.unwrap());
    let moved = folder.path().join("moved");
    let (log, guard) = (
        folder.path().join("data/ledger"),
        folder.path().join("data.guard"),
    );
    fs::rename(&guard, &moved).unwrap();
    let error = refusal(&folder, &[]).await;
    assert!(
        matches!(
            &error,
            StartError::Open {
                source: ledger::OpenError::GuardMissing { .. },
                ..
            }
        ),
        "{error}"
    );
    fs::rename(&log, folder.path().join("log")).unwrap();
    let error = refusal(&folder, &[]).await;
    assert!(matches!(error, StartError::Gone { .. }), "{error}");
    fs::rename(&moved, &guard).unwrap();
    let error = refusal(&folder, &[]).await;
    assert!(
        matches!(
            &error,
            StartError::Open {
                source: ledger::OpenError::DataMissing { .. },
                ..
            }
        ),
        "{error}"
    );
}

#[tokio::test]
async fn a_store_of_another_server_does_not_open_the_ledger() {
    let Server { folder: first, .. } = Server::start().await;
    let Server { folder: second, .. } = Server::start().await;
    drop(start_in(&second, &[]).await.unwrap());
    let store = |folder: &Folder| folder.path().join("data/atropos.sqlite");
    fs::copy(store(&second), store(&first)).unwrap();
    fs::copy(
        second.path().join("data.keys/root.key"),
        first.path().join("data.keys/root.key"),
    )
    .unwrap();
    for suffix in ["-wal", "-shm"] {
        drop(fs::remove_file(format!(
            "{}{suffix}",
            store(&first).display()
        )));
    }
    let error = refusal(&first, &[]).await;
    assert!(
        matches!(
            &error,
            StartError::Open {
                source: ledger::OpenError::OtherGuard { .. },
                ..
            }
        ),
        "{error}"
    );
}
