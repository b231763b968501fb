//! Points of texts in their file: whose they are, what survives, and what is thrown away.

use std::collections::HashSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use vibe_tui::embedding::{Place, TextKey, Texts, Vector, key};
use vibe_tui::index::Vectors;
use vibe_tui::map::Map;
use vibe_tui::syntax::{outline, scan};

fn points(texts: &[&str]) -> Vec<(TextKey, Vector)> {
    texts.iter().map(|text| (key(text), Vector::of(&[text.len() as f32, 1.0]).unwrap())).collect()
}

fn held(vectors: &mut Vectors, identity: &str) -> Vec<TextKey> {
    let mut found = Vec::new();
    vectors
        .each(identity, |text, bytes| {
            assert_eq!(bytes.len(), 4 + 2);
            found.push(text);
        })
        .unwrap();
    found
}

#[test]
fn points_are_kept_for_the_next_start_and_for_another_process() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("cache/points.vectors");
    let mut one = Vectors::open(&file).unwrap();
    assert!(one.known("a").unwrap().is_empty());
    one.save("a", &points(&["save order", "open door"])).unwrap();
    let mut two = Vectors::open(&file).unwrap();
    let expected: HashSet<TextKey> = ["save order", "open door"].map(key).into();
    assert_eq!(two.known("a").unwrap(), expected);
    assert_eq!(held(&mut two, "a").into_iter().collect::<HashSet<_>>(), expected);
    two.save("a", &points(&["third"])).unwrap();
    assert_eq!(held(&mut one, "a").len(), 3, "the first sees it too");
    let mode = fs::metadata(&file).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600, "for the user alone");
}

#[test]
fn another_model_begins_anew_and_one_that_comes_too_late_spoils_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("points.vectors");
    let mut old = Vectors::open(&file).unwrap();
    old.known("old").unwrap();
    old.save("old", &points(&["one", "two"])).unwrap();
    let mut new = Vectors::open(&file).unwrap();
    assert!(held(&mut new, "new").is_empty(), "points of another model are never given");
    assert!(new.known("new").unwrap().is_empty());
    old.save("old", &points(&["three"])).unwrap();
    new.save("new", &points(&["four"])).unwrap();
    assert_eq!(held(&mut new, "new"), [key("four")]);
    assert!(held(&mut old, "old").is_empty());
}

#[test]
fn a_damaged_file_is_made_anew_and_one_of_another_version_too() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("points.vectors");
    fs::write(&file, vec![b'x'; 40_000]).unwrap();
    let mut vectors = Vectors::open(&file).unwrap();
    vectors.known("a").unwrap();
    vectors.save("a", &points(&["one"])).unwrap();
    drop(vectors);
    let connection = rusqlite::Connection::open(&file).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    assert!(Vectors::open(&file).unwrap().known("a").unwrap().is_empty());
    let folder = dir.path().join("folder.vectors");
    fs::create_dir(&folder).unwrap();
    let refused = Vectors::open(&folder).err().unwrap();
    assert!(refused.message.contains("folder.vectors"), "{refused}");
}

#[test]
fn points_of_texts_that_are_gone_stay_for_a_branch_to_come_back_to_until_they_are_many() {
    let dir = tempfile::tempdir().unwrap();
    let mut vectors = Vectors::open(&dir.path().join("points.vectors")).unwrap();
    vectors.known("a").unwrap();
    let texts: Vec<String> = (0..3002).map(|number| format!("text {number}")).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    vectors.save("a", &points(&texts)).unwrap();
    vectors.tidy(&[texts[0], texts[1]].map(key).into()).unwrap();
    assert_eq!(held(&mut vectors, "a").len(), 3002);
    vectors.tidy(&[key(texts[0])].into()).unwrap();
    assert_eq!(held(&mut vectors, "a"), [key(texts[0])]);
}

#[test]
fn a_definition_is_described_by_its_words_and_the_same_one_alike_wherever_it_stands_in_its_file() {
    const CODE: &str = "class OrderStore:\n    def saveOrder(self, order_id):\n        \"\"\"Keeps one order.\"\"\"\n";
    let texts = |code: &str| {
        let mut map = Map::new();
        let language = vibe_tui::domain::language::Language::from_path("shop/db.py").unwrap();
        map.edit().insert("shop/db.py", [0; 32], &outline(language, "shop/db.py", code).unwrap());
        map.edit().insert_plain("notes.md", [1; 32], None, 1);
        let mut found = Vec::new();
        Texts::of(&map)
            .each(|Place { path, definition }, text| found.push((path.to_owned(), definition, text.to_owned())));
        found
    };
    let first = texts(CODE);
    assert_eq!(first.len(), 2, "a definition each, nothing for what has none: {first:?}");
    assert_eq!((first[1].0.as_str(), first[1].1), ("shop/db.py", Some(1)));
    for part in ["order store save order.", "Keeps one order.", "shop db py"] {
        assert!(first[1].2.contains(part), "{part}: {}", first[1].2);
    }
    let moved = texts(&format!("\n\n# moved\n{CODE}"));
    assert_eq!(moved[1].2, first[1].2);
    let mut map = Map::new();
    map.edit().insert("a.py", [0; 32], &scan(vibe_tui::domain::language::Language::from_path("a.py").unwrap(), CODE));
    let mut settled = 0;
    Texts::settled(&map).each(|_, _| settled += 1);
    assert_eq!(settled, 0, "a scan becomes more exact soon");
    assert!(!Texts::settled(&map).is_complete() && Texts::of(&map).is_complete());
}
