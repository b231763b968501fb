//! House rules that a compiler does not check: short files, a purpose at the top of each, and purity where it is promised.

use std::fs;
use std::path::{Path, PathBuf};

const MAX_LINES: usize = 400;
const PURE: &[&str] = &[
    "domain",
    "intent",
    "pattern",
    "syntax",
    "map",
    "embedding",
    "quality",
    "edit",
    "context",
    "budget",
    "heal",
    "graph",
    "app",
];
const IMPURE_NAMES: &[&str] = &[
    "Instant::now",
    "SystemTime",
    "tokio",
    "std::fs",
    "std::process",
    "reqwest",
    "rusqlite",
    "rand::",
    "Timestamp::now",
    "Uuid::now",
    "Zoned::now",
];

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

/// The lines before the file's test module.
fn production(text: &str) -> Vec<&str> {
    text.lines().take_while(|l| l.trim() != "#[cfg(test)]").collect()
}

#[test]
fn every_file_is_short_says_what_it_is_for_and_is_pure_where_promised() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    assert!(files.len() > 20, "the scan found only {} files", files.len());
    let mut wrong = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let name = file.strip_prefix(&root).unwrap().display().to_string();
        let lines = production(&text);
        if lines.len() > MAX_LINES {
            wrong.push(format!("{name}: {} lines before its tests (at most {MAX_LINES})", lines.len()));
        }
        if !text.starts_with("//!") {
            wrong.push(format!("{name}: does not start with `//!` and its purpose"));
        }
        // They panic when nobody listens; `runtime::tell` and `runtime::print` do not.
        for macro_name in ["println!", "print!", "dbg!"] {
            if lines.iter().any(|l| l.split("//").next().unwrap_or("").contains(macro_name)) {
                wrong.push(format!("{name}: uses `{macro_name}`"));
            }
        }
        let module = name.split('/').next().unwrap();
        if PURE.contains(&module) {
            for line in &lines {
                let code = line.split("//").next().unwrap_or("");
                for impure in IMPURE_NAMES.iter().filter(|n| code.contains(**n)) {
                    wrong.push(format!("{name}: a pure module names `{impure}`"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "house rules broken:\n{}", wrong.join("\n"));
}
