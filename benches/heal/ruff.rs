//! ruff's fixtures: DIR is `crates/ruff_linter` of a checkout of ruff, with `resources/test/fixtures` and the snapshots of its
//! rules, which have what its authors expect it to say and, for each fix, the lines that go and those that come.
//!
//! Each fixture is given to the `ruff` in PATH with the snapshot's rule. Its report is read by our own parser. Every safe fix
//! is made alone by `heal::fix` and held against the snapshot's lines; then all are made at once, again and again as the
//! ladder may, and the text is held against what `ruff check --fix` makes of a copy. A snapshot on which this ruff says
//! something else (other versions, settings that only its tests have) says nothing about fixes and is left out.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use vibe_tui::domain::change::{ChangeSet, FileChange};
use vibe_tui::domain::finding::{Applicability, Finding};
use vibe_tui::domain::hunk::LineKind;
use vibe_tui::edit;
use vibe_tui::heal::fix;
use vibe_tui::validate::tool::{Said, TOOLS, Tool};

/// How often the ladder may make a tool's fixes.
const TURNS: usize = 3;

#[derive(Default)]
struct Sums {
    judged: usize,
    equal: usize,
    fixes: usize,
    equal_fixes: usize,
    whole: usize,
    whole_equal: usize,
    valid: usize,
    changed: usize,
    left_out: BTreeMap<&'static str, usize>,
    different: Vec<String>,
}

/// One finding as a snapshot has it.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Expected {
    line: u32,
    column: u32,
    message: String,
    /// The lines that go and come, each with its sign; `None` without a safe fix.
    diff: Option<Vec<String>>,
}

/// Judges all snapshots and prints the table.
pub fn main(dir: &Path) {
    let tool = TOOLS.iter().find(|tool| tool.name == "ruff").expect("our own tool");
    let version = Command::new("ruff").arg("--version").output().expect("ruff: .ci/validators cargo bench …");
    println!("{}", String::from_utf8_lossy(&version.stdout).trim());
    let mut snapshots: Vec<PathBuf> = ignore::Walk::new(dir.join("src/rules"))
        .flatten()
        .map(|entry| entry.into_path())
        .filter(|path| path.extension().is_some_and(|e| e == "snap"))
        .collect();
    snapshots.sort();
    let scratch = tempfile::tempdir().expect("a temporary directory");
    let place = scratch.path().canonicalize().expect("its path");
    let mut sums = Sums::default();
    for snapshot in &snapshots {
        if let Err(why) = judge(snapshot, dir, &place, tool, &mut sums) {
            *sums.left_out.entry(why).or_default() += 1;
        }
    }
    let share = |part: usize, of: usize| 100.0 * part as f64 / of.max(1) as f64;
    let Sums { judged, equal, fixes, equal_fixes, whole, whole_equal, valid, changed, .. } = sums;
    println!(
        "| snapshots | judged | equal | share | fixes | equal | share | as `--fix` makes it | share | valid | changed |"
    );
    println!("|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
    println!(
        "| {} | {judged} | {equal} | {:.1} % | {fixes} | {equal_fixes} | {:.1} % | {whole_equal} of {whole} | {:.1} % | {valid} | {changed} |",
        snapshots.len(),
        share(equal, judged),
        share(equal_fixes, fixes),
        share(whole_equal, whole),
    );
    sums.left_out.iter().for_each(|(why, count)| println!("left out, {why}: {count}"));
    println!("different: {}", sums.different.join(" "));
}

fn judge(snapshot: &Path, dir: &Path, scratch: &Path, tool: &Tool, sums: &mut Sums) -> Result<(), &'static str> {
    let name = snapshot.file_name().and_then(|n| n.to_str()).unwrap_or_default().trim_end_matches(".snap");
    let (linter, _) = name
        .strip_prefix("ruff_linter__rules__")
        .and_then(|rest| rest.split_once("__"))
        .ok_or("of no rule's own test")?;
    let (code, file) =
        name.rsplit_once("tests__").and_then(|(_, rest)| rest.split_once('_')).ok_or("of no one rule")?;
    let fixture = dir.join("resources/test/fixtures").join(linter).join(file);
    if !code.ends_with(|c: char| c.is_ascii_digit())
        || !matches!(fixture.extension(), Some(e) if e == "py" || e == "pyi")
    {
        return Err("of no one rule");
    }
    let text = std::fs::read_to_string(&fixture).map_err(|_| "without a fixture of its name")?;
    let expected = expected(&std::fs::read_to_string(snapshot).unwrap_or_default());
    if expected.iter().all(|e| e.diff.is_none()) {
        return Err("no safe fix in it");
    }
    let file = scratch.join(file);
    let [plain, preview] = [&[][..], &["--preview"]];
    let (flags, findings) = [plain, preview]
        .into_iter()
        .map(|flags| (flags, findings(tool, code, flags, &file, &text)))
        .find(|(_, findings)| findings.as_ref().is_some_and(|found| said(found) == expected_words(&expected)))
        .ok_or("this ruff says something else")?;
    let findings = findings.unwrap_or_default();
    sums.judged += 1;
    let mut wrong = 0;
    for (finding, expected) in in_order(&findings).into_iter().zip(&expected) {
        let Some(lines) = &expected.diff else { continue };
        sums.fixes += 1;
        let alone = mended(&text, std::slice::from_ref(finding));
        let equal = changed_lines(&text, &alone) == *lines;
        sums.equal_fixes += usize::from(equal);
        wrong += usize::from(!equal);
    }
    sums.equal += usize::from(wrong == 0);
    if wrong > 0 {
        sums.different.push(format!("{name}:{wrong}"));
    }
    let mut ours = text.clone();
    for _ in 0..TURNS {
        let Some(found) = self::findings(tool, code, flags, &file, &ours) else { break };
        let next = mended(&ours, &found);
        if next == ours {
            break;
        }
        ours = next;
    }
    std::fs::write(&file, &text).expect("a temporary file");
    ruff(code, flags, &["--fix", "--quiet"], &file);
    let theirs = std::fs::read_to_string(&file).expect("what ruff has written");
    sums.whole += 1;
    sums.whole_equal += usize::from(ours == theirs);
    if ours != theirs {
        sums.different.push(format!("{name}:--fix"));
    }
    let left = self::findings(tool, code, flags, &file, &theirs).unwrap_or_default();
    if left.iter().flat_map(|f| &f.fixes).all(|f| f.applicability != Applicability::MachineApplicable) {
        sums.valid += 1;
        sums.changed += usize::from(mended(&theirs, &left) != theirs);
    }
    Ok(())
}

fn ruff(code: &str, flags: &[&str], more: &[&str], file: &Path) -> std::process::Output {
    Command::new("ruff")
        .args(["check", "--isolated", "--no-cache", "--target-version", "py314", "--select", code])
        .args(flags)
        .args(more)
        .arg(file)
        .current_dir(file.parent().expect("a directory"))
        .output()
        .expect("ruff")
}

/// What ruff says of a text, as our own parser reads it; `None` where it says nothing that can be read.
fn findings(tool: &Tool, code: &str, flags: &[&str], file: &Path, text: &str) -> Option<Vec<Finding>> {
    std::fs::write(file, text).expect("a temporary file");
    let ran = ruff(code, flags, &["--output-format", "json"], file);
    let (output, errors) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    let root = file.parent().and_then(|root| root.to_str()).expect("a directory");
    let texts = |_: &str| Some(text.to_owned());
    (tool.parse)(&Said::new(root, "", &texts).printing(&output, &errors)).ok()
}

fn in_order(findings: &[Finding]) -> Vec<&Finding> {
    let mut all: Vec<&Finding> = findings.iter().collect();
    all.sort_by_key(|f| (f.line, f.column, f.message.clone()));
    all
}

/// What is said where, and whether it can be mended safely.
type Words = Vec<(u32, u32, String, bool)>;

fn said(findings: &[Finding]) -> Words {
    let safe = |f: &Finding| f.fixes.iter().any(|f| f.applicability == Applicability::MachineApplicable);
    in_order(findings).iter().map(|f| (f.line, f.column, f.message.clone(), safe(f))).collect()
}

fn expected_words(expected: &[Expected]) -> Words {
    expected.iter().map(|e| (e.line, e.column, e.message.clone(), e.diff.is_some())).collect()
}

/// The findings of a snapshot: `CODE [*] message`, the place, a picture, and behind `help:` the lines of the fix.
fn expected(snapshot: &str) -> Vec<Expected> {
    let mut found: Vec<Expected> = Vec::new();
    let mut lines = snapshot.lines().peekable();
    let mut in_fix = false;
    while let Some(line) = lines.next() {
        if let Some(place) = lines.peek().and_then(|next| next.trim_start().strip_prefix("--> ")) {
            let mut place = place.rsplit(':');
            let (column, row) = (place.next().and_then(|n| n.parse().ok()), place.next().and_then(|n| n.parse().ok()));
            if let (Some(column), Some(row), Some((_, message))) = (column, row, line.split_once(' ')) {
                let safe = message.strip_prefix("[*] ");
                let message = safe.unwrap_or(message).trim_start_matches("[*] ").to_owned();
                found.push(Expected { line: row, column, message, diff: safe.map(|_| Vec::new()) });
                in_fix = false;
                continue;
            }
        }
        in_fix |= line.starts_with("help: ");
        if line.starts_with("note: This is an unsafe fix")
            && let Some(last) = found.last_mut()
        {
            last.diff = None;
        }
        let Some(diff) = found.last_mut().and_then(|last| last.diff.as_mut()).filter(|_| in_fix) else { continue };
        // `  - gone`, `12 + come`, `13 | stays`.
        let rest = line.trim_start().trim_start_matches(|c: char| c.is_ascii_digit()).trim_start();
        // Between two parts of a fix there is a rule.
        let is_rule = rest.len() > 20 && rest.bytes().all(|b| b == b'-');
        if let Some(text) = rest.strip_prefix(['-', '+']).filter(|_| !is_rule) {
            let sign = &rest[..1];
            diff.push(format!("{sign}{}", text.strip_prefix(' ').unwrap_or(text)));
        }
    }
    found.sort();
    found
}

/// The lines that go and those that come.
fn changed_lines(before: &str, after: &str) -> Vec<String> {
    let file = FileChange { path: "a.py".into(), before: Some(before.into()), after: Some(after.into()) };
    let diff = edit::diff(&ChangeSet { files: vec![file] });
    let lines = diff.iter().flat_map(|f| &f.hunks).flat_map(|h| &h.lines);
    let signed = lines.filter_map(|line| match line.kind {
        LineKind::Removed => Some(format!("-{}", line.text)),
        LineKind::Added => Some(format!("+{}", line.text)),
        LineKind::Context => None,
    });
    signed.collect()
}

/// The text with the safe fixes of these findings.
fn mended(text: &str, findings: &[Finding]) -> String {
    let path = findings.first().map(|f| f.path.clone()).unwrap_or_default();
    let file = FileChange { path, before: None, after: Some(text.into()) };
    let base = ChangeSet { files: vec![file] };
    let fixed = fix::apply(&base, &[], &fix::machine_applicable(findings));
    fixed.and_then(|f| f.changes.files.into_iter().next()?.after).unwrap_or_else(|| text.to_owned())
}
