//! A map comes back whole from its bytes, and bytes that are none do no harm.

use super::order::{all_of, put};
use proptest::prelude::*;
use vibe_tui::domain::language::Language;
use vibe_tui::map::{Map, RecordError};

fn shop(order: impl Iterator<Item = usize>) -> Map {
    let mut map = Map::new();
    order.for_each(|i| put(&mut map, i, i % 4));
    map
}

fn frozen(map: &Map) -> Vec<Vec<u8>> {
    let mut parts = Vec::new();
    map.freeze(|part| parts.push(part.to_vec()));
    parts
}

#[test]
fn a_thawed_map_gives_out_what_the_frozen_one_did_and_changes_like_it() {
    let mut map = shop(0..24);
    let mut thawed = Map::thaw(frozen(&map)).unwrap();
    assert_eq!(all_of(&thawed), all_of(&map));
    for map in [&mut map, &mut thawed] {
        put(map, 5, 2);
        put(map, 30, 1);
        map.edit().remove("p1");
    }
    assert_eq!(all_of(&thawed), all_of(&map));
}

#[test]
fn a_map_that_is_larger_than_a_part_comes_back_in_its_order() {
    let parts = frozen(&shop(0..600));
    assert_eq!(frozen(&Map::thaw(&parts).unwrap()), parts);
}

#[test]
fn a_map_of_more_names_than_fit_a_part_comes_back_whole() {
    let mut map = Map::new();
    for file in 0..40 {
        let text: String = (0..1000).map(|i| format!("def name_{file}_{i}(): pass\n")).collect();
        map.edit().insert(&format!("f{file}.py"), [1; 32], &vibe_tui::syntax::scan(Language::Python, &text));
    }
    let parts = frozen(&map);
    let thawed = Map::thaw(&parts).unwrap();
    assert_eq!(frozen(&thawed), parts);
    assert_eq!(thawed.definition_count(), 40_000);
    let found = thawed.find_symbols("name_39_999", 1);
    assert_eq!((found[0].path, found[0].name), ("f39.py", "name_39_999"));
    let full: Vec<usize> = (0..parts.len()).filter(|at| parts[*at].len() == 1 << 16).collect();
    assert!(full.len() > 20, "{full:?}");
    for cut in full {
        let some = parts.iter().enumerate().filter(|(at, _)| *at != cut).map(|(_, part)| part);
        assert!(Map::thaw(some).is_err(), "without part {cut}");
    }
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
    assert_eq!(frozen(&other), frozen(&shop(0..24)));
    assert_eq!(Map::thaw(frozen(&Map::new())).unwrap().len(), 0);
}

#[test]
fn bytes_that_are_cut_or_of_another_version_are_refused() {
    let parts = frozen(&shop(0..8));
    for end in 0..parts.len() {
        assert!(Map::thaw(&parts[..end]).is_err(), "without part {end}");
        for bytes in 0..parts[end].len() {
            let mut cut = parts.clone();
            cut[end].truncate(bytes);
            assert!(Map::thaw(&cut).is_err(), "part {end} cut at {bytes}");
        }
    }
    let twice = parts.iter().chain(parts.last());
    assert!(Map::thaw(twice).is_err());
    assert_eq!(Map::thaw([&[&[99], &parts[0][1..]].concat()]).err(), Some(RecordError::Version));
}

proptest! {
    #[test]
    fn a_map_from_any_bytes_can_be_asked_and_changed(
        flips in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut parts = frozen(&shop(0..8));
        for (at, byte) in flips {
            let mut at = 3 + at.index(parts.concat().len() - 3);
            for part in &mut parts {
                match part.get_mut(at) {
                    Some(changed) => {
                        *changed = byte;
                        break;
                    }
                    None => at -= part.len(),
                }
            }
        }
        if let Ok(mut map) = Map::thaw(&parts) {
            all_of(&map);
            (0..12).for_each(|i| put(&mut map, i, (i + 1) % 4));
            map.edit().remove("p0");
            all_of(&map);
            prop_assert!(Map::thaw(frozen(&map)).is_ok());
        }
    }
}
