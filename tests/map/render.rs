//! The map as text.

use super::map;
use proptest::prelude::*;
use vibe_tui::domain::language::Language;
use vibe_tui::map::{Focus, Map, render};
use vibe_tui::syntax::outline;

fn words(text: &str) -> u32 {
    text.split_whitespace().count() as u32
}

fn shop() -> Map {
    map(&[
        ("src/cart.py", "class Cart\n  def add_item\n  def clear\nuse price_of*3"),
        ("src/price.py", "def price_of\nprivate cents"),
        ("src/zoo.py", "def unrelated"),
        ("README.md", ""),
    ])
}

#[test]
fn everything_stands_by_path_under_what_it_stands_in() {
    let map = shop();
    let (text, tokens) = render(&map, &map.rank(&Focus::default()), 1000, &words);
    let expected = "README.md\nsrc/cart.py\n  class Cart()\n    def add_item()\n    def clear()\nsrc/price.py\n  def price_of()\n  private cents()\nsrc/zoo.py\n  def unrelated()\n";
    assert_eq!(text, expected);
    assert_eq!(tokens, words(expected));
}

#[test]
fn a_method_stands_under_its_own_type_wherever_its_block_is() {
    let text = "struct Alpha;\nstruct Beta;\nstruct Gamma;\nimpl Alpha {\n    pub fn first(&self) {}\n}\nimpl Beta {\n    pub fn second(&self) {}\n}\n";
    let mut map = Map::new();
    map.edit().insert("a.rs", [0; 32], &outline(Language::Rust, "a.rs", text).unwrap());
    let (text, _) = render(&map, &map.rank(&Focus::default()), 1000, &words);
    let expected = [
        "a.rs",
        "  struct Alpha",
        "    pub fn first(&self)",
        "  struct Beta",
        "    pub fn second(&self)",
        "  struct Gamma",
    ];
    assert_eq!(text.lines().map(|line| line.trim_end_matches(';')).collect::<Vec<_>>(), expected);
}

#[test]
fn what_matters_most_is_shown_when_not_all_fits() {
    let map = shop();
    let focus = Focus { files: &[("src/price.py", 1.0)], symbols: &["price_of"], ..Focus::default() };
    let (text, _) = render(&map, &map.rank(&focus), 4, &words);
    assert_eq!(text, "src/price.py\n  def price_of()\n");
    let focus = Focus { symbols: &["clear"], ..Focus::default() };
    let (text, _) = render(&map, &map.rank(&focus), 6, &words);
    assert_eq!(text, "src/cart.py\n  class Cart()\n    def clear()\n");
}

#[test]
fn what_matters_most_is_shown_of_however_many() {
    let script: String = (0..1000).map(|i| format!("def other{i}\n")).collect();
    let mut files: Vec<(String, &str)> = (0..60).map(|i| (format!("f{i:02}.py"), script.as_str())).collect();
    files.push(("z.py".to_owned(), "def wanted"));
    let files: Vec<(&str, &str)> = files.iter().map(|(path, script)| (path.as_str(), *script)).collect();
    let map = map(&files);
    let focus = Focus { files: &[("z.py", 1.0)], symbols: &["wanted"], ..Focus::default() };
    assert_eq!(render(&map, &map.rank(&focus), 3, &words).0, "z.py\n  def wanted()\n");
}

#[test]
fn nothing_is_shown_for_nothing() {
    let map = shop();
    let ranking = map.rank(&Focus::default());
    assert_eq!(render(&map, &ranking, 0, &words), (String::new(), 0));
    assert_eq!(render(&map, &ranking, u32::MAX, &|_| u32::MAX - 1).1, u32::MAX - 1);
    let empty = Map::new();
    assert_eq!(render(&empty, &empty.rank(&Focus::default()), 100, &words), (String::new(), 0));
}

#[test]
fn what_a_terminal_would_obey_is_shown_as_a_mark() {
    let map = map(&[("a\u{1b}[2J\nb.py", "def evil\u{202e}name")]);
    let (text, _) = render(&map, &map.rank(&Focus::default()), 100, &words);
    assert_eq!(text.lines().count(), 2, "{text}");
    assert!(!text.contains(['\u{1b}', '\u{202e}']) && text.contains("⟦U+202E⟧"), "{text}");
}

proptest! {
    #[test]
    fn the_text_is_never_over_its_budget(budget in 0u32..200, kind in 0usize..4, files in 1usize..30) {
        // The last counter is one that no sense is in: a longer text may have fewer tokens.
        let counters: [&dyn Fn(&str) -> u32; 4] = [
            &words,
            &|text| text.len() as u32,
            &|text| text.len() as u32 / 4 + 1,
            &|text| text.bytes().fold(7u32, |hash, byte| hash.wrapping_mul(31).wrapping_add(byte.into())) % 300,
        ];
        let all: Vec<(String, String)> = (0..files)
            .map(|i| (format!("m{}/f{i}.py", i % 3), format!("class C{i}\n  def go{i}\nuse C{} go{}", i / 2, i / 3)))
            .collect();
        let all: Vec<(&str, &str)> = all.iter().map(|(path, script)| (path.as_str(), script.as_str())).collect();
        let map = map(&all);
        let (text, tokens) = render(&map, &map.rank(&Focus::default()), budget, counters[kind]);
        prop_assert!(tokens <= budget);
        prop_assert!(text.is_empty() && tokens == 0 || counters[kind](&text) == tokens);
    }
}
