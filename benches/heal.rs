//! How often a linter's own safe fixes, made by `heal::fix`, give what its authors expect: `cargo bench --bench heal -- DIR`.
//!
//! DIR is `crates/ruff_linter` of a checkout of ruff (see `heal/ruff.rs`), or `tests/ui` of one of rust-clippy: `X.rs` and what is expected of it, `X.fixed`. Each is given to `clippy-driver` as Clippy's own
//! tests do, its machine-applicable suggestions are made, and the text is compared with the expected one. What says nothing
//! about making fixes is counted and left out: files that need helper crates or several passes, on which this Clippy says
//! something else than `X.stderr` has (it is of another version than the fixtures), or which want suggestions that are not
//! machine-applicable. The expected files
//! themselves are valid already: with no finding left, nothing of them may change. Nothing is written to DIR.

#[path = "heal/ruff.rs"]
mod ruff;

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use vibe_tui::domain::change::{ChangeSet, FileChange};
use vibe_tui::domain::finding::{Applicability, Finding, Fix, TextEdit};
use vibe_tui::heal::fix;

/// What became of a fixture.
enum Outcome {
    Equal,
    Different,
    /// Why it says nothing.
    LeftOut(&'static str),
}

fn main() {
    let Some(dir) = std::env::args().skip(1).find(|arg| !arg.starts_with("--")) else {
        return println!(
            "give fixtures: cargo bench --bench heal -- …/rust-clippy/tests/ui, or …/ruff/crates/ruff_linter"
        );
    };
    if Path::new(&dir).join("resources/test/fixtures").is_dir() {
        return ruff::main(Path::new(&dir));
    }
    let mut fixtures: Vec<PathBuf> = std::fs::read_dir(&dir)
        .expect("a directory")
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|e| e == "fixed"))
        .collect();
    fixtures.sort();
    let scratch = tempfile::tempdir().expect("a temporary directory");
    let (mut equal, mut different, mut valid, mut changed) = (0, Vec::new(), 0, 0);
    let mut left_out = std::collections::BTreeMap::<&str, usize>::new();
    for fixed in &fixtures {
        match judge(fixed, scratch.path()) {
            Outcome::Equal => equal += 1,
            Outcome::Different => different.push(fixed.file_stem().unwrap_or_default().to_string_lossy().into_owned()),
            Outcome::LeftOut(why) => *left_out.entry(why).or_default() += 1,
        }
        let expected = std::fs::read_to_string(fixed).expect("a text");
        let findings = findings(&expected, fixed, scratch.path()).unwrap_or_default();
        if findings.iter().all(|f| f.fixes.is_empty()) {
            valid += 1;
            changed += usize::from(mended(&expected, &findings) != expected);
        }
    }
    let judged = equal + different.len();
    println!("| fixtures | judged | equal | share | valid files | changed |\n|---:|---:|---:|---:|---:|---:|");
    let share = 100.0 * equal as f64 / judged.max(1) as f64;
    println!("| {} | {judged} | {equal} | {share:.1} % | {valid} | {changed} |", fixtures.len());
    left_out.iter().for_each(|(why, count)| println!("left out, {why}: {count}"));
    println!("different: {}", different.join(" "));
}

fn judge(fixed: &Path, scratch: &Path) -> Outcome {
    let source = fixed.with_extension("rs");
    let Ok(text) = std::fs::read_to_string(&source) else { return Outcome::LeftOut("several passes or revisions") };
    if ["aux-build", "proc_macro", "@revisions", "@no-rustfix"].iter().any(|mark| text.contains(mark)) {
        return Outcome::LeftOut("needs helper crates or revisions");
    }
    let Some(findings) = findings(&text, &source, scratch) else {
        return Outcome::LeftOut("does not compile here");
    };
    if said(&findings) != expected_words(&source) {
        return Outcome::LeftOut("this Clippy says something else");
    }
    let all: Vec<&Fix> = findings.iter().flat_map(|f| &f.fixes).collect();
    if all.iter().any(|f| f.applicability != Applicability::MachineApplicable) {
        return Outcome::LeftOut("wants what is not machine-applicable");
    }
    if all.is_empty() {
        return Outcome::LeftOut("nothing to say");
    }
    let expected = std::fs::read_to_string(fixed).expect("a text");
    if mended(&text, &findings) == expected { Outcome::Equal } else { Outcome::Different }
}

/// What is said where, in order.
type Said = Vec<(u32, u32, String)>;

fn said(findings: &[Finding]) -> Said {
    let mut said: Said = findings.iter().map(|f| (f.line, f.column, f.message.clone())).collect();
    said.sort();
    said.dedup();
    said
}

/// What Clippy's authors expect it to say: an `error: …` and the line below it with the place.
fn expected_words(source: &Path) -> Said {
    let text = std::fs::read_to_string(source.with_extension("stderr")).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    let mut said: Said = lines
        .windows(2)
        .filter_map(|pair| {
            let message = pair[0].strip_prefix("error: ")?;
            let mut place = pair[1].trim().strip_prefix("--> ")?.rsplit(':');
            let column = place.next()?.parse().ok()?;
            Some((place.next()?.parse().ok()?, column, message.to_owned()))
        })
        .collect();
    said.sort();
    said.dedup();
    said
}

/// The text with the safe fixes of these findings.
fn mended(text: &str, findings: &[Finding]) -> String {
    let file = FileChange { path: "a.rs".into(), before: None, after: Some(text.into()) };
    let base = ChangeSet { files: vec![file] };
    let fixed = fix::apply(&base, &[], &fix::machine_applicable(findings));
    fixed.and_then(|f| f.changes.files.into_iter().next()?.after).unwrap_or_else(|| text.to_owned())
}

/// What Clippy says of a text; `None` when it does not compile.
fn findings(text: &str, of: &Path, scratch: &Path) -> Option<Vec<Finding>> {
    let file = scratch.join(of.with_extension("rs").file_name()?);
    std::fs::write(&file, text).expect("a temporary file");
    let mut words: Vec<String> =
        ["--error-format=json", "--emit=metadata", "-Aunused", "-Ainternal_features"].map(Into::into).into();
    let marked = |mark: &str| {
        text.lines()
            .filter_map(|l| Some(l.strip_prefix("//@")?.trim().strip_prefix(mark)?.trim().to_owned()))
            .collect::<Vec<_>>()
    };
    let edition = marked("edition:").pop().unwrap_or_else(|| "2024".into());
    words.push(format!("--edition={}", edition.rsplit("..").next().unwrap_or("2024").trim_start_matches('=')));
    for flags in marked("compile-flags:") {
        words.extend(flags.split_whitespace().map(str::to_owned));
    }
    let ran = Command::new("clippy-driver")
        .args(&words)
        .arg("--out-dir")
        .arg(scratch)
        .arg(&file)
        // The fixtures use features of the compiler that it keeps to itself.
        .env("RUSTC_BOOTSTRAP", "1")
        .output()
        .expect("clippy-driver: rustup component add clippy");
    let said = String::from_utf8_lossy(&ran.stderr);
    let messages: Vec<Value> = said.lines().filter_map(|l| serde_json::from_str(l).ok()).collect();
    let is_hard = |m: &Value| m["level"] == "error" && m["code"]["code"].as_str().is_none_or(|c| c.starts_with('E'));
    if messages.iter().any(|m| is_hard(m) && !m["message"].as_str().unwrap_or("").starts_with("aborting")) {
        return None;
    }
    let name = file.display().to_string();
    Some(messages.iter().flat_map(|m| of_message(m, &name)).collect())
}

/// A finding for each way in which a message says to mend it.
fn of_message(message: &Value, name: &str) -> Vec<Finding> {
    let primary = message["spans"].as_array().into_iter().flatten().find(|s| s["is_primary"] == true);
    let Some(primary) = primary else { return Vec::new() };
    let number = |key: &str| u32::try_from(primary[key].as_u64().unwrap_or(0)).unwrap_or(0);
    let finding = Finding {
        path: "a.rs".into(),
        line: number("line_start"),
        column: number("column_start"),
        message: message["message"].as_str().unwrap_or_default().lines().next().unwrap_or_default().to_owned(),
        ..Finding::default()
    };
    let children = message["children"].as_array().into_iter().flatten();
    let fixes = children.filter_map(|child| suggestion(child, name)).chain(suggestion(message, name));
    let mut found: Vec<Finding> = fixes.map(|fix| Finding { fixes: vec![fix], ..finding.clone() }).collect();
    if found.is_empty() {
        found.push(finding);
    }
    found
}

fn suggestion(child: &Value, name: &str) -> Option<Fix> {
    let spans =
        child["spans"].as_array()?.iter().filter(|s| s["file_name"] == name && s["suggested_replacement"].is_string());
    let mut machine = true;
    let edits: Vec<TextEdit> = spans
        .filter_map(|span| {
            machine &= span["suggestion_applicability"] == "MachineApplicable";
            let byte = |key: &str| usize::try_from(span[key].as_u64()?).ok();
            let text = span["suggested_replacement"].as_str()?.to_owned();
            Some(TextEdit { path: "a.rs".into(), start: byte("byte_start")?, end: byte("byte_end")?, text })
        })
        .collect();
    let applicability = if machine { Applicability::MachineApplicable } else { Applicability::MaybeIncorrect };
    let title = child["message"].as_str().unwrap_or_default().to_owned();
    (!edits.is_empty()).then_some(Fix { title, applicability, edits })
}
