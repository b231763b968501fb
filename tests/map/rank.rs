//! What matters for a focus.

use super::map;
use vibe_tui::map::{Focus, Map};

fn shop() -> Map {
    map(&[
        ("src/cart.py", "class Cart\n  def add_item\nuse price_of*3 Item"),
        ("src/price.py", "def price_of\nuse Currency"),
        ("src/currency.py", "class Currency"),
        ("src/item.py", "class Item"),
        ("src/mail.py", "class Mailer\n  def send_mail"),
        ("src/report.py", "def report\nuse Mailer send_mail"),
        ("app.py", "import src.cart: Cart\nuse Cart report Mailer\nmain"),
        ("tests/test_cart.py", "def test_add\nuse Cart add_item"),
    ])
}

fn order<'m>(map: &'m Map, focus: &Focus) -> Vec<&'m str> {
    map.rank(focus).files(map).into_iter().map(|(path, _)| path).collect()
}

#[test]
fn the_file_in_focus_comes_first_and_then_what_it_uses() {
    let map = shop();
    let order = order(&map, &Focus { files: &[("src/cart.py", 1.0)], ..Focus::default() });
    assert_eq!(order[..2], ["src/cart.py", "src/price.py"], "{order:?}");
    let place = |path| order.iter().position(|other| *other == path).unwrap();
    for far in ["src/mail.py", "src/report.py"] {
        assert!(place("src/item.py") < place(far) && place("tests/test_cart.py") < place(far), "{order:?}");
    }
}

#[test]
fn the_file_that_defines_a_named_symbol_and_its_neighbours_outrank_the_rest() {
    let map = shop();
    let order = order(&map, &Focus { symbols: &["Mailer"], ..Focus::default() });
    assert_eq!(order[0], "src/mail.py");
    assert!(order[1..3].contains(&"src/report.py") && order[1..3].contains(&"app.py"), "{order:?}");
}

#[test]
fn without_a_focus_what_many_need_comes_first_and_tests_come_last() {
    let map = map(&[
        ("core.py", "class Engine"),
        ("a.py", "use Engine"),
        ("b.py", "use Engine"),
        ("c.py", "use Engine helper"),
        ("helper.py", "def helper"),
        ("tests/test_a.py", "def test_x\nuse Engine"),
    ]);
    let order = order(&map, &Focus::default());
    assert_eq!((order[0], order[5]), ("core.py", "tests/test_a.py"), "{order:?}");
}

#[test]
fn a_small_word_that_stands_in_every_file_makes_no_file_important_that_calls_something_so() {
    let users: Vec<String> = (0..300).map(|i| format!("user{i}.py")).collect();
    let mut files = vec![("a.py", "def int"), ("b.py", "class Engine"), ("c.py", "def start_engine")];
    files.extend(users.iter().map(|path| (path.as_str(), "use int*9 Engine start_engine")));
    let map = map(&files);
    let order = order(&map, &Focus::default());
    assert_eq!(order[..2], ["c.py", "b.py"], "{order:?}");
}

#[test]
fn ranks_are_a_whole_whatever_the_focus_says() {
    let map = shop();
    let wild = [("nowhere.py", 1.0), ("src/cart.py", f64::NAN), ("src/mail.py", f64::INFINITY), ("app.py", -1.0)];
    for focus in [Focus::default(), Focus { files: &wild, symbols: &["", "Cart"], text: "\u{0}💥 cart" }] {
        let ranking = map.rank(&focus);
        let sum: f64 = ranking.files(&map).iter().map(|(_, rank)| rank).sum();
        assert!((sum - 1.0).abs() < 1e-9, "{sum}");
    }
    assert!(Map::new().rank(&Focus::default()).files(&Map::new()).is_empty());
}

#[test]
fn a_name_means_nothing_to_another_language() {
    let map = map(&[("a.py", "use render_page"), ("b.ts", "def render_page"), ("c.py", ""), ("d.ts", "")]);
    let ranking = map.rank(&Focus { files: &[("a.py", 1.0)], ..Focus::default() });
    assert_eq!(ranking.of(&map, "b.ts"), ranking.of(&map, "d.ts"));
}

#[test]
fn an_import_leads_even_where_no_name_does() {
    let map = map(&[("a.ts", "import ./b"), ("b.ts", ""), ("c.ts", "")]);
    let order = order(&map, &Focus { files: &[("a.ts", 1.0)], ..Focus::default() });
    assert_eq!(order, ["a.ts", "b.ts", "c.ts"]);
}

#[test]
fn of_a_files_definitions_the_one_asked_for_comes_first() {
    let map = map(&[("a.py", "def first\ndef parse_config\ndef last"), ("b.py", "use last")]);
    let best = |focus: &Focus| map.rank(focus).symbols(&map, "a.py")[0].0.name;
    assert_eq!(best(&Focus { text: "configs are parsed wrongly", ..Focus::default() }), "parse_config");
    assert_eq!(best(&Focus::default()), "last");
    assert!(map.rank(&Focus::default()).symbols(&map, "nowhere").is_empty());
}
