//! `/log/{network}/…`: the log as files.

use proof::Hash;
use proof::merkle::{leaf_hash, root_of};
use proof::tiles::{EntryBundle, TILE_WIDTH};

use super::World;

async fn checkpoint(world: &World) -> proof::checkpoint::Checkpoint {
    let answer = world.get("/log/testnet/checkpoint").await;
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (200, "text/plain; charset=utf-8")
    );
    assert_eq!(answer.header("cache-control"), "public, max-age=2");
    world.policy().await.open(&answer.body).unwrap().checkpoint
}

#[tokio::test]
async fn whoever_fetches_all_entries_gets_the_root_of_the_checkpoint() {
    let world = World::new().await;
    let checkpoint = checkpoint(&world).await;
    assert!(checkpoint.size > 3 && checkpoint.size < u64::from(TILE_WIDTH));
    let width = checkpoint.size;
    let answer = world
        .get(&format!("/log/testnet/tile/entries/000.p/{width}"))
        .await;
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (200, "application/octet-stream")
    );
    assert!(answer.header("cache-control").contains("immutable"));
    let entries = EntryBundle::parse(&answer.body).unwrap().into_entries();
    let hashes: Vec<Hash> = entries.iter().map(|entry| leaf_hash(entry)).collect();
    assert_eq!(root_of(&hashes), checkpoint.root);

    let answer = world
        .get(&format!("/log/testnet/tile/0/000.p/{width}"))
        .await;
    let tile: Vec<u8> = hashes.iter().flat_map(|hash| *hash.as_bytes()).collect();
    assert_eq!((answer.status, answer.body), (200, tile));
}

#[tokio::test]
async fn what_is_not_there_yet_and_what_never_will_be_are_told_apart() {
    let world = World::new().await;
    let size = checkpoint(&world).await.size;
    for path in [
        "tile/0/000".to_owned(),
        "tile/entries/000".into(),
        "tile/1/000.p/1".into(),
        format!("tile/0/000.p/{}", size + 1),
        "tile/0/x001/067.p/1".into(),
        "tile/63/x999/x999/999".into(),
    ] {
        let answer = world.get(&format!("/log/testnet/{path}")).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.error().contains("not that long"), "{path}");
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
    }
    for path in [
        "tile/0/0",
        "tile/64/000",
        "tile/00/000",
        "tile/0/000.p/256",
        "tile/0/000.p/0",
        "tile/0/../../checkpoint",
        "tile/entries/x001",
        "tile/data/000",
    ] {
        let answer = world.get(&format!("/log/testnet/{path}")).await;
        assert_eq!(answer.status, 400, "{path}: {}", answer.error());
    }
    for path in ["/log/mainnet/checkpoint", "/log/mainnet/tile/0/000.p/1"] {
        assert_eq!(world.get(path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn a_partial_tile_never_changes_while_the_log_grows() {
    let world = World::new().await;
    let path = "/log/testnet/tile/0/000.p/2";
    let before = world.get(path).await;
    let more = super::Wallet::new(9, 1);
    assert_eq!(
        world.server.submit(more.create().to_string()).await.status,
        200
    );
    let after = world.get(path).await;
    assert_eq!((after.status, after.body), (200, before.body));
}
