//! The layer table of `docs/ARCHITECTURE.md`, held against every `crate::…` path in `src/`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Module, then what it may import, as the document's table says. `pure` stands for the nouns and the pure logic.
fn table() -> BTreeMap<String, Vec<String>> {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/ARCHITECTURE.md")).unwrap();
    let rows: Vec<Vec<&str>> = text
        .lines()
        .skip_while(|l| !l.starts_with("| layer |"))
        .skip(2)
        .take_while(|l| l.starts_with('|'))
        .map(|l| l.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    assert!(rows.iter().all(|r| r.len() == 4), "a row of the layer table has not four cells");
    let names = |cell: &str| -> Vec<String> { cell.split('`').skip(1).step_by(2).map(str::to_owned).collect() };
    let is_pure = |row: &&Vec<&str>| matches!(row[0], "nouns" | "pure logic");
    let pure: Vec<String> = rows.iter().filter(is_pure).flat_map(|r| names(r[1])).collect();
    let allowed = |cell: &str| -> Vec<String> {
        names(cell).into_iter().flat_map(|n| if n == "pure" { pure.clone() } else { vec![n] }).collect()
    };
    rows.iter().map(|row| (names(row[1]).remove(0), allowed(row[3]))).collect()
}

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
    let table = table();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    assert!(files.len() > 20, "the scan found only {} files", files.len());
    let mut wrong = Vec::new();
    for file in files {
        let relative = file.strip_prefix(&root).unwrap();
        let module = relative.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs").to_owned();
        if module == "lib" {
            continue;
        }
        let allowed = table.get(&module).cloned().unwrap_or_default();
        for import in imports(&fs::read_to_string(&file).unwrap()) {
            if table.contains_key(&import) && import != module && !allowed.contains(&import) {
                wrong.push(format!("{}: `{module}` must not import `{import}`", relative.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "edges against the layers:\n{}", wrong.join("\n"));
}

#[test]
fn the_table_names_every_module_and_nothing_else() {
    let table = table();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut modules: Vec<String> = fs::read_dir(root)
        .unwrap()
        .map(|e| e.unwrap().file_name().to_str().unwrap().trim_end_matches(".rs").to_owned())
        .filter(|m| m != "lib")
        .collect();
    modules.sort();
    assert_eq!(table.keys().cloned().collect::<Vec<_>>(), modules);
    for (module, allowed) in &table {
        assert!(allowed.iter().all(|a| table.contains_key(a)), "`{module}` may import something that is not there");
    }
}

#[test]
fn the_scan_sees_grouped_and_plain_imports() {
    let source = "use crate::{app::{State, Event}, ui, graph::Run};\nlet x = crate::store::open(); // crate::cli";
    assert_eq!(imports(source), ["app", "ui", "graph", "store"]);
}
