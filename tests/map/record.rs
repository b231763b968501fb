//! Outlines as bytes.

use super::outline;
use RecordError::{Damaged, Version};
use proptest::prelude::*;
use vibe_tui::map::{Map, RecordError, decode, encode};

const SCRIPT: &str =
    "class Cart\n  def add_item\n  doc Adds one.\nuse price*3 Ünicode\nimport a.b: c, d\nword login*2\nmain";

#[test]
fn an_outline_comes_back_from_its_bytes() {
    let outline = outline("cart.py", SCRIPT);
    let bytes = encode(&outline);
    assert_eq!(decode(&bytes).unwrap().outline(), outline);
    assert!(bytes.len() < 150, "{} bytes", bytes.len());
}

#[test]
fn a_map_from_records_is_the_map_from_outlines() {
    let outline = outline("cart.py", SCRIPT);
    let bytes = encode(&outline);
    let (mut a, mut b) = (Map::new(), Map::new());
    a.edit().insert("cart.py", [1; 32], &outline);
    b.edit().insert_record("cart.py", [1; 32], &decode(&bytes).unwrap());
    assert_eq!(a.symbols("cart.py"), b.symbols("cart.py"));
    assert_eq!(a.stamp("cart.py"), b.stamp("cart.py"));
}

#[test]
fn bytes_that_are_cut_longer_or_of_another_version_are_refused() {
    let bytes = encode(&outline("cart.py", SCRIPT));
    for end in 0..bytes.len() {
        assert!(decode(&bytes[..end]).is_err(), "cut at {end}");
    }
    assert_eq!(decode(&[&bytes[..], &[0]].concat()), Err(RecordError::Damaged));
    assert_eq!(decode(&[&[99], &bytes[1..]].concat()), Err(RecordError::Version));
}

#[test]
fn a_definition_cannot_stand_in_itself_or_in_a_later_one() {
    let mut outline = outline("cart.py", SCRIPT);
    outline.definitions[0].container = Some(1);
    assert_eq!(decode(&encode(&outline)), Err(RecordError::Damaged));
    outline.definitions[0].container = Some(0);
    assert_eq!(decode(&encode(&outline)), Err(RecordError::Damaged));
}

proptest! {
    #[test]
    fn no_bytes_make_reading_fail_otherwise_than_by_an_error(
        mut bytes in proptest::collection::vec(any::<u8>(), 0..400),
        flips in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let _ = decode(&bytes);
        let good = encode(&outline("cart.py", SCRIPT));
        bytes.splice(0..0, good[..2].iter().copied());
        let _ = decode(&bytes);
        let mut changed = good.clone();
        for (at, byte) in flips {
            let at = at.index(changed.len());
            changed[at] = byte;
        }
        if changed != good {
            assert_eq!(decode(&changed).err(), Some(if changed[..2] == good[..2] { Damaged } else { Version }));
        }
        // Somebody who wants to harm gives the right sum.
        changed[..2].copy_from_slice(&good[..2]);
        let sum = crc32fast::hash(&changed[6..]).to_le_bytes();
        changed[2..6].copy_from_slice(&sum);
        // What can still be read can be put into a map and asked for.
        if let Ok(record) = decode(&changed) {
            let mut map = Map::new();
            map.edit().insert_record("cart.py", [0; 32], &record);
            map.search_definitions("cart add", 10);
            map.rank(&Default::default());
        }
    }
}
