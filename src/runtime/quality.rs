//! `vibe-tui review` and `analyze`: what was changed and what there is, measured and reported. Reads the repository and git;
//! writes nothing, asks no model.

use super::gate::ask_gate;
use super::setup::Setup;
use crate::domain::change::FileChange;
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::language::Language;
use crate::domain::listing::FileEntry;
use crate::domain::outline::Oddity;
use crate::quality::{self, Breach, Change, LeftOut, Level, Tree, change_markdown, plain_text, sarif, tree_markdown};
use crate::repo::difference::{Compared, difference};
use crate::repo::walk::{self, MAX_FILES, MAX_SKIPPED, Skipped};
use crate::repo::{Root, read};
use crate::syntax;
use serde_json::{Value, json};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// How a report is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReportFormat {
    /// For a terminal.
    #[default]
    Text,
    /// Markdown.
    Markdown,
    /// One JSON object.
    Json,
    /// SARIF 2.1.0.
    Sarif,
}

/// The figures of what was changed.
///
/// # Errors
/// Those of [`difference`].
pub fn changed(root: &Root, compared: &Compared) -> Result<Change, Failure> {
    let difference = difference(root, compared)?;
    let mut changes = difference.changes;
    let mut left_out: Vec<LeftOut> = Vec::new();
    // What nobody wrote by hand is nobody's style.
    changes.files.retain(|file| match oddity_of(file) {
        None => true,
        Some(oddity) => {
            let is_unjudged = file.after.is_some() && is_unjudged(oddity);
            left_out.push(LeftOut { path: file.path.clone(), why: odd(oddity).to_owned(), is_unjudged });
            false
        }
    });
    let without_text = difference.left_out.into_iter();
    left_out.extend(without_text.map(|file| LeftOut { path: file.path, why: file.why, is_unjudged: !file.is_gone }));
    let mut change = quality::change(&changes);
    change.unmeasured.extend(left_out.iter().map(|file| file.path.clone()));
    change.unmeasured.sort();
    change.left_out.extend(left_out.into_iter().filter(|file| quality::is_code(&file.path)));
    change.left_out.sort();
    Ok(change)
}

/// Why a changed file is not measured: what it is decides, and what it was only where it is gone.
fn oddity_of(file: &FileChange) -> Option<Oddity> {
    let text = file.after.as_ref().or(file.before.as_ref())?;
    syntax::oddity(&file.path, text.as_bytes(), text.len() as u64)
}

/// Whether such a file is somebody's code that nobody could look at.
fn is_unjudged(oddity: Oddity) -> bool {
    match oddity {
        Oddity::Minified | Oddity::Generated | Oddity::Vendored => false,
        Oddity::Large | Oddity::Binary | Oddity::NotUtf8 | Oddity::Unreadable => true,
    }
}

/// Reports on the change: `vibe-tui review`. The gate asked is that of a commit, or for `--since` that of a merge.
///
/// # Errors
/// Those of [`changed`].
pub fn review(setup: &Setup, wanted: Option<Compared>, format: ReportFormat) -> Result<String, Failure> {
    let level = if matches!(wanted, Some(Compared::Since(_))) { Level::Pr } else { Level::Commit };
    let wanted = wanted.unwrap_or(Compared::Unstaged);
    Ok(ask_gate(&setup.root, &setup.loaded.config.gate, level, Some(wanted))?.report(format))
}

/// Reports on the tree, or what of it lies beneath `paths`: `vibe-tui analyze`.
///
/// # Errors
/// Those of [`analyze`].
pub fn analysis(setup: &Setup, paths: &[String], format: ReportFormat) -> Result<String, Failure> {
    Ok(tree_report(&analyze(&setup.root, paths)?, None, format))
}

/// The figures of every file beneath `paths` (all without any) that is not ignored, generated, vendored or minified.
///
/// # Errors
/// When the repository has more files than are listed, or nothing lies beneath `paths`.
pub fn analyze(root: &Root, paths: &[String]) -> Result<Tree, Failure> {
    let listing = walk::walk(root, MAX_FILES, &AtomicBool::new(false));
    if listing.truncated {
        let message =
            format!("The repository has more than {MAX_FILES} files. List what does not matter in .vibeignore.");
        return Err(Failure::fatal(FailureKind::Denied, message));
    }
    let is_beneath = |path: &str| {
        let is = |place: &String| {
            place.is_empty() || path == place || path.strip_prefix(place.as_str()).is_some_and(|r| r.starts_with('/'))
        };
        paths.is_empty() || paths.iter().any(is)
    };
    let entries: Vec<&FileEntry> = listing.entries.iter().filter(|entry| is_beneath(&entry.path)).collect();
    if entries.is_empty() && !paths.is_empty() {
        let message = format!("No file that is not ignored lies beneath {}.", paths.join(", "));
        return Err(Failure::fatal(FailureKind::BadRequest, message));
    }
    let mut tree = measure_all(root, &entries);
    let unlisted = listing.skipped.iter().filter(|skipped| is_beneath(&skipped.path) && may_hold_code(skipped));
    tree.left_out.extend(unlisted.map(|skipped| LeftOut {
        path: skipped.path.clone(),
        why: skipped.reason.clone(),
        is_unjudged: true,
    }));
    if listing.skipped.len() >= MAX_SKIPPED {
        let why = format!("{MAX_SKIPPED} names and more could not be read");
        tree.left_out.push(LeftOut { path: "…".to_owned(), why, is_unjudged: true });
    }
    tree.left_out.sort();
    Ok(tree)
}

/// Whether what a walk left out is code, or a directory, in which there may be some.
fn may_hold_code(skipped: &Skipped) -> bool {
    skipped.is_directory || quality::is_code(&skipped.path)
}

/// Files that a thread takes at once.
const TOGETHER: usize = 16;

fn measure_all(root: &Root, entries: &[&FileEntry]) -> Tree {
    let threads = std::thread::available_parallelism().map_or(2, |n| n.get().min(8));
    let (next, tree) = (AtomicUsize::new(0), Mutex::new(Tree::default()));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut own = Tree::default();
                loop {
                    let start = next.fetch_add(TOGETHER, Ordering::Relaxed).min(entries.len());
                    let some = &entries[start..(start + TOGETHER).min(entries.len())];
                    if some.is_empty() {
                        break;
                    }
                    for entry in some {
                        match measured(root, entry) {
                            Ok(Some(file)) => own.files.push(file),
                            Ok(None) => {}
                            Err((why, is_unjudged)) => {
                                *own.skipped.entry(why).or_default() += 1;
                                let (path, why) = (entry.path.clone(), why.to_owned());
                                own.left_out.extend(is_unjudged.then_some(LeftOut { path, why, is_unjudged }));
                            }
                        }
                    }
                }
                let mut tree = tree.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
                tree.files.extend(own.files);
                tree.left_out.extend(own.left_out);
                own.skipped.into_iter().for_each(|(why, count)| *tree.skipped.entry(why).or_default() += count);
            });
        }
    });
    let mut tree = tree.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
    tree.files.sort_by(|a, b| a.path.cmp(&b.path));
    tree
}

/// One file's figures; `None` for what has no grammar. Else why it has none, and whether it is left unjudged by that.
fn measured(root: &Root, entry: &FileEntry) -> Result<Option<quality::FileQuality>, (&'static str, bool)> {
    let odd = |oddity| (odd(oddity), is_unjudged(oddity));
    let path = &entry.path;
    let Some(language) = Language::from_path(path) else { return Ok(None) };
    if syntax::grammar(language, path).is_none() {
        return Ok(None);
    }
    if let Some(oddity) = syntax::oddity(path, b"", entry.size) {
        return Err(odd(oddity));
    }
    let bytes = read::bytes(root, path).map_err(|_| odd(Oddity::Unreadable))?;
    if let Some(oddity) = syntax::oddity(path, &bytes, bytes.len() as u64) {
        return Err(odd(oddity));
    }
    let text = String::from_utf8(bytes).map_err(|_| odd(Oddity::NotUtf8))?;
    quality::measure(path, &text).map(Some).ok_or((quality::TOO_LONG, true))
}

fn odd(oddity: Oddity) -> &'static str {
    match oddity {
        Oddity::Minified => "minified",
        Oddity::Generated => "generated",
        Oddity::Vendored => "vendored",
        Oddity::Large => "too large",
        Oddity::Binary => "not text",
        Oddity::NotUtf8 => "not UTF-8",
        Oddity::Unreadable => "unreadable",
    }
}

/// A gate that was asked, and its reasons.
type Asked<'a> = Option<(Level, &'a [Breach])>;

/// The report of a change.
pub(super) fn change_report(change: &Change, gate: Asked, format: ReportFormat) -> String {
    match format {
        ReportFormat::Text => plain_text(&change_markdown(change, gate)),
        ReportFormat::Markdown => change_markdown(change, gate),
        ReportFormat::Json => {
            let (before, after) = change.totals();
            let value = json!({"before": before, "after": after, "files": change.files,
                "unmeasured": change.unmeasured, "left_out": change.left_out, "gate": gate.map(verdict)});
            format!("{value}\n")
        }
        ReportFormat::Sarif => {
            let findings: Vec<_> = change.files.iter().flat_map(|file| &file.introduced).collect();
            format!("{}\n", sarif(&findings, gate.map_or(&[], |(_, breaches)| breaches), env!("CARGO_PKG_VERSION")))
        }
    }
}

/// The report of a tree.
pub(super) fn tree_report(tree: &Tree, gate: Asked, format: ReportFormat) -> String {
    match format {
        ReportFormat::Text => plain_text(&tree_markdown(tree, gate)),
        ReportFormat::Markdown => tree_markdown(tree, gate),
        ReportFormat::Json => {
            let totals = quality::Totals::of(&tree.files);
            let value = json!({"totals": totals, "files": tree.files, "skipped": tree.skipped, "left_out": tree.left_out,
                    "gate": gate.map(verdict)});
            format!("{value}\n")
        }
        ReportFormat::Sarif => {
            let breaches = gate.map_or(&[][..], |(_, breaches)| breaches);
            format!("{}\n", sarif(&tree.findings(), breaches, env!("CARGO_PKG_VERSION")))
        }
    }
}

fn verdict((level, breaches): (Level, &[Breach])) -> Value {
    json!({"level": level, "open": breaches.is_empty(), "breaches": breaches})
}
