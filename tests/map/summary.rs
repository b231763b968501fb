//! A repository in numbers.

use super::map;
use std::collections::BTreeSet;
use vibe_tui::domain::outline::Oddity;
use vibe_tui::map::{Focus, Told, summary};

#[test]
fn a_summary_counts_what_is_there_and_names_what_is_odd() {
    let mut map = map(&[
        ("app.py", "def run\ncomplexity 14\nuse Cart\nimport cart\nmain"),
        ("cart.py", "class Cart\ndoc A cart.\n  def add\ndef lonely"),
        ("test_cart.py", "def test_it\nimport cart"),
        ("Makefile", ""),
    ]);
    map.edit().insert_plain("dist/app.min.js", [0; 32], Some(Oddity::Minified), 9000);
    let found = summary(&map, &map.rank(&Focus::default()), &Told::default());
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

#[test]
fn a_rust_file_that_others_take_in_is_no_entry_point_though_it_has_a_main() {
    let map = map(&[
        ("src/main.rs", "def main\nmain\nimport mod cli"),
        ("src/cli.rs", "def main\nmain\nimport crate::map: main"),
        ("src/map.rs", "def main\nmain"),
        ("examples/show.rs", "def main\nmain"),
        ("tools/fill.rs", "def main\nmain"),
    ]);
    let found = summary(&map, &map.rank(&Focus::default()), &Told::default());
    assert_eq!(found.entry_points, ["examples/show.rs", "src/main.rs", "tools/fill.rs"]);
}

#[test]
fn the_programs_of_a_manifest_begin_where_what_it_names_is_defined() {
    let map = map(&[
        ("src/shop/__init__.py", "def main\nimport ._main: main"),
        ("src/shop/_main.py", "def main"),
        ("src/shop/other.py", "def run"),
        ("web/bin/serve.js", "def go"),
        ("web/lib.js", "def go"),
    ]);
    let pyproject = "[project.scripts]\nshop = \"shop:main\"\ngone = \"gone:main\"\n[tool.poetry.scripts]\no = {reference = \"shop.other:run\"}\n";
    assert_eq!(map.programs("pyproject.toml", pyproject), ["src/shop/_main.py", "src/shop/other.py"]);
    let setup = "[options]\npackages = shop\n[options.entry_points]\nconsole_scripts =\n    # none\n    o = shop.other:run [fast]\nplugins =\n    a = shop:main\n";
    assert_eq!(map.programs("setup.cfg", setup), ["src/shop/other.py"]);
    for bin in ["\"./bin/serve.js\"", "{\"serve\": \"bin/serve.js\", \"built\": \"dist/x.js\"}"] {
        assert_eq!(map.programs("web/package.json", &format!("{{\"bin\": {bin}}}")), ["web/bin/serve.js"]);
    }
    for wrong in ["", "{", "[project", "bin = 1"] {
        for manifest in ["pyproject.toml", "setup.cfg", "package.json"] {
            assert!(map.programs(manifest, wrong).is_empty(), "{manifest}: {wrong}");
        }
    }
    let told = Told { programs: BTreeSet::from(["web/bin/serve.js"]), ..Told::default() };
    assert_eq!(summary(&map, &map.rank(&Focus::default()), &told).entry_points, ["web/bin/serve.js"]);
}

#[test]
fn a_program_of_a_test_is_no_entry_point() {
    let map = map(&[("tests/fixtures/a/cli.js", "def go"), ("cli.js", "def go")]);
    let told = Told { programs: BTreeSet::from(["tests/fixtures/a/cli.js", "cli.js"]), ..Told::default() };
    assert_eq!(summary(&map, &map.rank(&Focus::default()), &told).entry_points, ["cli.js"]);
}

#[test]
fn a_manifest_that_begins_with_a_byte_order_mark_is_read_and_a_section_of_setup_cfg_ends_the_scripts_before_it() {
    let map = map(&[("shop.py", "def main"), ("plug.py", "def main"), ("cli.js", "def go")]);
    let of = |manifest: &str, text: &str| map.programs(manifest, &format!("\u{feff}{text}")).join(" ");
    assert_eq!(of("package.json", "{\"bin\": \"cli.js\"}"), "cli.js");
    assert_eq!(of("pyproject.toml", "[project.scripts]\ns = \"shop:main\"\n"), "shop.py");
    assert_eq!(of("setup.cfg", "[options.entry_points]\nconsole_scripts =\n    s = shop:main\n"), "shop.py");
    let twice = "[options.entry_points]\nconsole_scripts =\n[options.entry_points]\n    p = plug:main\n";
    assert_eq!(of("setup.cfg", twice), "");
}

#[test]
fn what_a_link_leads_to_is_counted_once() {
    let map = map(&[("a.py", "def run\nuse x"), ("b.py", "def run\nuse x")]);
    let told = Told { links: BTreeSet::from(["b.py"]), ..Told::default() };
    let found = summary(&map, &map.rank(&Focus::default()), &told);
    assert_eq!(
        (found.files, found.lines, found.languages[0].files, found.definitions, found.references),
        (2, 2, 1, 1, 1)
    );
}
