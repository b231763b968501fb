//! Dependencies, cycles, tests and unused definitions.

use super::map;

#[test]
fn imports_lead_to_files() {
    let map = map(&[
        ("a.py", "import b"),
        ("c.py", "import b\nimport a"),
        ("b.py", ""),
        ("pkg/x.go", ""),
        ("cmd/main.go", "import example.com/m/pkg"),
    ]);
    assert_eq!(map.imports("a.py"), ["b.py"]);
    assert_eq!(map.imports("c.py"), ["a.py", "b.py"]);
    assert_eq!(map.imports("cmd/main.go"), ["pkg/x.go"]);
    assert!(map.imports("b.py").is_empty() && map.imports("nowhere").is_empty());
}

#[test]
fn files_that_import_each_other_in_a_circle_are_a_cycle() {
    let map = map(&[
        ("x/a.ts", "import ./b"),
        ("x/b.ts", "import ./c"),
        ("x/c.ts", "import ./a\nimport ./d"),
        ("x/d.ts", ""),
        ("p.py", "import q"),
        ("q.py", "import p"),
    ]);
    assert_eq!(map.cycles(), [vec!["p.py", "q.py"], vec!["x/a.ts", "x/b.ts", "x/c.ts"]]);
}

#[test]
fn a_module_that_declares_its_child_is_no_cycle() {
    let map = map(&[
        ("src/lib.rs", "import self::edit"),
        ("src/edit.rs", "import self::apply\nimport crate: VERSION"),
        ("src/edit/apply.rs", "import super: parse"),
    ]);
    assert!(map.cycles().is_empty(), "{:?}", map.cycles());
}

#[test]
fn tests_are_told_by_name_and_by_what_they_import() {
    let map = map(&[
        ("src/cart.ts", ""),
        ("src/cart.test.ts", ""),
        ("src/other.test.ts", "import ./cart"),
        ("a/util.py", ""),
        ("b/util.py", ""),
        ("b/test_util.py", ""),
    ]);
    let coverage = map.coverage();
    assert_eq!(coverage["src/cart.test.ts"], ["src/cart.ts"]);
    assert_eq!(coverage["src/other.test.ts"], ["src/cart.ts"]);
    assert_eq!(coverage["b/test_util.py"], ["b/util.py"]);
    assert_eq!(coverage.len(), 3);
}

#[test]
fn an_exported_definition_without_any_reference_is_unused() {
    let map = map(&[
        ("lib.py", "def used\ndef lonely\nprivate hidden\nclass __init__\ndef imported"),
        ("app.py", "import lib: imported\nuse used\nmain\ndef run_by_nobody"),
        ("test_lib.py", "def test_lonely_thing"),
    ]);
    let names: Vec<&str> = map.unused().iter().map(|symbol| symbol.name).collect();
    assert_eq!(names, ["lonely"]);
}

#[test]
fn a_removed_reference_makes_a_definition_unused_again() {
    let mut map = map(&[("lib.py", "def save"), ("app.py", "use save")]);
    assert!(map.unused().is_empty());
    assert!(map.edit().remove("app.py"));
    assert_eq!(map.unused().len(), 1);
    assert!(!map.edit().remove("app.py"));
}
