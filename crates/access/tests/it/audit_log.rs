//! The audit log: what it contains, and how a change from outside is found.
use std::path::PathBuf;

use access::{Access, AccessError, AuthenticationError, Presented, Tenant};
use audit::{
    Action, Actor, Attribution, AuditCheck, AuditError, AuditFault, AuditFilter, AuditHead, Event,
    LostHead,
};
use rusqlite::Connection;
use serde_json::{Value, json};
use store::Store;
use tempfile::TempDir;

/// Longer than one page of rows, so that checks pass the border.
const ENTRIES: u64 = 1100;

struct World {
    directory: TempDir,
    access: Access,
}

impl World {
    fn new() -> World {
        let directory = tempfile::tempdir().unwrap();
        let access = open(&directory.path().join("store.db"));
        World { directory, access }
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join("store.db")
    }

    /// As another program that knows about the triggers.
    fn tamper(&self, sql: &str) {
        let connection = Connection::open(self.path()).unwrap();
        connection
            .execute_batch(&format!(
                "DROP TRIGGER IF EXISTS audit_is_not_changed; DROP TRIGGER IF EXISTS audit_is_not_removed; {sql}"
            ))
            .unwrap();
    }

    /// A copy of the whole store as it is now.
    fn copy(&self) -> World {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("store.db");
        Connection::open(self.path())
            .unwrap()
            .execute("VACUUM INTO ?1", [path.to_str().unwrap()])
            .unwrap();
        let access = open(&path);
        World { directory, access }
    }

    fn fault(&self) -> AuditFault {
        self.access.audit().verify().unwrap_err()
    }
}

fn open(path: &std::path::Path) -> Access {
    Access::open(Store::open(path, access::MIGRATIONS).unwrap())
}

fn by() -> Attribution {
    Attribution {
        actor: Actor::CommandLine,
        request_id: Some("request-1".into()),
        address: Some("192.0.2.7".parse().unwrap()),
    }
}

async fn tenant(access: &Access, name: &str) -> Tenant {
    access.create_tenant(name, &by()).await.unwrap()
}

fn event(tenant: &Tenant, number: u64) -> Event {
    Event::new(Some(&tenant.id), Action::KeysSign, format!("did:{number}"))
        .with("number", number)
        .with("text", "\"quoted\" \u{1} ü")
        .with("list", json!([{"b": 1, "a": true}, null]))
}

async fn filled() -> World {
    let world = World::new();
    let tenant = tenant(&world.access, "one").await;
    let mut records = tokio::task::JoinSet::new();
    for number in 1..ENTRIES {
        let (access, event) = (world.access.clone(), event(&tenant, number));
        records.spawn(async move { access.record(by(), event).await.unwrap() });
    }
    while let Some(entry) = records.join_next().await {
        entry.unwrap();
    }
    assert_eq!(world.access.audit().verify().unwrap().size, ENTRIES);
    world
}

#[tokio::test]
async fn every_change_has_one_entry_and_a_repeat_has_none() {
    let World {
        access,
        directory: _directory,
    } = World::new();
    let one = tenant(&access, "one").await;
    let (key, _) = access.create_api_key(&one.id, "key", &by()).await.unwrap();
    for _ in 0..2 {
        access.revoke_api_key(&key.id, &by()).await.unwrap();
    }
    let preset = "preset-secret-of-a-deployment-0001";
    for _ in 0..2 {
        access
            .create_api_key_with_secret(&one.id, "preset", preset, &by())
            .await
            .unwrap();
    }
    for _ in 0..2 {
        access.revoke_tenant(&one.id, &by()).await.unwrap();
    }
    // What is refused leaves no trace either.
    assert!(access.create_tenant("one", &by()).await.is_err());
    assert!(access.create_api_key(&one.id, "late", &by()).await.is_err());
    let entries = access
        .audit()
        .page(&AuditFilter::default(), None, 100)
        .unwrap();
    let actions: Vec<Action> = entries.iter().map(|entry| entry.action).collect();
    assert_eq!(
        actions,
        [
            Action::TenantCreate,
            Action::ApiKeyCreate,
            Action::ApiKeyRevoke,
            Action::ApiKeyCreate,
            Action::TenantRevoke,
        ]
    );
    assert_eq!(entries[2].subject, key.id.as_str());
    assert_eq!(entries[2].request_id.as_deref(), Some("request-1"));
    assert_eq!(entries[2].address, by().address);
    assert_eq!(entries[2].actor, Actor::CommandLine);
    assert_eq!(
        access.audit().verify().unwrap(),
        access.audit().head().unwrap()
    );
}

#[tokio::test]
async fn filters_find_what_fits_and_nothing_of_others() {
    let World {
        access,
        directory: _directory,
    } = World::new();
    let (one, two) = (tenant(&access, "one").await, tenant(&access, "two").await);
    let (key, _) = access.create_api_key(&one.id, "key", &by()).await.unwrap();
    let user = access::UserId::generate().unwrap();
    let token = access::TokenId::generate().unwrap();
    let actor = Actor::User {
        user: user.clone(),
        token: Some(token),
    };
    let signed = access
        .record(Attribution::of(actor), event(&two, 1))
        .await
        .unwrap();
    let found = |filter: AuditFilter| {
        let entries = access.audit().page(&filter, None, 100).unwrap();
        entries.iter().map(|entry| entry.index).collect::<Vec<_>>()
    };
    let all = AuditFilter::default;
    let of = |tenant: &Tenant| AuditFilter {
        tenant: Some(tenant.id.clone()),
        ..all()
    };
    assert_eq!(found(all()), [0, 1, 2, 3]);
    assert_eq!(found(of(&one)), [0, 2]);
    assert_eq!(found(of(&two)), [1, 3]);
    let subject = Some(key.id.to_string());
    assert_eq!(
        found(AuditFilter {
            subject: subject.clone(),
            ..all()
        }),
        [2]
    );
    assert_eq!(
        found(AuditFilter {
            subject,
            ..of(&two)
        }),
        [0; 0]
    );
    let action = Some(Action::TenantCreate);
    assert_eq!(found(AuditFilter { action, ..of(&two) }), [1]);
    for (actor, expected) in [
        (format!("user:{user}"), vec![3]),
        (signed.actor.to_string(), vec![3]),
        ("user:us".to_owned(), vec![]),
        ("command-line".to_owned(), vec![0, 1, 2]),
    ] {
        let actor = Some(actor);
        assert_eq!(found(AuditFilter { actor, ..all() }), expected);
    }
    let from_ms = Some(signed.time_ms + 1);
    assert_eq!(found(AuditFilter { from_ms, ..all() }), [0; 0]);
    let until_ms = Some(signed.time_ms + 1);
    assert_eq!(found(AuditFilter { until_ms, ..all() }), [0, 1, 2, 3]);
    let page = access.audit().page(&all(), Some(0), 2).unwrap();
    assert_eq!(
        page.iter().map(|entry| entry.index).collect::<Vec<_>>(),
        [1, 2]
    );
}

#[tokio::test]
async fn a_change_of_any_column_of_any_row_is_named() {
    let world = filled().await;
    let columns = [
        ("time_ms", "time_ms + 1"),
        ("id", "'uj-aaaaa-bbbbb-ccccccccccccccca'"),
        ("tenant", "NULL"),
        ("actor", "'system'"),
        ("action", "'tenant.revoke'"),
        ("subject", "subject || 'x'"),
        ("details", "'{}'"),
        ("request_id", "NULL"),
        ("address", "'192.0.2.8'"),
        ("previous", "zeroblob(32)"),
        ("hash", "zeroblob(32)"),
    ];
    for (column, value) in columns {
        for row in [1, 500, 1000, ENTRIES - 1] {
            let copy = world.copy();
            copy.tamper(&format!(
                "UPDATE audit SET {column} = {value} WHERE idx = {row}"
            ));
            let fault = copy.fault();
            assert!(
                matches!(fault, AuditFault::Changed { index } if index == row),
                "{column} of {row}: {fault}"
            );
        }
    }
}

#[tokio::test]
async fn rows_that_are_removed_moved_or_added_are_named() {
    let world = filled().await;
    for row in [0, 1, 999, 1000, ENTRIES - 1] {
        let copy = world.copy();
        copy.tamper(&format!("DELETE FROM audit WHERE idx = {row}"));
        let fault = copy.fault();
        assert!(
            matches!(fault, AuditFault::Missing { index } if index == row),
            "{row}: {fault}"
        );
    }
    let copy = world.copy();
    copy.tamper(
        "UPDATE audit SET idx = 1000000 WHERE idx = 7; UPDATE audit SET idx = 7 WHERE idx = 8;
         UPDATE audit SET idx = 8 WHERE idx = 1000000",
    );
    let fault = copy.fault();
    assert!(
        matches!(
            fault,
            AuditFault::Reordered {
                index: 7,
                written_as: 8
            }
        ),
        "{fault}"
    );
    let copy = world.copy();
    copy.tamper(&format!(
        "INSERT INTO audit SELECT {ENTRIES}, time_ms, 'x', tenant, actor, action, subject, details, request_id,
             address, previous, hash FROM audit WHERE idx = 5"
    ));
    let fault = copy.fault();
    assert!(
        matches!(fault, AuditFault::Changed { index: ENTRIES }),
        "{fault}"
    );
    // Rows behind an end that was put back.
    let copy = world.copy();
    copy.tamper(&format!(
        "UPDATE audit_head SET size = {0}, hash = (SELECT hash FROM audit WHERE idx = {0} - 1)",
        ENTRIES - 1
    ));
    let fault = copy.fault();
    assert!(
        matches!(fault, AuditFault::Extra { index } if index == ENTRIES - 1),
        "{fault}"
    );
    let copy = world.copy();
    copy.tamper("UPDATE audit_head SET hash = zeroblob(32)");
    assert!(matches!(copy.fault(), AuditFault::End { last } if last == ENTRIES - 1));
    // A row of another log that is whole, at its own place.
    let other = World::new();
    let foreign = tenant(&other.access, "other").await;
    for number in 1..3 {
        other
            .access
            .record(by(), event(&foreign, number))
            .await
            .unwrap();
    }
    let copy = world.copy();
    let attach = other.path();
    copy.tamper(&format!(
        "ATTACH '{}' AS other; DELETE FROM audit WHERE idx = 1;
         INSERT INTO audit SELECT * FROM other.audit WHERE idx = 1",
        attach.display()
    ));
    assert!(matches!(copy.fault(), AuditFault::Unlinked { index: 1 }));
}

#[tokio::test]
async fn nothing_in_the_program_can_change_a_row() {
    let world = filled().await;
    let connection = Connection::open(world.path()).unwrap();
    for sql in ["UPDATE audit SET subject = 'x'", "DELETE FROM audit"] {
        let refused = connection.execute(sql, []).unwrap_err();
        assert!(refused.to_string().contains("append-only"), "{refused}");
    }
}

#[tokio::test]
async fn an_export_is_checked_offline_and_hides_what_is_of_others() {
    let World {
        access,
        directory: _directory,
    } = World::new();
    let (one, two) = (tenant(&access, "one").await, tenant(&access, "two").await);
    for number in 1..6 {
        let of = if number % 2 == 0 { &one } else { &two };
        access.record(by(), event(of, number)).await.unwrap();
    }
    let head = access.audit().head().unwrap();
    for tenant in [None, Some(&one), Some(&two)] {
        let lines = access
            .audit()
            .lines(tenant.map(|one| &one.id), None)
            .unwrap();
        assert_eq!(lines.last, Some(head.size - 1));
        assert_eq!(check(&lines.lines).unwrap(), head);
        for at in 0..lines.lines.len() {
            let mut without = lines.lines.clone();
            without.remove(at);
            match check(&without) {
                Err(AuditFault::Missing { index }) => assert_eq!(index, at as u64),
                // Only the head tells that the end is missing.
                Ok(reached) => assert!(at + 1 == lines.lines.len() && reached != head),
                other => panic!("{other:?}"),
            }
            let mut changed: Value = serde_json::from_str(&lines.lines[at]).unwrap();
            let member = if changed.get("content").is_some() {
                "content"
            } else {
                "details"
            };
            changed[member] = match member {
                "content" => json!("00".repeat(32)),
                _ => json!({"changed": true}),
            };
            let mut flipped = lines.lines.clone();
            flipped[at] = changed.to_string();
            assert!(
                matches!(check(&flipped), Err(AuditFault::Changed { index }) if index == at as u64)
            );
        }
    }
    let of_two = access
        .audit()
        .lines(Some(&two.id), None)
        .unwrap()
        .lines
        .join("\n");
    assert!(of_two.contains(two.id.as_str()) && !of_two.contains(one.id.as_str()));
    assert!(!of_two.contains("did:2") && of_two.contains("did:3"));
}

fn check(lines: &[String]) -> Result<AuditHead, AuditFault> {
    let mut check = AuditCheck::default();
    for line in lines {
        check.line(line)?;
    }
    Ok(check.head())
}

#[test]
fn the_vector_of_the_documentation_holds() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../fixtures/audit/export.ndjson"
    );
    let text = std::fs::read_to_string(path).unwrap();
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let head = check(&lines).unwrap();
    assert_eq!(head.size, 7, "an accepted loss leaves a gap");
    assert_eq!(
        hex::encode(head.hash),
        "d58b466c52f358374ff4c72ca14faa26f112cafe702e278714a3440f9ca8023b"
    );
}

#[tokio::test]
async fn what_does_not_fit_is_refused_and_takes_nothing_else_with_it() {
    let World {
        access,
        directory: _directory,
    } = World::new();
    let one = tenant(&access, "one").await;
    let large = event(&one, 1).with("large", "x".repeat(64 << 10));
    let refused = access.record(by(), large).await;
    assert!(matches!(
        refused,
        Err(AccessError::Audit(AuditError::TooLarge))
    ));
    access.record(by(), event(&one, 2)).await.unwrap();
    assert_eq!(access.audit().head().unwrap().size, 2);
}

#[tokio::test]
async fn two_processes_write_one_chain() {
    let world = World::new();
    let other = open(&world.path());
    let one = tenant(&world.access, "one").await;
    for number in 1..20 {
        let access = if number % 2 == 0 {
            &world.access
        } else {
            &other
        };
        access.record(by(), event(&one, number)).await.unwrap();
        assert_eq!(
            other.audit().head().unwrap(),
            world.access.audit().head().unwrap()
        );
    }
    assert_eq!(world.access.audit().verify().unwrap().size, 20);
}

#[tokio::test]
async fn an_accepted_loss_ends_every_key_and_the_chain_goes_on_behind_it() {
    let world = World::new();
    let one = tenant(&world.access, "one").await;
    let (key, secret) = world
        .access
        .create_api_key(&one.id, "key", &by())
        .await
        .unwrap();
    let copy = world.copy();
    let caller = copy
        .access
        .authenticate(Presented::ApiKey(secret.reveal()))
        .unwrap();
    world.access.revoke_api_key(&key.id, &by()).await.unwrap();
    world.access.record(by(), event(&one, 1)).await.unwrap();
    let head = world.access.audit().head().unwrap();

    let lost = LostHead {
        network: "testnet".into(),
        head,
    };
    let nothing = copy.access.accept_loss(Vec::new(), &[], &by()).await;
    assert!(matches!(nothing, Err(AccessError::NothingLost)));
    assert!(!copy.access.audit().is_accepted_loss(&lost).unwrap());
    let loss = copy
        .access
        .accept_loss(vec![lost.clone()], &[], &by())
        .await
        .unwrap();
    assert_eq!(loss.entry.index, head.size);
    assert_eq!(loss.ended[0], ("apiKeys", 1));
    assert!(matches!(
        copy.access.recheck(&caller),
        Err(AuthenticationError::Revoked)
    ));
    assert!(copy.access.audit().is_accepted_loss(&lost).unwrap());
    for (network, size) in [("mainnet", head.size), ("testnet", head.size - 1)] {
        let other = LostHead {
            network: network.into(),
            head: AuditHead { size, ..head },
        };
        assert!(!copy.access.audit().is_accepted_loss(&other).unwrap());
    }
    copy.access
        .create_api_key(&one.id, "new", &by())
        .await
        .unwrap();
    let reached = copy.access.audit().verify().unwrap();
    assert_eq!(reached, copy.access.audit().head().unwrap());
    assert_eq!(reached.size, head.size + 2);
    let lines = copy.access.audit().lines(Some(&one.id), None).unwrap();
    assert_eq!(check(&lines.lines).unwrap(), reached);
    // No further row can be removed under the same entry.
    copy.tamper("DELETE FROM audit WHERE idx = 1");
    assert!(matches!(copy.fault(), AuditFault::Missing { index: 1 }));
}
