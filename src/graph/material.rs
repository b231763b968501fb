//! The pieces prompts are filled with: the plan, the reading of the request, files, findings and the diff as text.
//!
//! Everything here is cut to a length that is asked for, and every cut is marked; nothing is left out silently.

use super::run::Run;
use crate::domain::clip;
use crate::domain::fence::fenced;
use crate::domain::finding::{CheckResult, Finding, ValidationReport};
use crate::domain::language::Language;
use crate::domain::path;
use crate::edit;
use crate::heal::{self, name::Frame};
use std::fmt::Write;

/// Lines around a finding that a mender sees.
const AROUND: usize = 8;
/// Longest message of a finding in a prompt, in bytes.
const MAX_MESSAGE: usize = 1200;

/// How much of a file is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// All of it.
    Whole,
    /// The lines that matter, and the heads of the blocks they stand in.
    Excerpt,
}

/// What the parser read in the request, in one line.
pub(super) fn reading(run: &Run) -> String {
    let intent = &run.spec.intent;
    let mut line = format!("({}", if run.spec.mode.edits { intent.action.word() } else { "answer" });
    for target in &intent.targets {
        line.push(' ');
        line.push_str(target.word());
    }
    if let Some(language) = intent.language {
        let _ = write!(line, ", {}", language.name());
    }
    for (label, words) in [("", &intent.frameworks), ("files: ", &intent.paths), ("symbols: ", &intent.symbols)] {
        if !words.is_empty() {
            let _ = write!(line, ", {label}{}", words.join(" "));
        }
    }
    line.push(')');
    line
}

/// The plan as a numbered list.
pub(super) fn plan(run: &Run) -> String {
    let Some(plan) = &run.plan else { return String::new() };
    let mut text = String::new();
    for (number, step) in plan.steps.iter().enumerate() {
        let _ = write!(text, "{}. {}", number + 1, step.title);
        if !step.path.is_empty() && !step.title.contains(&step.path) {
            let _ = write!(text, " ({})", step.path);
        }
        text.push('\n');
    }
    text
}

/// A list with a dash before each.
pub(super) fn list(sentences: &[String]) -> String {
    sentences.iter().map(|s| format!("- {}\n", s.trim())).collect()
}

/// The same for people, each sentence on one line: in Markdown a line of it that begins with a sign would be a list of its own.
pub(super) fn shown_list(sentences: &[String]) -> String {
    sentences.iter().map(|s| format!("- {}\n", on_one_line(s))).collect()
}

fn on_one_line(text: &str) -> String {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

/// The name of the language of a file; empty for none.
fn language(path: &str) -> &'static str {
    Language::from_path(path).map_or("", Language::name)
}

fn file(path: &str, text: &str) -> String {
    format!("### FILE: {}\n{}", path::on_one_line(path), fenced(language(path), text))
}

/// The files of `paths` as the proposal under work leaves them; of files that are not part of it only what matters.
pub(super) fn files(run: &Run, paths: &[String], extent: Extent) -> String {
    let mut text = String::new();
    for path in paths {
        let shown = path::on_one_line(path);
        let _ = match (current(run, path), extent) {
            (Some(content), Extent::Whole) if is_under_work(run, path) => writeln!(text, "{}", file(path, content)),
            (Some(content), _) => {
                let cut = heal::excerpt(content, &lines_of(run, path), AROUND);
                writeln!(text, "### EXCERPT: {shown}\n{}", fenced(language(path), &cut))
            }
            (None, _) if run.inner.overlay.file(path).is_some() => writeln!(text, "### {shown} is deleted.\n"),
            (None, _) => writeln!(text, "### {shown} does not exist.\n"),
        };
    }
    text
}

/// A path to show the form of an answer by: of the kind of the first of these files that is code of the language asked for.
pub(super) fn example<'p>(run: &Run, mut paths: impl Iterator<Item = &'p str>) -> String {
    let asked = run.spec.intent.language;
    let fits = |language: Language| language.is_code() && asked.is_none_or(|asked| asked == language);
    let path = paths.find(|path| Language::from_path(path).is_some_and(fits));
    format!("path/to/file.{}", path.and_then(|path| path.rsplit_once('.')).map_or("py", |(_, ending)| ending))
}

/// The text at `path` as the next edits will find it.
pub(super) fn current<'a>(run: &'a Run, path: &str) -> Option<&'a str> {
    if let Some(change) = run.inner.overlay.file(path) {
        return change.after.as_deref();
    }
    let mut files = run.inner.read.iter().chain(&run.context.files);
    files.find(|f| f.path == path).and_then(|f| f.text())
}

/// Whether the path is part of the proposal under work or was read for its edits.
pub(super) fn is_under_work(run: &Run, path: &str) -> bool {
    run.inner.overlay.file(path).is_some() || run.inner.read.iter().any(|f| f.path == path)
}

/// The 1-based lines of `path` that matter now: where findings are, where edits came near, else where it was changed.
fn lines_of(run: &Run, path: &str) -> Vec<u32> {
    let inner = &run.inner;
    let found = inner.findings.iter().filter(|f| f.path == path && f.line > 0).map(|f| f.line);
    let near = inner.unplaced.iter().filter(|u| u.path == path).flat_map(|u| u.lines.iter().copied());
    let arose = origins(run).into_iter().filter(|f| f.path == path).map(|f| f.line);
    let lines: Vec<u32> = found.chain(near).chain(arose).collect();
    if !lines.is_empty() {
        return lines;
    }
    let Some(change) = inner.overlay.file(path) else { return vec![1] };
    // The newest attempt is cut already; what was placed since is told by its first and last line.
    let cut = run.attempts.last().filter(|a| a.changes.file(path) == Some(change));
    let hunks =
        cut.and_then(|a| a.diff.iter().find(|d| d.path == path)).map(|d| d.hunks.as_slice()).unwrap_or_default();
    let mut places: Vec<usize> = hunks.iter().flat_map(|h| [h.new_start, h.new_start + h.new_len]).collect();
    if places.is_empty() {
        places = edit::extent(change).map_or(vec![1], |lines| vec![lines.start, lines.end]);
    }
    places.into_iter().map(|l| u32::try_from(l).unwrap_or(u32::MAX)).collect()
}

/// A finding in one sentence: place, message, rule.
pub(super) fn finding(finding: &Finding) -> String {
    let message = finding.message.trim();
    let kept = clip::tail(message, MAX_MESSAGE);
    let cut = if kept.len() < message.len() { "… " } else { "" };
    let place = match (finding.path.is_empty(), finding.line) {
        (true, _) => format!("{}: ", finding.tool),
        (false, 0) => format!("{}: ", finding.path),
        (false, line) => format!("{}:{line}: ", finding.path),
    };
    let rule = finding.rule.as_ref().map_or(String::new(), |r| format!(" ({r})"));
    format!("{place}{cut}{kept}{rule}")
}

/// The findings, each with the line it is about.
pub(super) fn findings(run: &Run) -> String {
    let mut text = String::new();
    for found in &run.inner.findings {
        let _ = writeln!(text, "- {}", finding(found));
        let line = (found.line as usize).checked_sub(1);
        let source = line.and_then(|at| current(run, &found.path)?.lines().nth(at));
        if let Some(source) = source.filter(|s| !s.trim().is_empty() && s.len() < 300) {
            let _ = writeln!(text, "  the line: `{}`", source.trim());
        }
    }
    text
}

/// Where the findings arose by their own tracebacks, each place once.
pub(super) fn origins(run: &Run) -> Vec<Frame> {
    let files = run.inner.overlay.files.iter().map(|f| &f.path).chain(&run.context.listing);
    let paths: Vec<String> = files.cloned().collect();
    let mut found: Vec<Frame> = Vec::new();
    for frame in run.inner.findings.iter().filter_map(|f| heal::name::origin_frame(&f.message, &paths)) {
        if !found.contains(&frame) {
            found.push(frame);
        }
    }
    found
}

/// Where and as what the first finding arose, in one sentence; empty where nothing tells.
pub(super) fn cause(run: &Run) -> String {
    let Some(first) = run.inner.findings.first() else { return String::new() };
    let place = origins(run)
        .into_iter()
        .next()
        .or_else(|| (first.line > 0).then(|| Frame { path: first.path.clone(), line: first.line }));
    let Some(Frame { path, line }) = place else { return String::new() };
    let within = current(run, &path).and_then(|text| heal::signature::enclosing(&path, text, line));
    let within = within.map_or(String::new(), |name| format!("`{name}` in "));
    let kind = heal::origin(first).map_or(String::new(), |origin| format!(" ({})", origin.word()));
    format!("It arose in {within}{path}, line {line}{kind}.")
}

/// The heads of what the lines around the findings use.
pub(super) fn signatures(run: &Run) -> String {
    let known = run.inner.heal.known.as_ref().map_or(&[][..], |k| &k.signatures);
    known.iter().map(|line| format!("{line}\n")).collect()
}

/// The edits that could not be placed, each with its reason.
pub(super) fn unplaced(run: &Run) -> String {
    let mut text = String::new();
    for edit in &run.inner.unplaced {
        let _ = writeln!(text, "- {}", edit.message);
        if !edit.text.is_empty() {
            text.push_str(&fenced("", &edit.text));
        }
    }
    text
}

/// What the validators said, in one line.
pub(super) fn checks(report: Option<&ValidationReport>) -> String {
    let Some(report) = report.filter(|r| !r.checks.is_empty()) else { return "none ran".to_owned() };
    let is_fine = |check: &&CheckResult| check.passed && check.not_run.is_none();
    let passed: Vec<String> = report.checks.iter().filter(is_fine).map(CheckResult::name).collect();
    let passed = (!passed.is_empty()).then(|| format!("{} passed", passed.join(", ")));
    let others = report.checks.iter().filter(|check| !is_fine(check)).map(|check| match &check.not_run {
        Some(why) => format!("{} could not run: {}", check.name(), why.trim_end_matches('.')),
        None => {
            let first = check.findings.first().map_or(String::new(), |f| format!(": {}", on_one_line(&finding(f))));
            format!("{} failed{first}", check.name())
        }
    });
    passed.into_iter().chain(others).collect::<Vec<_>>().join("; ")
}

/// The diff of the chosen attempt, at most about `bytes` long; what is left out is counted.
pub(super) fn diff(run: &Run, bytes: usize) -> String {
    let Some(attempt) = run.attempt() else { return String::new() };
    let pairs = || attempt.changes.files.iter().zip(attempt.diff.iter());
    let patches: Vec<String> = pairs().map(|(change, cut)| edit::patch(change, cut)).collect();
    let whole = fenced("", &patches.concat());
    if whole.len() <= bytes {
        return whole;
    }
    let mut text = String::new();
    let share = bytes / attempt.changes.files.len().max(1);
    for ((change, _), one) in pairs().zip(&patches) {
        let mut end = clip::head(one, share).len();
        if end < one.len() {
            end = one[..end].rfind('\n').map_or(end, |at| at + 1);
        }
        text.push_str(&one[..end]);
        let left = one[end..].lines().count();
        if left > 0 {
            let _ = writeln!(text, "… {left} lines of {} omitted …", change.path);
        }
    }
    fenced("", &text)
}
