//! A server that lies about its log is caught: by a client that keeps its last checkpoint, by a witness, and by whoever
//! replays the log.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::fs;

use proof::Hash;
use proof::checkpoint::Checkpoint;
use proof::merkle::{consistency_proof_of, root_of};
use proof::note::{Note, NoteVerifier};
use proof::witness::AddCheckpoint;
use sha2::{Digest, Sha256};
use tests::client::Client;
use tests::server::{Place, Server};
use tests::studio::expect_200;
use tests::wallet::{Signed, Wallet};
use tests::witness::{Witness, log_vkey};

const EVERYTHING: [&str; 3] = ["data", "data.guard", "data.keys"];
const PROTOBUF: &str = "application/protobuf";

/// Two servers with one key and one past: the honest one has ended a DID since, the liar has not.
struct World {
    honest: Server,
    liar: Server,
    vkey: String,
    /// What a client has of the honest one.
    kept: Seen,
    _places: (Place, Place),
}

/// A log as a client sees it: the checkpoint, verified, and the hashes of all leaves.
struct Seen {
    note: String,
    checkpoint: Checkpoint,
    hashes: Vec<Hash>,
}

/// How a client knows that two views cannot be of one log.
#[derive(Debug, PartialEq, Eq)]
enum Lie {
    /// The server shows fewer entries than it has shown before.
    Shrunk,
    /// The tree does not begin with the one that was shown before.
    Forked,
}

impl World {
    async fn new() -> Self {
        let place = Place::new().unwrap();
        let server = place.start().unwrap();
        let wallet = Wallet::new(1, 1);
        send(&server.client().unwrap(), &wallet.create()).await;
        server.stop().unwrap();
        let other = Place::new().unwrap();
        other.put_in(&place.save(&EVERYTHING).unwrap()).unwrap();
        let (honest, liar) = (place.start().unwrap(), other.start().unwrap());
        let client = honest.client().unwrap();
        send(&client, &wallet.deactivate(2)).await;
        let vkey = log_vkey(&client).await.unwrap();
        let kept = Seen::of(&client, &vkey).await;
        Self {
            honest,
            liar,
            vkey,
            kept,
            _places: (place, other),
        }
    }

    async fn liar_shows(&self) -> Seen {
        Seen::of(&self.liar.client().unwrap(), &self.vkey).await
    }

    async fn liar_goes_on(&self, number: u64) {
        send(
            &self.liar.client().unwrap(),
            &Wallet::new(number, 1).create(),
        )
        .await;
    }
}

impl Seen {
    /// What the server shows: everything in it fits together, or the test ends here.
    async fn of(client: &Client, vkey: &str) -> Self {
        let known: [NoteVerifier; 1] = [vkey.parse().unwrap()];
        // What is published may be a moment behind what was acknowledged.
        let (size, _) = client.head().await.unwrap();
        loop {
            let answer = client.get("/log/testnet/checkpoint").await.unwrap();
            let note = Note::parse(&answer.body).unwrap();
            note.verify(&known).unwrap();
            let (checkpoint, _) = Checkpoint::parse(note.text()).unwrap();
            if checkpoint.size < size {
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
                continue;
            }
            let path = format!("/log/testnet/tile/0/000.p/{}", checkpoint.size);
            let tile = client.get(&path).await.unwrap();
            assert_eq!(tile.status, 200, "{}", tile.text());
            let hash = |bytes: &[u8]| Hash::from(<[u8; 32]>::try_from(bytes).unwrap());
            let hashes: Vec<Hash> = tile.body.chunks(32).map(hash).collect();
            assert_eq!(root_of(&hashes), checkpoint.root);
            let note = answer.text();
            return Self {
                note,
                checkpoint,
                hashes,
            };
        }
    }

    /// What a client does that keeps its last checkpoint.
    fn continues(&self, kept: &Checkpoint) -> Result<(), Lie> {
        let size = kept.size as usize;
        let first = self.hashes.get(..size).ok_or(Lie::Shrunk)?;
        if root_of(first) == kept.root {
            Ok(())
        } else {
            Err(Lie::Forked)
        }
    }

    /// The request that a witness cosign this view, from the size that it knows.
    fn request(&self, old_size: u64) -> String {
        let proof = match old_size {
            0 => Vec::new(),
            old_size => consistency_proof_of(&self.hashes, old_size).unwrap(),
        };
        AddCheckpoint {
            old_size,
            proof,
            checkpoint: self.note.clone(),
        }
        .encode()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_keeps_its_last_checkpoint_catches_an_older_tree_and_a_forked_one() {
    let world = World::new().await;
    let kept = &world.kept.checkpoint;
    assert_eq!(world.liar_shows().await.continues(kept), Err(Lie::Shrunk));
    // The liar writes other entries until its log is as long, and longer.
    for number in 10..13 {
        world.liar_goes_on(number).await;
        let shown = world.liar_shows().await;
        assert!(shown.checkpoint.size >= kept.size);
        assert_eq!(shown.continues(kept), Err(Lie::Forked));
    }
    let client = world.honest.client().unwrap();
    send(&client, &Wallet::new(20, 1).create()).await;
    let honest = Seen::of(&client, &world.vkey).await;
    assert!(honest.checkpoint.size > kept.size);
    assert_eq!(honest.continues(kept), Ok(()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_witness_cosigns_neither_an_older_tree_nor_a_forked_one() {
    let world = World::new().await;
    let witness = Witness::start(&world.vkey).unwrap();
    let witness = witness.client().unwrap();
    let ask = async |body: String| {
        let answer = witness.post_bytes("/add-checkpoint", "text/plain", body);
        answer.await.unwrap()
    };
    let accepted = ask(world.kept.request(0)).await;
    assert_eq!(accepted.status, 200, "{}", accepted.text());
    let known = world.kept.checkpoint.size;

    let older = world.liar_shows().await;
    assert!(older.checkpoint.size < known);
    for old_size in [0, older.checkpoint.size] {
        let answer = ask(older.request(old_size)).await;
        assert_eq!(answer.status, 409, "{}", answer.text());
        assert_eq!(answer.text(), format!("{known}\n"));
    }
    world.liar_goes_on(10).await;
    let as_long = world.liar_shows().await;
    assert_eq!(as_long.checkpoint.size, known);
    assert_eq!(ask(as_long.request(known)).await.status, 409);
    world.liar_goes_on(11).await;
    let longer = world.liar_shows().await;
    assert_eq!(ask(longer.request(known)).await.status, 422);
    assert_eq!(ask(world.kept.request(known)).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_replays_the_log_finds_a_forged_entry() {
    let place = Place::new().unwrap();
    let server = place.start().unwrap();
    let wallet = Wallet::new(1, 1);
    let client = server.client().unwrap();
    send(&client, &wallet.create()).await;
    send(&client, &wallet.deactivate(2)).await;
    server.stop().unwrap();
    assert!(verify(&place).status.success());
    forge(&place, wallet.did());
    let found = verify(&place);
    assert!(!found.status.success());
    let text = String::from_utf8_lossy(&found.stdout);
    assert!(text.contains("NOT verified"), "{text}");
    assert!(place.start().is_err(), "it serves what it has not signed");
}

fn verify(place: &Place) -> std::process::Output {
    place.run(&["ledger", "verify"]).unwrap()
}

/// Changes the last entry that names the DID, with all checksums of the segment made again: the frame is the last one,
/// so that no other names its hash.
fn forge(place: &Place, did: &str) {
    let path = segment(place);
    let mut bytes = fs::read(&path).unwrap();
    let frame = last_index(&bytes, b"AFR1");
    let length = u32::from_be_bytes(bytes[frame + 4..frame + 8].try_into().unwrap());
    let end = frame + 4 + 4 + 8 + 8 + 4 + 32 + length as usize;
    let named = frame + last_index(&bytes[frame..end], did.as_bytes());
    let letter = named + did.len() - 1;
    bytes[letter] = if bytes[letter] == b'0' { b'1' } else { b'0' };
    let hash = Sha256::digest(&bytes[frame..end]);
    bytes[end..end + 32].copy_from_slice(&hash);
    fs::write(path, bytes).unwrap();
}

fn segment(place: &Place) -> std::path::PathBuf {
    let below = tests::scan::files_below(&place.folder().join("data")).unwrap();
    let mut segments = below.into_iter().filter(|path| {
        let name = path.file_name().unwrap().to_string_lossy();
        name.starts_with("segment-") && name.ends_with(".log")
    });
    segments.next().expect("no segment")
}

fn last_index(bytes: &[u8], wanted: &[u8]) -> usize {
    let found = bytes.windows(wanted.len()).rposition(|part| part == wanted);
    found.expect("not in the segment")
}

async fn send(client: &Client, signed: &Signed) {
    let bytes = signed.bytes();
    let answer = client.post_bytes(signed.path(), PROTOBUF, bytes).await;
    expect_200(answer.unwrap()).unwrap();
}
