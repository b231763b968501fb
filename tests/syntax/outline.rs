//! Outlines: every kind of definition of every language read as a person reads it, by both tiers; and no text that hangs or
//! panics them.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use vibe_tui::domain::language::Language;
use vibe_tui::domain::outline::{Definition, Outline, Tier};
use vibe_tui::syntax::{heads, outline, scan};

/// The example files with their expected outlines beside them.
fn examples() -> Vec<(String, String, String)> {
    let dir = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/syntax/outlined");
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if !name.ends_with(".outline") {
            let expected = fs::read_to_string(path.with_file_name(format!("{name}.outline"))).unwrap_or_default();
            found.push((name, fs::read_to_string(path).unwrap(), expected));
        }
    }
    found.sort();
    assert_eq!(found.len(), 13, "an example a language");
    found
}

fn exact(path: &str, text: &str) -> Outline {
    outline(Language::from_path(path).unwrap(), path, text).unwrap()
}

/// `Shop.total`.
fn full_name(outline: &Outline, definition: &Definition) -> String {
    let mut name = definition.name.clone();
    let mut outer = definition.container;
    while let Some(i) = outer {
        let container = &outline.definitions[i as usize];
        name = format!("{}.{name}", container.name);
        outer = container.container;
    }
    name
}

fn shown(outline: &Outline) -> String {
    let mut text = String::new();
    let entry = if outline.entry_point { ", entry point" } else { "" };
    let broken = if outline.broken { ", broken" } else { "" };
    writeln!(text, "{} lines, {} of code{entry}{broken}", outline.lines.0, outline.lines.1).unwrap();
    for import in &outline.imports {
        writeln!(text, "{}: import {} [{}]", import.line, import.target, import.names.join(" ")).unwrap();
    }
    for d in &outline.definitions {
        let kind = format!("{:?}", d.kind).to_lowercase();
        let exported = if d.exported { "+" } else { "-" };
        write!(text, "{}-{}: {exported} {kind} {}", d.lines.0, d.lines.1, full_name(outline, d)).unwrap();
        if d.complexity > 0 {
            write!(text, " complexity {}", d.complexity).unwrap();
        }
        if d.typed != (0, 0) {
            write!(text, " typed {}/{}", d.typed.0, d.typed.1).unwrap();
        }
        writeln!(text, "\n    {}", d.signature).unwrap();
        if !d.doc.is_empty() {
            writeln!(text, "    \"{}\"", d.doc).unwrap();
        }
    }
    text
}

#[test]
fn the_outline_of_every_language_is_what_a_person_reads() {
    let mut wrong = Vec::new();
    for (name, text, expected) in examples() {
        let found = shown(&exact(&name, &text));
        if found != expected {
            wrong.push(format!("=== {name}\n{found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Where the two tiers differ: a definition's kind, first line, last line, container or visibility.
fn differences(exact: &Outline, scanned: &Outline) -> Vec<String> {
    let listed = |outline: &Outline| -> Vec<String> {
        let line = |d: &Definition| {
            let exported = if d.exported { "+" } else { "-" };
            format!("{}-{}: {exported} {:?} {}", d.lines.0, d.lines.1, d.kind, full_name(outline, d))
        };
        outline.definitions.iter().map(line).collect()
    };
    let (exact, scanned) = (listed(exact), listed(scanned));
    let missed = exact.iter().filter(|d| !scanned.contains(d)).map(|d| format!("missed {d}"));
    missed.chain(scanned.iter().filter(|d| !exact.contains(d)).map(|d| format!("invented {d}"))).collect()
}

/// A function within a function that has no keyword, and a branch of `#if` that leaves the other without its end.
const KNOWN: &[(&str, &str)] =
    &[("Shop.cs", "missed 26-26: - Function Shop.Total.Local"), ("shop.c", "invented 49-50: + Function find")];

#[test]
fn a_scan_finds_what_the_grammar_finds() {
    let mut wrong = Vec::new();
    for (name, text, _) in examples() {
        let language = Language::from_path(&name).unwrap();
        let mut found = differences(&exact(&name, &text), &scan(language, &text));
        found.retain(|d| !KNOWN.contains(&(name.as_str(), d.as_str())));
        if !found.is_empty() {
            wrong.push(format!("=== {name}\n{}", found.join("\n")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

const LANGUAGES: &[&str] = &[
    "a.py", "a.js", "a.ts", "a.tsx", "a.go", "a.rs", "A.java", "a.c", "a.cpp", "A.cs", "a.rb", "a.php", "a.swift",
    "a.kt",
];

/// What holds of every outline.
fn check(path: &str, text: &str, outline: &Outline) {
    let of =
        |what: &str| format!("{path}, {:?}: {what} in {:?}", outline.tier, text.chars().take(200).collect::<String>());
    let total = outline.lines.0;
    assert!(outline.lines.1 <= total, "{}", of("more lines of code than lines"));
    for (i, d) in outline.definitions.iter().enumerate() {
        assert!(!d.name.is_empty(), "{}", of("a definition without a name"));
        let is_range = 1 <= d.lines.0 && d.lines.0 <= d.lines.1 && d.lines.1 <= total;
        assert!(is_range, "{}", of(&format!("{} on lines {:?} of {total}", d.name, d.lines)));
        assert!(d.container.is_none_or(|c| (c as usize) < i), "{}", of("a container behind what it contains"));
        assert!(d.signature.chars().count() <= 210, "{}", of("a long signature"));
        assert!(d.doc.chars().count() <= 120, "{}", of("a long doc"));
    }
    assert!(outline.references.is_sorted_by(|a, b| a.name < b.name), "{}", of("references out of order"));
    assert!(
        outline.references.iter().all(|r| r.count > 0 && (1..=total).contains(&r.line)),
        "{}",
        of("a wrong reference")
    );
    assert!(outline.words.is_sorted_by(|a, b| a.0 < b.0), "{}", of("words out of order"));
    if outline.tier == Tier::Scan {
        let heads = heads(outline.language, text);
        let is_head =
            |((name, head), d): (&(&str, String), &Definition)| *name == d.name && head.chars().count() <= 420;
        assert!(heads.len() == outline.definitions.len(), "{}", of("heads of something else"));
        assert!(heads.iter().zip(&outline.definitions).all(is_head), "{}", of("a wrong head"));
    }
}

fn check_both(path: &str, text: &str) {
    let language = Language::from_path(path).unwrap();
    check(path, text, &scan(language, text));
    if let Some(exact) = outline(language, path, text) {
        check(path, text, &exact);
    }
}

#[test]
fn hostile_texts_are_read_or_given_up_and_nothing_panics() {
    let deep = |open: &str, close: &str| {
        let depth = if open.len() == 1 { 10_000 } else { 1_000 };
        format!("{}x{}", open.repeat(depth), close.repeat(depth))
    };
    let mut texts = vec![
        String::new(),
        "\u{feff}".into(),
        "\n".into(),
        "\r\n\r\n".into(),
        "}}}}))))]]]]".into(),
        "{(}[)]{(".repeat(200),
        "#if\n{\n#else\n{\n#endif\n}\n#else\n#endif\n".repeat(20),
        "\\".into(),
        "é'\u{301}ß\"`\u{1f600}".repeat(50),
        "a".repeat(1024 * 1024),
        "/*a*/ ".repeat(1_000),
        "x = ".repeat(1_000),
        "x =\n".to_owned() + &"\n".repeat(500),
        deep("(", ")"),
        deep("{", "}"),
        deep("class A {", "}"),
        deep("def f(): (", ")"),
        "import (\ndef\n".repeat(500),
        "require(".repeat(500),
        "export {".repeat(500),
        "{ use ".repeat(500),
        "= /[ ".repeat(1_000),
        "const a = 1, b = 2,\n".repeat(500),
    ];
    for open in [
        "\"", "'", "`", "/*", "\"\"\"", "r#\"", "R\"x(", "<<<A\n", "<<~A\n", "${", "`${", "#{", "%w[", "=begin\n",
        "@\"", "/",
    ] {
        texts.push(format!("f({open}"));
        texts.push(format!("val def = {open}\n"));
        texts.push(format!("f = {open}").repeat(50));
    }
    for path in LANGUAGES {
        for text in &texts {
            check_both(path, text);
        }
    }
}

#[test]
fn line_ends_a_byte_order_mark_and_a_missing_last_line_end_change_nothing() {
    for (name, text, _) in examples() {
        let language = Language::from_path(&name).unwrap();
        let plain = scan(language, &text).definitions;
        assert_eq!(scan(language, &text.replace('\n', "\r\n")).definitions, plain, "{name}");
        assert_eq!(scan(language, text.trim_end()).definitions, plain, "{name}");
        if !text.starts_with(['#', '<']) {
            assert_eq!(scan(language, &format!("\u{feff}{text}")).definitions, plain, "{name}");
        }
        let plain: Vec<_> = exact(&name, &text).definitions.into_iter().map(|d| (d.name, d.lines)).collect();
        let crlf = exact(&name, &text.replace('\n', "\r\n"));
        assert_eq!(crlf.definitions.into_iter().map(|d| (d.name, d.lines)).collect::<Vec<_>>(), plain, "{name}");
    }
}

#[test]
fn a_broken_file_gives_what_can_be_read() {
    let broken = "fn first() {}\n\nfn second( {\n\nstruct Third;\n\nfn fourth() {}\n";
    let outline = exact("a.rs", broken);
    assert!(outline.broken);
    let names: Vec<&str> = outline.definitions.iter().map(|d| d.name.as_str()).collect();
    assert!(names.contains(&"first") && names.contains(&"fourth"), "{names:?}");
}

#[test]
fn definitions_that_an_error_hides_from_the_grammar_are_those_of_the_scan() {
    let text = "fun first() = 1\nclass C(x: Int) : B(x) { fun z() = 1; init { }; val p: Int get() = 1; fun g(a: Int): Int { return a } }\n\
        object O { fun o() {} }\nfun last(a: Int): Int = 1\n";
    let outline = exact("a.kt", text);
    assert!(outline.broken && outline.tier == Tier::Exact);
    let found: Vec<(&str, &str)> =
        outline.definitions.iter().map(|d| (d.name.as_str(), d.signature.as_str())).collect();
    for expected in [("C", "class C(x: Int) : B(x)"), ("g", "fun g(a: Int): Int"), ("last", "fun last(a: Int): Int")] {
        assert!(found.contains(&expected), "{found:?}");
    }
    check("a.kt", text, &outline);
}

#[test]
fn references_are_identifiers_that_name_no_definition_and_words_are_those_of_comments() {
    let text = "/// Sells what Others sell, sells it.\nfn sell(shop: Shop) -> u32 {\n    // Shop\n    shop.total(\"text\")\n}\n";
    for outline in [exact("a.rs", text), scan(Language::Rust, text)] {
        let references: Vec<(&str, u32, u32)> =
            outline.references.iter().map(|r| (r.name.as_str(), r.count, r.line)).collect();
        assert_eq!(references, [("Shop", 1, 2), ("shop", 2, 2), ("total", 1, 4)], "{:?}", outline.tier);
        let words: Vec<(&str, u32)> = outline.words.iter().map(|(w, c)| (w.as_str(), *c)).collect();
        assert_eq!(words, [("others", 1), ("sell", 1), ("sells", 2), ("shop", 1), ("what", 1)], "{:?}", outline.tier);
    }
}

/// Words and signs that mean something somewhere.
const PIECES: &[&str] = &[
    "fn",
    "def",
    "class",
    "function",
    "func",
    "fun",
    "struct",
    "enum",
    "impl",
    "for",
    "type",
    "const",
    "let",
    "var",
    "val",
    "use",
    "import",
    "export",
    "from",
    "require",
    "#define",
    "#if",
    "#else",
    "#endif",
    "#include",
    "typedef",
    "namespace",
    "template",
    "operator",
    "public:",
    "private",
    "companion",
    "object",
    "extension",
    "init",
    "module",
    "end",
    "macro_rules!",
    "interface",
    "a",
    "Bé",
    "_",
    "x1",
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "<",
    ">",
    ";",
    ":",
    "::",
    ",",
    ".",
    "=",
    "=>",
    "->",
    "@",
    "#",
    "#[",
    "!",
    "~",
    "*",
    "&",
    "?",
    "/",
    "//",
    "/*",
    "*/",
    "\"",
    "'",
    "`",
    "\"\"\"",
    "\\",
    "${",
    "#{",
    "r#\"",
    "R\"(",
    "<<~A",
    "<<<A",
    "%w[",
    "<?php",
    "?>",
    "\n",
    "\n\n",
    "\r\n",
    " ",
    "    ",
    "\t",
    "0",
    "1.5e3",
    "\u{feff}",
];

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(100))]

    #[test]
    fn a_scan_of_any_pieces_in_any_order_holds_what_every_outline_holds(
        pieces in proptest::collection::vec(proptest::sample::select(PIECES), 0..120),
        joint in proptest::sample::select(&["", " "][..]),
    ) {
        let text = pieces.join(joint);
        for path in LANGUAGES {
            check(path, &text, &scan(Language::from_path(path).unwrap(), &text));
        }
    }

    #[test]
    fn a_scan_of_any_bytes_holds_what_every_outline_holds(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..300)) {
        let text = String::from_utf8_lossy(&bytes);
        for path in LANGUAGES {
            check(path, &text, &scan(Language::from_path(path).unwrap(), &text));
        }
    }
}

#[test]
fn the_heads_that_a_scan_cuts_are_those_of_the_grammar() {
    let (mut all, mut wrong) = (0, Vec::new());
    for (name, text, _) in examples() {
        let exact = exact(&name, &text);
        let language = Language::from_path(&name).unwrap();
        let scanned = scan(language, &text);
        for (at, (own, head)) in heads(language, &text).into_iter().enumerate() {
            assert_eq!(own, scanned.definitions[at].name, "{name}");
            let same = |d: &&Definition| d.name == own && d.lines.0 == scanned.definitions[at].lines.0;
            if let Some(same) = exact.definitions.iter().find(same) {
                all += 1;
                if same.signature != head {
                    wrong.push(format!("{name}: `{head}` for `{}`", same.signature));
                }
            }
        }
    }
    assert!(all > 150, "{all}");
    assert!(wrong.len() * 100 <= all * 4, "{} of {all}:\n{}", wrong.len(), wrong.join("\n"));
}

/// The heads by a scan.
fn cut(path: &str, text: &str) -> Vec<String> {
    heads(Language::from_path(path).unwrap(), text).into_iter().map(|(_, head)| head).collect()
}

#[test]
fn a_head_holds_no_line_of_the_preprocessor() {
    let text = "#ifdef A\nstatic\n#endif\nvoid f(void)\n{\n}\nint g(int a,\n# ifdef B\n  int b\n# endif\n) {\n}\n#define TWO \\\n  2\n";
    assert_eq!(cut("a.c", text), ["static void f(void)", "int g(int a, int b)", "#define TWO"]);
    let outline = exact("a.c", text);
    assert_eq!(outline.definitions[1].signature, "int g(int a, int b)");
}

#[test]
fn the_head_of_a_python_function_whose_bracket_is_not_closed_ends_with_its_line() {
    let text = "def editing(x\n    return x\n\nclass Later:\n    def m(self, a,\n          b=(1, 2)):\n        pass\n";
    assert_eq!(cut("a.py", text), ["def editing(x", "class Later", "def m(self, a, b=(1, 2))"]);
}

#[test]
fn type_parameters_of_an_arrow_are_a_part_of_its_head_and_define_nothing() {
    let text = "export const a = async <T,>(x: T): Promise<T> => x;\n\
        const b = async <T extends { a: number }, U = {}>(x: T) => { inner(); };\n\
        const c = <T extends { a: number } = {}>(x: T): T => { return x };\nconst d = a < b, e = 2;\n";
    assert_eq!(
        cut("a.ts", text),
        [
            "export const a = async <T,>(x: T): Promise<T> =>",
            "const b = async <T extends { a: number }, U = {}>(x: T) =>",
            "const c = <T extends { a: number } = {}>(x: T): T =>",
            "const d = a < b",
            "e = 2",
        ]
    );
}

#[test]
fn the_head_of_a_ruby_method_holds_its_parameters_whether_it_has_a_body_or_not() {
    let text = "class Foo\n  def one(a,\n          b = {},\n          c: 1)\n  end\n  def two(h = {}, *r); end\n  def three a,\n            b\n  \
        end\n  def self.four; end\n  def five(a, b = {}) = a\n  def six(a = {})\n    a\n  end\n  def seven a, b = {}\n    a\n  end\n  def eight\n    # only a comment\n  \
        end\n  class Nine\n    # nothing yet\n    # at all\n  end\nend\n";
    let expected = [
        "class Foo",
        "def one(a, b = {}, c: 1)",
        "def two(h = {}, *r)",
        "def three a, b",
        "def self.four",
        "def five(a, b = {})",
        "def six(a = {})",
        "def seven a, b = {}",
        "def eight",
        "class Nine",
    ];
    let outline = exact("a.rb", text);
    let signatures: Vec<&str> = outline.definitions.iter().map(|d| d.signature.as_str()).collect();
    assert_eq!(signatures, expected);
    assert_eq!(cut("a.rb", text), expected);
}
