//! The layer table of `docs/ARCHITECTURE.md`, held against every `crate::…` path in `src/`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Module, then what it may import. Pure logic may import the pure modules listed before it.
const TABLE: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("intent", &["domain"]),
    ("pattern", &["domain", "intent"]),
    ("syntax", &["domain"]),
    ("edit", &["domain", "syntax"]),
    ("context", &["domain", "intent", "pattern", "syntax"]),
    ("budget", &["domain"]),
    ("heal", &["domain", "syntax", "edit", "budget"]),
    ("graph", &["domain", "intent", "pattern", "syntax", "edit", "context", "budget", "heal"]),
    ("config", PURE),
    ("provider", PURE),
    ("repo", PURE),
    ("validate", PURE),
    ("store", PURE),
    ("app", PURE),
    ("input", &["domain", "app", "config"]),
    ("ui", &["domain", "graph", "app", "input", "config"]),
    (
        "runtime",
        &[
            "domain", "intent", "pattern", "syntax", "edit", "context", "budget", "heal", "graph", "config",
            "provider", "repo", "validate", "store", "app", "input", "ui",
        ],
    ),
    ("cli", &["runtime", "config", "domain"]),
    ("main", &["cli", "validate"]),
    ("lib", &[]),
];

const PURE: &[&str] = &["domain", "intent", "pattern", "syntax", "edit", "context", "budget", "heal", "graph"];

fn sources(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// The crate's modules that `source` names: `crate::x`, `crate::{x, y::z}`, `vibe_tui::x`. Comments do not count.
fn imports(source: &str) -> Vec<String> {
    let code: String = source.lines().map(|l| l.split("//").next().unwrap_or("")).collect::<Vec<_>>().join("\n");
    let mut found = Vec::new();
    for marker in ["crate::", "vibe_tui::"] {
        for (at, _) in code.match_indices(marker) {
            if marker == "crate::" && code[..at].ends_with('$') {
                continue;
            }
            let rest = &code[at + marker.len()..];
            match rest.strip_prefix('{') {
                Some(group) => found.extend(group_heads(group)),
                None => found.push(head(rest)),
            }
        }
    }
    found.retain(|m| !m.is_empty());
    found
}

fn head(path: &str) -> String {
    path.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// First segments of the top-level entries of a `{…}` group.
fn group_heads(group: &str) -> Vec<String> {
    let (mut depth, mut start, mut heads) = (0usize, 0usize, Vec::new());
    for (i, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                heads.push(head(&group[start..i]));
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                heads.push(head(&group[start..i]));
                start = i + 1;
            }
            _ => {}
        }
    }
    heads
}

#[test]
fn imports_go_down_only() {
    let table: BTreeMap<_, _> = TABLE.iter().copied().collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    assert!(files.len() > 20, "the scan found only {} files", files.len());
    let mut wrong = Vec::new();
    for file in files {
        let relative = file.strip_prefix(&root).unwrap();
        let module = relative.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs").to_owned();
        let Some(allowed) = table.get(module.as_str()) else {
            wrong.push(format!("{}: module `{module}` is not in the table", relative.display()));
            continue;
        };
        for import in imports(&fs::read_to_string(&file).unwrap()) {
            if table.contains_key(import.as_str()) && import != module && !allowed.contains(&import.as_str()) {
                wrong.push(format!("{}: `{module}` must not import `{import}`", relative.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "edges against the layers:\n{}", wrong.join("\n"));
}

#[test]
fn the_architecture_document_holds_the_same_table() {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/ARCHITECTURE.md")).unwrap();
    for (module, _) in TABLE.iter().filter(|(m, _)| *m != "lib") {
        let named = text.lines().any(|l| l.starts_with('|') && l.contains(&format!("`{module}`")));
        assert!(named, "docs/ARCHITECTURE.md has no row in its layer table that names `{module}`");
    }
}

#[test]
fn the_scan_sees_grouped_and_plain_imports() {
    let source = "use crate::{app::{State, Event}, ui, graph::Run};\nlet x = crate::store::open(); // crate::cli";
    assert_eq!(imports(source), ["app", "ui", "graph", "store"]);
}
