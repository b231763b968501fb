//! The same files give the same map, in whatever order and by whatever way they came.

use super::outline;
use proptest::prelude::*;
use vibe_tui::domain::outline::Oddity;
use vibe_tui::map::{Focus, Map, Told, render, summary};

/// Everything that a map gives out.
pub fn all_of(map: &Map) -> String {
    let focus = Focus { files: &[("p1/f1.py", 1.0)], symbols: &["run2"], text: "run the thing 3" };
    let (plain, focused) = (map.rank(&Focus::default()), map.rank(&focus));
    let imports: Vec<_> = map.paths().map(|path| (path, map.imports(path))).collect();
    format!(
        "{}\n{}\n{:?}\n{imports:?}\n{:?}\n{:?}\n{:?}\n{:?}",
        serde_json::to_string(&summary(map, &plain, &Told::default())).unwrap(),
        render(map, &focused, 60, &|text| text.len() as u32 / 4).0,
        focused.files(map),
        map.search_files("run 2 thing", 20),
        map.search_definitions("run class 1", 20),
        map.find_symbols("run", 20),
        map.find_paths("f1", 20),
    )
}

fn path(i: usize) -> String {
    match i % 4 {
        0 => format!("p{}/f{i}.py", i % 3),
        1 => format!("p{}/f{i}.ts", i % 3),
        2 => format!("p{}/f{i}.go", i % 3),
        _ => format!("p{}/test_f{}.py", i % 3, i - 3),
    }
}

/// A file that depends on its neighbours; `variant` changes what is in it.
fn script(i: usize, variant: usize) -> String {
    let (a, b) = ((i + 1) % 9, (i * 7 + variant) % 11);
    format!(
        "class Thing{i}\n  def run{b}\ndef run{i}\nuse run{a} Thing{b}*{} shared_name\nimport p{}.f{a}: run{a}\nimport ./f{b}\nword thing*2",
        variant + 1,
        a % 3
    )
}

pub fn put(map: &mut Map, i: usize, variant: usize) {
    let path = path(i);
    match variant {
        3 => map.edit().insert_plain(&path, [3; 32], Some(Oddity::Minified), 1),
        _ => map.edit().insert(&path, [variant as u8; 32], &outline(&path, &script(i, variant))),
    }
}

proptest! {
    #[test]
    fn the_order_in_which_files_come_changes_nothing(order in Just((0..24usize).collect::<Vec<_>>()).prop_shuffle()) {
        let (mut sorted, mut shuffled) = (Map::new(), Map::new());
        (0..24).for_each(|i| put(&mut sorted, i, i % 4));
        let mut edit = shuffled.edit();
        for i in order {
            let path = path(i);
            match i % 4 {
                3 => edit.insert_plain(&path, [3; 32], Some(Oddity::Minified), 1),
                variant => edit.insert(&path, [variant as u8; 32], &outline(&path, &script(i, variant))),
            }
        }
        drop(edit);
        prop_assert_eq!(all_of(&sorted), all_of(&shuffled));
    }

    #[test]
    fn a_map_that_was_changed_is_the_map_made_anew(
        steps in proptest::collection::vec((0..12usize, 0..6usize), 1..40),
    ) {
        let mut changed = Map::new();
        let mut present = [None; 12];
        for (i, what) in steps {
            match what {
                4 => {
                    let was = changed.edit().remove(&path(i));
                    prop_assert_eq!(was, present[i].is_some());
                    present[i] = None;
                }
                5 => changed.slim(),
                variant => {
                    put(&mut changed, i, variant);
                    present[i] = Some(variant);
                }
            }
        }
        let mut anew = Map::new();
        for (i, variant) in present.iter().enumerate() {
            if let Some(variant) = variant {
                put(&mut anew, i, *variant);
            }
        }
        prop_assert_eq!(changed.len(), anew.len());
        prop_assert_eq!(all_of(&changed), all_of(&anew));
    }
}

#[test]
fn a_folder_goes_with_all_that_is_in_it() {
    let mut map = Map::new();
    (0..12).for_each(|i| put(&mut map, i, 0));
    assert!(map.edit().remove("p1"));
    assert!(map.paths().all(|path| !path.starts_with("p1/")) && map.len() == 8);
    assert!(!map.edit().remove("p"));
}

#[test]
fn a_stamp_tells_what_a_path_was_read_from() {
    let mut map = Map::new();
    put(&mut map, 0, 1);
    assert_eq!(map.stamp("p0/f0.py").unwrap().0, [1; 32]);
    assert_eq!(map.stamp("p0/none.py"), None);
}
