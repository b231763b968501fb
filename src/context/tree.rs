//! The repository's layout as a short indented text, as detailed as its tokens allow. Pure.

use crate::domain::path::on_one_line;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Lines after which a layout is of no use to a model, whatever the budget.
const MAX_LINES: usize = 400;

/// Levels of folders that are told apart; below them the rest of a path stands as one name.
const MAX_DEPTH: usize = 24;

#[derive(Default)]
struct Folder<'a> {
    folders: BTreeMap<&'a str, Folder<'a>>,
    files: Vec<&'a str>,
    /// Files in it and below.
    total: usize,
}

/// The layout of a sorted listing: folders before files, at the greatest depth whose text `fits`; deeper folders as one
/// line with their number of files. `None` if not even the top fits.
pub(super) fn layout(listing: &[String], fits: impl Fn(&str) -> bool) -> Option<String> {
    let root = build(listing);
    let mut best = None;
    for depth in 0..=listing.iter().map(|p| p.matches('/').count()).max()?.min(MAX_DEPTH) {
        let mut text = String::new();
        draw(&root, depth, 0, &mut text);
        if text.lines().count() > MAX_LINES || !fits(&text) {
            break;
        }
        best = Some(text);
    }
    best
}

fn build(listing: &[String]) -> Folder<'_> {
    let mut root = Folder::default();
    for path in listing {
        let mut folder = &mut root;
        folder.total += 1;
        let mut rest = path.as_str();
        for _ in 0..MAX_DEPTH {
            let Some((part, below)) = rest.split_once('/') else { break };
            folder = folder.folders.entry(part).or_default();
            folder.total += 1;
            rest = below;
        }
        folder.files.push(rest);
    }
    root
}

/// Draws a folder's entries; its folders are opened down to `depth` levels below it. Stops when it is far too long.
fn draw(folder: &Folder, depth: usize, indent: usize, text: &mut String) {
    if text.len() > 64 * MAX_LINES {
        return;
    }
    for (name, below) in &folder.folders {
        let _ = match depth {
            0 => writeln!(text, "{:indent$}{}/ ({} files)", "", on_one_line(name), below.total),
            _ => writeln!(text, "{:indent$}{}/", "", on_one_line(name)),
        };
        if depth > 0 {
            draw(below, depth - 1, indent + 1, text);
        }
    }
    for name in &folder.files {
        let _ = writeln!(text, "{:indent$}{}", "", on_one_line(name));
    }
}
