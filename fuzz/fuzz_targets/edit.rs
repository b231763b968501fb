//! A model's edits: the same in any pieces; applied to files or refused, and cut into hunks that give the whole or nothing.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vibe_tui::domain::change::{FileContent, FileSnapshot};
use vibe_tui::edit::{Action, Edit, Parser, apply, apply_with_notes, diff, paths, read, select, unified};

const BASE: &str =
    "fn main() {\n    let a = 1;\n    let b = 2;\n    println!(\"{}\", a + b);\n}\n\nfn other() {\n    let a = 1;\n}\n";

fn parse<'a>(pieces: impl IntoIterator<Item = &'a str>) -> Vec<Edit> {
    let mut parser = Parser::new();
    pieces.into_iter().for_each(|piece| parser.push(piece));
    parser.finish()
}

/// What is applied is cut into hunks that give it again, and so does our own patch of it.
fn check(edits: &[Edit]) {
    let Ok(names) = paths(edits) else { return };
    let snapshot = |(i, path): (usize, String)| {
        let content = if i % 2 == 0 { FileContent::Text { text: BASE.into() } } else { FileContent::Absent };
        FileSnapshot { path, content }
    };
    let base: Vec<FileSnapshot> = names.into_iter().enumerate().map(snapshot).collect();
    let Ok(applied) = apply_with_notes(edits, &base) else { return };
    assert!(applied.located.iter().all(|l| l.score >= 0.9 && l.lines.0 <= l.lines.1));
    let changes = applied.changes;
    for (change, cut) in changes.files.iter().zip(diff(&changes)) {
        assert_eq!(select(change, &cut, |_| false), None);
        assert_eq!(select(change, &cut, |_| true), Some(change.after.clone()));
    }
    // Names and texts that a patch writes in a way of its own aside.
    let plain = |path: &str| path.bytes().all(|b| b.is_ascii_alphanumeric() || b"/._-".contains(&b));
    let ends = |text: &Option<String>| {
        text.as_ref().is_none_or(|t| t.ends_with('\n') && !t.contains('\r') && !t.contains('\u{feff}'))
    };
    if changes
        .files
        .iter()
        .all(|f| plain(&f.path) && ends(&f.after) && f.before.as_deref() != Some("") && f.after.as_deref() != Some(""))
    {
        let again = read(&unified(&changes));
        assert!(again.iter().all(|e| !matches!(e.action, Action::Malformed { .. })));
        if let Ok(twice) = apply(&again, &base) {
            assert_eq!(twice, changes);
        }
    }
}

fuzz_target!(|text: &str| {
    check(&read(text));
    check(&read(&format!("*** Begin Patch\n*** Update File: src/main.rs\n{text}\n*** End Patch\n")));
    let edits = parse([text]);
    let middle = (0..=text.len() / 2).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0);
    assert_eq!(edits, parse([&text[..middle], &text[middle..]]));
    check(&edits);
});
