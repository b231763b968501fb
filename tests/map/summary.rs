//! A repository in numbers.

use super::map;
use vibe_tui::domain::outline::Oddity;
use vibe_tui::map::{Focus, summary};

#[test]
fn a_summary_counts_what_is_there_and_names_what_is_odd() {
    let mut map = map(&[
        ("app.py", "def run\ncomplexity 14\nuse Cart\nimport cart\nmain"),
        ("cart.py", "class Cart\ndoc A cart.\n  def add\ndef lonely"),
        ("test_cart.py", "def test_it\nimport cart"),
        ("Makefile", ""),
    ]);
    map.edit().insert_plain("dist/app.min.js", [0; 32], Some(Oddity::Minified), 9000);
    let found = summary(&map, &map.rank(&Focus::default()));
    assert_eq!((found.files, found.lines, found.definitions), (5, 12, 5));
    let languages: Vec<(&str, usize, u64)> = found.languages.iter().map(|l| (l.language, l.files, l.lines)).collect();
    assert_eq!(languages, [("python", 3, 11), ("other", 1, 1)]);
    assert_eq!(found.oddities[&Oddity::Minified], ["dist/app.min.js"]);
    assert_eq!(found.entry_points, ["app.py"]);
    assert_eq!(found.tests["test_cart.py"], ["cart.py"]);
    assert_eq!(found.central[0].0, "cart.py");
    assert_eq!((found.complex[0].name, found.complex_total), ("run", 1));
    assert_eq!(found.documented, (1, 4));
    let unused: Vec<&str> = found.no_reference_found.iter().map(|symbol| symbol.name).collect();
    assert_eq!((unused, found.no_reference_found_total), (vec!["add", "lonely"], 2));
    let json = serde_json::to_value(&found).unwrap();
    assert_eq!(json["tiers"]["exact"], 3);
    assert_eq!(json["oddities"]["minified"][0], "dist/app.min.js");
}
