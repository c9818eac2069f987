//! The file formats of `docs/log-format.md`, pinned by `fixtures/log/files.json`.

use std::path::Path;

use proof::{Hash, NetworkId};
use serde_json::{Value, json};

use super::world::{ORIGIN, log_signer};
use crate::disk::Disk;
use crate::disk::faulty::FaultyDisk;
use crate::guard::{Guard, GuardedHead};
use crate::log::SegmentHeader;
use crate::log::{Frame, Position, SEGMENT_HEADER_BYTES, Step};

const FIXTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/log/files.json");

fn header() -> SegmentHeader {
    SegmentHeader {
        number: 3,
        network_id: [7; 32],
        first_sequence: 41,
        first_index: 1000,
        previous: Hash::from([9; 32]),
    }
}

fn frame() -> Frame {
    Frame {
        sequence: 41,
        first_index: 1000,
        previous: Hash::from([9; 32]),
        leaves: vec![b"one".to_vec(), Vec::new(), vec![0xff; 300]],
    }
}

fn guarded_head() -> GuardedHead {
    let position = Position {
        segment: 3,
        frame_start: SEGMENT_HEADER_BYTES,
        end: SEGMENT_HEADER_BYTES + 401,
        sequence: 41,
        frame_hash: frame().encode().1,
    };
    let root = Hash::from([5; 32]);
    let signer = log_signer();
    let checkpoint = proof::checkpoint::Checkpoint {
        origin: ORIGIN.to_owned(),
        size: 1003,
        root,
    }
    .sign(&signer)
    .unwrap();
    GuardedHead {
        network_id: NetworkId::from([7; 32]),
        log_key: signer.public_key(),
        origin: ORIGIN.to_owned(),
        size: 1003,
        root,
        position,
        checkpoint: checkpoint.to_string(),
    }
}

fn guard_file() -> Vec<u8> {
    let disk = FaultyDisk::new(1);
    Guard::create(&disk, Path::new("/guard"), &guarded_head()).unwrap();
    let file = disk.open(Path::new("/guard/head.guard")).unwrap();
    let mut bytes = vec![0; file.length().unwrap() as usize];
    file.read_exact_at(&mut bytes, 0).unwrap();
    bytes
}

fn vectors() -> Value {
    let (frame_bytes, frame_hash) = frame().encode();
    json!({
        "segmentHeader": {
            "number": 3, "networkId": hex::encode([7; 32]), "firstSequence": 41, "firstIndex": 1000,
            "previous": hex::encode([9; 32]), "bytes": hex::encode(header().encode()),
        },
        "frame": {
            "sequence": 41, "firstIndex": 1000, "previous": hex::encode([9; 32]),
            "leaves": frame().leaves.iter().map(hex::encode).collect::<Vec<_>>(),
            "bytes": hex::encode(frame_bytes), "hash": frame_hash.to_string(),
        },
        "guard": {
            "generation": 1, "logKeySeed": hex::encode([42; 32]), "origin": ORIGIN, "size": 1003,
            "checkpoint": guarded_head().checkpoint, "bytes": hex::encode(guard_file()),
        },
    })
}

#[test]
fn the_files_are_byte_for_byte_what_the_vectors_say() {
    let made = serde_json::to_string_pretty(&vectors()).unwrap() + "\n";
    if std::env::var_os("UPDATE_FIXTURES").is_some() {
        std::fs::write(FIXTURE, &made).unwrap();
    }
    assert_eq!(
        std::fs::read_to_string(FIXTURE).unwrap(),
        made,
        "run with UPDATE_FIXTURES=1 to write it anew"
    );
}

#[test]
fn what_the_vectors_say_is_read_back() {
    let disk = FaultyDisk::new(1);
    let file = disk.create(Path::new("/segment")).unwrap();
    file.write_all_at(&header().encode(), 0).unwrap();
    file.write_all_at(&frame().encode().0, SEGMENT_HEADER_BYTES)
        .unwrap();
    assert_eq!(SegmentHeader::read(file.as_ref()).unwrap(), Some(header()));
    let Step::Frame(read, hash, _) =
        Frame::read(file.as_ref(), SEGMENT_HEADER_BYTES, file.length().unwrap()).unwrap()
    else {
        panic!("no frame");
    };
    assert_eq!((read, hash), (frame(), frame().encode().1));

    let guards = FaultyDisk::new(1);
    Guard::create(&guards, Path::new("/guard"), &guarded_head()).unwrap();
    let head = Guard::read(&guards, Path::new("/guard")).unwrap().unwrap();
    assert_eq!(head, guarded_head());
}

#[test]
fn every_flipped_bit_of_a_frame_is_seen() {
    let bytes = frame().encode().0;
    for bit in 0..bytes.len() * 8 {
        let disk = FaultyDisk::new(1);
        let file = disk.create(Path::new("/segment")).unwrap();
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        file.write_all_at(&flipped, 0).unwrap();
        let step = Frame::read(file.as_ref(), 0, file.length().unwrap()).unwrap();
        assert!(matches!(step, Step::Torn(_)), "bit {bit}");
    }
}

#[test]
fn a_frame_cut_at_any_byte_is_torn() {
    let bytes = frame().encode().0;
    for length in 1..bytes.len() {
        let disk = FaultyDisk::new(1);
        let file = disk.create(Path::new("/segment")).unwrap();
        file.write_all_at(&bytes[..length], 0).unwrap();
        let step = Frame::read(file.as_ref(), 0, length as u64).unwrap();
        assert!(matches!(step, Step::Torn(_)), "length {length}");
    }
}
