//! A model's edits: the same in any pieces; applied to files or refused, and cut into hunks that give the whole or nothing.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vibe_tui::domain::change::{FileContent, FileSnapshot};
use vibe_tui::edit::{Edit, Parser, apply, diff, paths, select};

const BASE: &str =
    "fn main() {\n    let a = 1;\n    let b = 2;\n    println!(\"{}\", a + b);\n}\n\nfn other() {\n    let a = 1;\n}\n";

fn parse<'a>(pieces: impl IntoIterator<Item = &'a str>) -> Vec<Edit> {
    let mut parser = Parser::for_file("src/main.rs");
    pieces.into_iter().for_each(|piece| parser.push(piece));
    parser.finish()
}

fuzz_target!(|text: &str| {
    let edits = parse([text]);
    let middle = (0..=text.len() / 2).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0);
    assert_eq!(edits, parse([&text[..middle], &text[middle..]]));
    let Ok(names) = paths(&edits) else { return };
    let snapshot = |(i, path): (usize, String)| {
        let content = if i % 2 == 0 { FileContent::Text { text: BASE.into() } } else { FileContent::Absent };
        FileSnapshot { path, content }
    };
    let base: Vec<FileSnapshot> = names.into_iter().enumerate().map(snapshot).collect();
    let Ok(changes) = apply(&edits, &base) else { return };
    for (change, cut) in changes.files.iter().zip(diff(&changes)) {
        assert_eq!(select(change, &cut, |_| false), None);
        if !change.is_noop() {
            assert_eq!(select(change, &cut, |_| true), Some(change.after.clone()));
        }
    }
});
