//! Search by words and by name.

use super::map;
use vibe_tui::domain::outline::Oddity;
use vibe_tui::map::Map;

fn names(found: &[vibe_tui::map::Symbol]) -> Vec<String> {
    found.iter().map(|symbol| format!("{}:{}", symbol.path, symbol.name)).collect()
}

#[test]
fn files_are_found_by_the_words_of_their_names_whatever_their_endings() {
    let map = map(&[
        ("src/config.py", "def parse_config\nuse open"),
        ("src/main.py", "use parse_config"),
        ("src/mail.py", "def send\nword parsing*1"),
        ("src/other.py", "def other"),
    ]);
    let hits = map.search_files("parsing the configs", 10);
    let paths: Vec<&str> = hits.iter().map(|hit| hit.item).collect();
    assert_eq!(paths, ["src/config.py", "src/main.py", "src/mail.py"]);
    assert_eq!(hits[0].words, ["parsing", "configs"]);
    assert_eq!(map.search_files("parsing the configs", 1).len(), 1);
    assert!(map.search_files("", 10).is_empty() && map.search_files("zebra", 10).is_empty());
}

#[test]
fn a_rare_word_counts_more_than_a_common_one() {
    let map = map(&[
        ("a.py", "def get_user\nuse get get_a get_b"),
        ("b.py", "def get_invoice"),
        ("c.py", "def get_c"),
        ("d.py", "def get_d"),
    ]);
    assert_eq!(map.search_files("get the invoice", 10)[0].item, "b.py");
}

#[test]
fn odd_files_are_not_found_by_words() {
    let mut map = map(&[("a.py", "def invoice")]);
    map.edit().insert_plain("dist/invoice.min.js", [0; 32], Some(Oddity::Minified), 1);
    map.edit().insert_plain("docs/invoice.md", [0; 32], None, 4);
    let found: Vec<&str> = map.search_files("invoice", 10).into_iter().map(|hit| hit.item).collect();
    assert_eq!(found.len(), 2);
    assert!(found.contains(&"docs/invoice.md") && found.contains(&"a.py"));
}

#[test]
fn definitions_are_found_by_name_container_and_documentation() {
    let map = map(&[
        ("cart.py", "class Cart\n  def add_item\n  def clear\n  doc Removes every coupon.\nword every coupon"),
        ("list.py", "class List\n  def add_item\n  def add_item_at_index"),
    ]);
    let found = |text: &str| -> Vec<String> {
        map.search_definitions(text, 3)
            .iter()
            .map(|hit| format!("{}.{}", hit.item.container.unwrap_or(""), hit.item.name))
            .collect()
    };
    assert_eq!(found("add an item to the cart")[0], "Cart.add_item");
    assert_eq!(found("coupons"), ["Cart.clear"]);
}

#[test]
fn symbols_come_exact_first_then_by_beginning_then_fuzzy() {
    let map = map(&[
        ("a.py", "def save_all\ndef unsaved\ndef Save\ndef s_a_v_e\ndef load"),
        ("b.py", "def save"),
        ("tests/test_b.py", "def save"),
    ]);
    let found = names(&map.find_symbols("save", 10));
    assert_eq!(found[..4], ["b.py:save", "tests/test_b.py:save", "a.py:Save", "a.py:save_all"]);
    assert_eq!(found.len(), 6, "{found:?}");
    assert_eq!(names(&map.find_symbols("save", 2)), ["b.py:save", "tests/test_b.py:save"]);
    assert!(map.find_symbols("", 5).is_empty() && map.find_symbols("x.", 5).is_empty());
}

#[test]
fn a_symbol_can_be_asked_for_within_its_container() {
    let map = map(&[("a.py", "class Cart\n  def add"), ("b.py", "class List\n  def add"), ("c.py", "def add")]);
    for typed in ["List.add", "List::add", "list#add", "x.List.add"] {
        assert_eq!(names(&map.find_symbols(typed, 10)), ["b.py:add"], "{typed}");
    }
}

#[test]
fn paths_come_by_file_name_first() {
    let map =
        map(&[("src/user/main.py", ""), ("src/user.py", ""), ("src/user_test.py", ""), ("docs/used_errors.py", "")]);
    assert_eq!(map.find_paths("user.py", 1), ["src/user.py"]);
    assert_eq!(map.find_paths("user", 10).len(), 4);
    assert_eq!(map.find_paths("src/user/main.py", 5), ["src/user/main.py"]);
    assert!(map.find_paths("zzz", 5).is_empty());
}

#[test]
fn hostile_words_find_nothing_and_break_nothing() {
    let map = map(&[("a.py", "def save")]);
    for text in ["\u{0}", "💥💥", "é", &"x ".repeat(5000), "ﬁ", "..::##"] {
        map.search_files(text, 5);
        map.search_definitions(text, 5);
        map.find_symbols(text, 5);
        map.find_paths(text, 5);
    }
    assert!(Map::new().search_files("save", 5).is_empty());
}
