//! Paths of tiles as the specification writes them, and bundles of entries.

use proof::tiles::{EntryBundle, InvalidBundle, InvalidTilePath, TILE_WIDTH, TilePath, width_in};
use proptest::collection::vec;
use proptest::prelude::*;

fn tile(level: u8, index: u64, width: u16) -> TilePath {
    TilePath::Tile {
        level,
        index,
        width,
    }
}

fn entries(index: u64, width: u16) -> TilePath {
    TilePath::Entries { index, width }
}

#[test]
fn paths_are_those_of_the_specification() {
    let cases = [
        ("tile/0/x001/x234/067", tile(0, 1_234_067, 256)),
        ("tile/0/000", tile(0, 0, 256)),
        ("tile/1/000.p/1", tile(1, 0, 1)),
        ("tile/0/273.p/112", tile(0, 273, 112)),
        ("tile/63/999.p/255", tile(63, 999, 255)),
        ("tile/2/x001/000", tile(2, 1000, 256)),
        (
            "tile/0/x018/x446/x744/x073/x709/x551/615",
            tile(0, u64::MAX, 256),
        ),
        ("tile/entries/x001/x234/067", entries(1_234_067, 256)),
        ("tile/entries/067.p/3", entries(67, 3)),
    ];
    for (text, path) in cases {
        assert_eq!(path.to_string(), text);
        assert_eq!(text.parse(), Ok(path), "{text}");
    }
}

#[test]
fn no_other_spelling_is_a_path() {
    let wrong = [
        "",
        "tile",
        "tile/",
        "tile/0",
        "tile/0/",
        "tile/0/67",
        "tile/0/0067",
        "tile/0/x067",
        "tile/0/001/067",
        "tile/0/x000/067",
        "tile/0/x001/x067",
        "tile/0/x001067",
        "tile/0/x001//067",
        "tile/0/X001/067",
        "tile/0/xx01/067",
        "tile/0/-01",
        "tile/0/+01",
        "tile/0/0 1",
        "tile/00/067",
        "tile/01/067",
        "tile/+1/067",
        "tile/64/067",
        "tile/256/067",
        "tile/-1/067",
        "tile/Entries/067",
        "tile/0/067.p",
        "tile/0/067.p/",
        "tile/0/067.p/0",
        "tile/0/067.p/01",
        "tile/0/067.p/+1",
        "tile/0/067.p/256",
        "tile/0/067.p/257",
        "tile/0/067.p/65537",
        "tile/0/067.p/3/",
        "tile/0/067.p/3.p/3",
        "tile/0/067/",
        "tile/0/067\n",
        "/tile/0/067",
        "tile//067",
        "tile/0/x018/x446/x744/x073/x709/x551/616",
        "tile/0/x999/x999/x999/x999/x999/x999/x999/x999/x999/x999/x999/x999/x999/999",
        "tile/0/\u{0660}\u{0660}\u{0660}",
        "../tile/0/067",
        "tile/0/../067",
    ];
    for text in wrong {
        assert_eq!(text.parse::<TilePath>(), Err(InvalidTilePath), "{text:?}");
    }
}

/// "A tree of size 70,000 will be represented by 273 full level 0 tiles, one partial level 0 tile of width 112, one
/// full level 1 tile, one partial level 1 tile of width 17, and one partial level 2 tile of width 1."
#[test]
fn a_tree_has_the_tiles_of_the_specifications_example() {
    let widths = |level: u8, size: u64| -> Vec<u16> {
        (0..)
            .map(|index| width_in(level, index, size))
            .take_while(|width| *width > 0)
            .collect()
    };
    let full = |count: usize, last: u16| [vec![256; count], vec![last]].concat();
    assert_eq!(widths(0, 70_000), full(273, 112));
    assert_eq!(widths(1, 70_000), full(1, 17));
    assert_eq!(widths(2, 70_000), [1]);
    assert_eq!(widths(3, 70_000), [0_u16; 0]);
    assert_eq!((widths(0, 256), widths(1, 256)), (vec![256], vec![1]));
    assert_eq!(widths(0, 0), [0_u16; 0]);
    assert_eq!(width_in(7, 63, 1 << 62), 0);
    assert_eq!(width_in(7, 0, 1 << 62), 64);
    assert_eq!(width_in(8, 0, u64::MAX), 0);
    assert_eq!(width_in(63, u64::MAX, u64::MAX), 0);
}

#[test]
fn a_path_lies_within_a_tree_that_has_all_of_it() {
    assert!(tile(0, 273, 112).lies_within(70_000));
    assert!(tile(0, 273, 5).lies_within(70_000));
    assert!(entries(273, 112).lies_within(70_000));
    assert!(entries(272, 256).lies_within(70_000));
    assert!(tile(1, 1, 17).lies_within(70_000));
    for path in [
        tile(0, 273, 113),
        tile(0, 273, 256),
        tile(0, 274, 1),
        tile(1, 1, 18),
        tile(2, 0, 2),
        tile(3, 0, 1),
        entries(273, 113),
        tile(0, 0, 0),
        entries(0, 257),
    ] {
        assert!(!path.lies_within(70_000), "{path}");
    }
}

#[test]
fn bundles_have_1_to_256_entries_of_up_to_65535_bytes() {
    let bundle = EntryBundle::new(vec![b"ab".to_vec(), Vec::new()]).unwrap();
    assert_eq!(bundle.encode(), [0, 2, b'a', b'b', 0, 0]);
    let largest = EntryBundle::new(vec![vec![7; 65_535]; 256]).unwrap();
    assert_eq!(EntryBundle::parse(&largest.encode()), Ok(largest));
    assert_eq!(EntryBundle::new(Vec::new()), Err(InvalidBundle::Count));
    assert_eq!(
        EntryBundle::new(vec![Vec::new(); 257]),
        Err(InvalidBundle::Count)
    );
    let too_large = Err(InvalidBundle::EntryTooLarge { bytes: 65_536 });
    assert_eq!(EntryBundle::new(vec![vec![7; 65_536]]), too_large);
    assert_eq!(EntryBundle::parse(&[]), Err(InvalidBundle::Count));
    assert_eq!(EntryBundle::parse(&[0; 514]), Err(InvalidBundle::Count));
    for cut in [[0].as_slice(), &[0, 1], &[0, 1, 7, 0]] {
        assert_eq!(EntryBundle::parse(cut), Err(InvalidBundle::Truncated));
    }
}

proptest! {
    #[test]
    fn every_path_is_read_again(level in 0_u8..64, index: u64, short in 0_u64..2000, width in 1..=TILE_WIDTH) {
        for index in [index, short] {
            for path in [tile(level, index, width), entries(index, width)] {
                prop_assert_eq!(path.to_string().parse(), Ok(path));
            }
        }
    }

    #[test]
    fn every_accepted_path_is_the_one_spelling(
        text in "tile/(entries|[0-9]{1,2})/(x[0-9]{3}/){0,2}x?[0-9]{1,3}(\\.p/[0-9]{1,3})?",
    ) {
        if let Ok(path) = text.parse::<TilePath>() {
            prop_assert_eq!(path.to_string(), text);
        }
    }

    #[test]
    fn every_accepted_bundle_is_the_one_encoding(bytes in vec(0_u8..3, 0..60)) {
        if let Ok(bundle) = EntryBundle::parse(&bytes) {
            prop_assert_eq!(bundle.encode(), bytes);
        }
    }

    #[test]
    fn every_bundle_is_read_again(entries in vec(vec(any::<u8>(), 0..40), 1..20)) {
        let bundle = EntryBundle::new(entries.clone()).unwrap();
        prop_assert_eq!(EntryBundle::parse(&bundle.encode()), Ok(bundle.clone()));
        prop_assert_eq!(bundle.into_entries(), entries);
    }
}
