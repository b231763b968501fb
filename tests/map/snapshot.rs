//! A map comes back whole from its bytes, and bytes that are none do no harm.

use super::order::{all_of, put};
use proptest::prelude::*;
use vibe_tui::map::{Map, RecordError};

fn shop(order: impl Iterator<Item = usize>) -> Map {
    let mut map = Map::new();
    order.for_each(|i| put(&mut map, i, i % 4));
    map
}

#[test]
fn a_thawed_map_gives_out_what_the_frozen_one_did_and_changes_like_it() {
    let mut map = shop(0..24);
    let mut thawed = Map::thaw(&map.freeze()).unwrap();
    assert_eq!(all_of(&thawed), all_of(&map));
    for map in [&mut map, &mut thawed] {
        put(map, 5, 2);
        put(map, 30, 1);
        map.edit().remove("p1");
    }
    assert_eq!(all_of(&thawed), all_of(&map));
}

#[test]
fn bytes_do_not_tell_how_a_map_came_to_be() {
    let mut other = shop((0..30).rev());
    (24..30).for_each(|i| put(&mut other, i, 0));
    for path in other.paths().map(str::to_owned).collect::<Vec<_>>() {
        if shop(0..24).stamp(&path).is_none() {
            other.edit().remove(&path);
        }
    }
    assert_eq!(other.freeze(), shop(0..24).freeze());
    assert_eq!(Map::thaw(&Map::new().freeze()).unwrap().len(), 0);
}

#[test]
fn bytes_that_are_cut_or_of_another_version_are_refused() {
    let bytes = shop(0..8).freeze();
    for end in 0..bytes.len() {
        assert!(Map::thaw(&bytes[..end]).is_err(), "cut at {end}");
    }
    assert_eq!(Map::thaw(&[&[99], &bytes[1..]].concat()).err(), Some(RecordError::Version));
}

proptest! {
    #[test]
    fn a_map_from_any_bytes_can_be_asked_and_changed(
        flips in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut bytes = shop(0..8).freeze();
        for (at, byte) in flips {
            let at = 3 + at.index(bytes.len() - 3);
            bytes[at] = byte;
        }
        if let Ok(mut map) = Map::thaw(&bytes) {
            all_of(&map);
            (0..12).for_each(|i| put(&mut map, i, (i + 1) % 4));
            map.edit().remove("p0");
            all_of(&map);
            prop_assert!(Map::thaw(&map.freeze()).is_ok());
        }
    }
}
