//! Complexity, maintainability and coverage.

use super::{complexities, measured};
use std::fmt::Write as _;
use vibe_tui::quality::{Coverage, maintainability};

/// The functions of `text` have these figures, in order: name, cyclomatic, cognitive.
fn assert_figures(path: &str, text: &str, expected: &[(&str, u32, u32)]) {
    let found = complexities(path, text);
    let found: Vec<(&str, u32, u32)> = found.iter().map(|(name, a, b)| (name.as_str(), *a, *b)).collect();
    assert_eq!(found, expected, "{path}:\n{text}");
}

#[test]
fn python_functions_have_the_complexity_that_is_counted_by_hand() {
    let text = r#"
def plain(a):
    return a + 1

def nested(items):
    for item in items:              # +1
        while item:                 # +2
            if item > 3:            # +3
                break
            elif item > 2:          # +1
                item -= 1
            else:                   # +1
                item = 0
    return [i for i in items if i]

def guarded(path, mode):
    try:
        if path and mode and not (path or mode):   # +1, `and` +1, `or` +1
            return 1
    except OSError:                 # +1
        return 2 if mode else 3     # +2
    match path:                     # +1
        case "a":
            return 4
        case _:
            return 5

class Shop:
    def total(self, n):
        def inner(m):
            if m:                   # +1 for inner, +2 around
                return 1
            return 2
        if n > 0:                   # +1
            return self.total(n - 1)   # +1: recursion
        return inner(n)

def decorator(name):
    def wrapper(f):
        if f:                       # what only wraps nests nothing
            return f
        return name
    return wrapper
"#;
    let figures = [
        ("plain", 1, 0),
        ("nested", 7, 8),
        ("guarded", 8, 7),
        ("Shop.total", 2, 4),
        ("Shop.total.inner", 2, 1),
        ("decorator", 1, 1),
        ("decorator.wrapper", 2, 1),
    ];
    assert_figures("a.py", text, &figures);
}

#[test]
fn scripts_have_the_complexity_that_is_counted_by_hand() {
    let text = r#"
function sum(max) {
  let total = 0;
  outer: for (let i = 1; i <= max; i++) {   // +1
    for (const j of range(i)) {             // +2
      if (i % j === 0) {                    // +3
        continue outer;                     // +1
      }
    }
    total += i;
  }
  return total;
}

const choose = (a, b, c, d) => {
  if (a && b && c || d) {                   // +1, two sequences +2
    return a ? b : c;                       // +2
  } else if (b) {                           // +1
    switch (c) {                            // +2
      case 1: return d;
      default: return a?.b ?? c;
    }
  } else {                                  // +1
    items.forEach(item => { if (item) { run(item); } });   // +3
  }
};

class Cart {
  async add(item) {
    try {
      do { await item.next(); } while (item.more);   // +1
    } catch (error) {                       // +1
      throw error;
    }
  }
}
"#;
    for path in ["a.js", "a.ts", "a.tsx", "a.jsx"] {
        let figures = [("sum", 4, 7), ("choose", 10, 12), ("Cart.add", 3, 2)];
        assert_figures(path, text, &figures);
    }
}

#[test]
fn rust_functions_have_the_complexity_that_is_counted_by_hand() {
    let text = r#"
fn find(items: &[u32], wanted: u32) -> Option<u32> {
    'outer: for item in items {                 // +1
        loop {                                  // +2
            if *item == wanted && wanted > 0 {  // +3, +1
                return Some(*item);
            } else if *item > 7 {               // +1
                continue 'outer;                // +1
            } else {                            // +1
                break;
            }
        }
    }
    None
}

impl Shop {
    fn total(&self, n: u32) -> u32 {
        match n {                               // +1
            0 => 0,
            1 if self.open => 1,
            n => self.items.iter().map(|i| if i.free { 0 } else { n }).sum(),   // +3, +1
        }
    }
}
"#;
    assert_figures("a.rs", text, &[("find", 5, 10), ("total", 5, 5)]);
}

#[test]
fn go_functions_have_the_complexity_that_is_counted_by_hand() {
    let text = r#"package a

func (s *Shop) Total(n int) int {
	if err := s.check(n); err != nil {   // +1
		return 0
	} else if n > 3 || s.open {          // +1, +1
		for i := range s.items {         // +2
			if i > n {                   // +3
				goto done                // +1
			}
		}
	} else {                             // +1
		return 1
	}
done:
	switch n {                           // +1
	case 1, 2:
		return 2
	default:
		return 3
	}
}

func Retry(n int) int {
	f := func() bool { return n > 1 && n < 9 }   // +1
	if f() {                             // +1
		return Retry(n - 1)              // +1
	}
	return 0
}
"#;
    assert_figures("a.go", text, &[("Total", 7, 11), ("Retry", 3, 3)]);
}

#[test]
fn other_languages_go_through_the_same_tree() {
    let java = "class A {\n  int f(int n) {\n    for (int i = 0; i < n; i++) {\n      if (i > 2 && n > 3) { return 1; } else { n--; }\n    }\n    try { g(); } catch (E e) { return 2; }\n    return n > 1 ? 3 : 4;\n  }\n}\n";
    assert_figures("A.java", java, &[("A.f", 6, 7)]);
    let c =
        "int f(int n) {\n  while (n) {\n    if (n > 2) { n--; } else if (n) { goto out; }\n  }\nout:\n  return n;\n}\n";
    assert_figures("a.c", c, &[("f", 4, 5)]);
    let cpp = "int f(int n) {\n  for (auto i : all) {\n    switch (i) { case 1: return 2; }\n  }\n  auto g = [&](int m) { if (m) { return 1; } return 0; };\n  return 0;\n}\n";
    assert_figures("a.cpp", cpp, &[("f", 4, 5)]);
    let cs = "class A {\n  int F(int n) {\n    foreach (var i in all) {\n      if (i > 2) { n--; } else if (n > 1) { n++; } else { n = 0; }\n    }\n    return n;\n  }\n}\n";
    assert_figures("A.cs", cs, &[("A.F", 4, 5)]);
    let ruby = "def f(n)\n  items.each do |i|\n    if i && n\n      puts i\n    elsif n\n      puts n\n    else\n      puts 1\n    end\n  end\n  case n\n  when 1 then 2\n  else 3\n  end\nend\n";
    assert_figures("a.rb", ruby, &[("f", 5, 6)]);
    let php = "<?php\nfunction f($n) {\n  foreach ($n as $i) {\n    if ($i) { return 1; } elseif ($n) { return 2; } else { return 3; }\n  }\n  return $n ? 1 : 2;\n}\n";
    assert_figures("a.php", php, &[("f", 5, 6)]);
    let swift = "func f(n: Int) -> Int {\n  guard n > 0 else { return 0 }\n  for i in 0..<n {\n    if i > 2 && n > 3 { return 1 } else { return 2 }\n  }\n  return 3\n}\n";
    assert_figures("a.swift", swift, &[("f", 5, 6)]);
    let kotlin = "fun f(n: Int): Int {\n  for (i in 0..n) {\n    if (i > 2) { return 1 } else if (i > 1 || n > 3) { return 2 } else { return 3 }\n  }\n  when (n) { 1 -> return 4\n  else -> return 5 }\n}\n";
    assert_figures("a.kt", kotlin, &[("f", 6, 7)]);
}

#[test]
fn what_is_nested_ten_thousand_deep_is_measured_or_given_up_and_costs_no_stack() {
    let mut python = String::from("def f(a):\n");
    for depth in 1..90 {
        let _ = writeln!(python, "{}if a:", " ".repeat(depth));
    }
    let _ = writeln!(python, "{}pass", " ".repeat(90));
    assert_eq!(complexities("a.py", &python)[0].2, (1..90).sum::<u32>());
    for (open, close) in [
        ("(", ")"),
        ("[", "]"),
        ("function(){", "}"),
        ("if(a){", "}"),
        ("a&&(", ")"),
        ("{a:", "}"),
        ("f(", ")"),
        ("x.execute(", ")"),
        ("eval(", ")"),
    ] {
        let text = format!("function f() {{ return {}1{} }}\n", open.repeat(10_000), close.repeat(10_000));
        let _ = vibe_tui::quality::measure("a.js", &text);
    }
    let chain = format!("function f() {{ return {}a }}\n", "a && ".repeat(20_000));
    assert_eq!(vibe_tui::quality::measure("a.js", &chain).map(|m| m.functions[0].cognitive), Some(1));
}

#[test]
fn the_maintainability_index_is_what_its_formula_says_and_falls_with_size_and_branches() {
    // 171 - 5.2 ln 1000 - 0.23 · 10 - 16.2 ln 50 = 69.404…, of 171.
    assert!((maintainability(1000.0, 10.0, 50.0) - 40.59).abs() < 0.01, "{}", maintainability(1000.0, 10.0, 50.0));
    assert_eq!(maintainability(0.0, 0.0, 0.0), 100.0);
    assert_eq!(maintainability(1e9, 900.0, 100_000.0), 0.0);
    let small = measured("a.py", "def f(a):\n    return a + 1\n").maintainability;
    let body: String = (0..200).map(|i| format!("    if a > {i}:\n        a = g{i}(a, {i})\n")).collect();
    let large = measured("a.py", &format!("def f(a):\n{body}    return a\n")).maintainability;
    assert!(small > 75.0 && large < 10.0, "{small} and {large}");
    let flat = measured("config.py", "A = 1\nB = 2\n").maintainability;
    assert!((50.0..100.0).contains(&flat), "a file without functions has one, too: {flat}");
}

#[test]
fn types_and_documentation_are_those_of_the_outline() {
    let text = "def a(x: int, y) -> int:\n    \"\"\"Adds.\"\"\"\n    return x + y\n\ndef b(x):\n    return x\n\ndef _c(x):\n    return x\n";
    let file = measured("a.py", text);
    assert_eq!((file.typed, file.documented), (Coverage::new(2, 7), Coverage::new(1, 2)));
    let documented: Vec<Option<bool>> = file.functions.iter().map(|f| f.documented).collect();
    assert_eq!(documented, [Some(true), Some(false), None]);
    assert_eq!(Coverage::new(0, 0).percent(), None);
    // What allows everything is no type.
    let python = measured("a.py", "def a(x: Any, y: typing.Any, z: list[Any]) -> Any:\n    return x\n");
    let typescript = measured("a.ts", "function a(x: any, y: any[], z?: unknown): any { return x; }\n");
    assert_eq!([python.typed, typescript.typed], [Coverage::new(1, 4), Coverage::new(2, 4)]);
    assert_eq!(vibe_tui::quality::measure("a.md", "# A\n"), None);
}
