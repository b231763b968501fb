//! Outlines: every kind of definition of every language read as a person reads it, by both tiers; and no text that hangs or
//! panics them.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use vibe_tui::domain::language::Language;
use vibe_tui::domain::outline::{Definition, Outline};
use vibe_tui::syntax::{outline, scan};

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
        if std::env::var_os("ACCEPT").is_some() {
            fs::write(format!("tests/syntax/outlined/{name}.outline"), &found).unwrap();
        }
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

#[test]
fn a_scan_finds_what_the_grammar_finds() {
    let mut wrong = Vec::new();
    for (name, text, _) in examples() {
        let language = Language::from_path(&name).unwrap();
        let found = differences(&exact(&name, &text), &scan(language, &text));
        if !found.is_empty() {
            wrong.push(format!("=== {name}\n{}", found.join("\n")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
