//! A proposal as rows: what stands where. Made once for a proposal at a width, so that a frame only looks up what it shows.

use super::{head, series};
use crate::domain::clock::Timestamp;
use crate::domain::comment::Comment;
use crate::domain::finding::{Finding, Severity, ValidationReport};
use crate::domain::hunk::{DiffLine, FileDiff, HunkId, LineKind};
use crate::graph::{Attempt, Run};
use crate::ui::Look;
use crate::ui::theme::Role;
use crate::ui::widgets::fit::{fit, one_line};
use crate::ui::widgets::wrap::wrap;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use std::collections::BTreeMap;

/// Most rows that the words of one finding take.
const FINDING_ROWS: usize = 4;
/// Lines of the end of what a tool printed: there it says why.
const END_ROWS: usize = 5;
/// Most rows that a comment takes.
const COMMENT_ROWS: usize = 6;

/// One row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row {
    /// A ready line, by its index: what stands above the hunks, and findings at their lines.
    Ready(usize),
    /// A file's head.
    File(usize),
    /// A hunk's head.
    Hunk(HunkId),
    /// A line of a hunk in one column.
    Line(HunkId, usize),
    /// Old and new side by side: indexes into the hunk's lines.
    Pair(HunkId, Option<usize>, Option<usize>),
}

/// How the rows are cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// Columns of the pane.
    pub width: usize,
    /// Old and new side by side, in files that have both.
    pub split: bool,
}

/// What is known of a file beside its rows.
pub struct FileFacts {
    /// Row of its head.
    pub row: usize,
    /// Lines added and removed.
    pub counts: (usize, usize),
    /// Columns of its line numbers.
    pub digits: usize,
}

/// Where a hunk's rows are.
pub struct HunkFacts {
    /// Which.
    pub id: HunkId,
    /// Row of its head.
    pub start: usize,
    /// First row after it.
    pub end: usize,
    /// The row of each of its lines.
    pub lines: Vec<usize>,
    /// Whether it brings characters that cannot be seen.
    pub hides: bool,
}

/// The rows of a proposal.
#[derive(Default)]
pub struct Rows {
    /// All of them.
    pub rows: Vec<Row>,
    /// The row of the attempt that is shown, where there is a series.
    pub attempt: Option<usize>,
    /// Lines that are ready to be drawn.
    pub ready: Vec<Line<'static>>,
    /// By index of the file.
    pub files: Vec<FileFacts>,
    /// In order.
    pub hunks: Vec<HunkFacts>,
    /// Lines added and removed in all.
    pub counts: (usize, usize),
}

impl Rows {
    /// Cuts the chosen attempt of a run.
    pub fn of(run: &Run, attempt: &Attempt, cut: Cut, now: Timestamp, look: &Look) -> Rows {
        let mut rows = Rows::default();
        let findings = Findings::of(attempt.report.as_ref(), &attempt.diff);
        head::clash_lines(run, cut.width, look).into_iter().for_each(|line| rows.put_ready(line));
        head::part_lines(run, cut.width, look).into_iter().for_each(|line| rows.put_ready(line));
        let series = series::lines(run, cut.width, look);
        rows.attempt = (!series.is_empty()).then_some(rows.rows.len() + run.chosen);
        let said = head::lines(run, attempt, &findings.nowhere, (cut.width, now), look);
        series.into_iter().chain(said).for_each(|line| rows.put_ready(line));
        for (index, file) in attempt.diff.iter().enumerate() {
            let comments: Vec<&Comment> = run.comments.iter().filter(|c| c.path == file.path).collect();
            rows.file(index, file, &Said { findings: &findings, comments }, cut, look);
        }
        rows
    }

    /// The hunk with this identifier.
    pub fn hunk(&self, id: HunkId) -> Option<&HunkFacts> {
        self.hunks.get(self.hunks.binary_search_by_key(&id, |h| h.id).ok()?)
    }

    /// The file that row belongs to; `None` above the first.
    pub fn file_at(&self, row: usize) -> Option<usize> {
        self.files.partition_point(|f| f.row <= row).checked_sub(1)
    }

    fn put_ready(&mut self, line: Line<'static>) {
        self.rows.push(Row::Ready(self.ready.len()));
        self.ready.push(line);
    }

    fn file(&mut self, index: usize, file: &FileDiff, said: &Said, cut: Cut, look: &Look) {
        let counts = file.counts();
        self.counts = (self.counts.0 + counts.0, self.counts.1 + counts.1);
        let split = cut.split && !file.created && !file.deleted;
        let last = file.hunks.last().map_or(0, |h| (h.old_start + h.old_len).max(h.new_start + h.new_len) + 3);
        let digits = last.to_string().len().max(3);
        self.files.push(FileFacts { row: self.rows.len(), counts, digits });
        self.rows.push(Row::File(index));
        for finding in said.findings.of_file(index) {
            self.finding(finding, cut.width, look);
        }
        for comment in said.elsewhere(file) {
            self.comment(&format!("line {}: {}", comment.line(), comment.text), cut.width, look);
        }
        for (number, hunk) in file.hunks.iter().enumerate() {
            let id = HunkId { file: index, hunk: number };
            let start = self.rows.len();
            self.rows.push(Row::Hunk(id));
            let mut lines = vec![start; hunk.lines.len()];
            let pairs = if split { pairs(&hunk.lines) } else { Vec::new() };
            if split {
                for (old, new) in pairs {
                    old.into_iter().chain(new).for_each(|l| lines[l] = self.rows.len());
                    self.rows.push(Row::Pair(id, old, new));
                    let lines = [old.filter(|old| Some(*old) != new), new];
                    for line in lines.into_iter().flatten() {
                        self.said_of(said, (index, file), &hunk.lines[line], cut.width, look);
                    }
                }
            } else {
                for (l, line) in hunk.lines.iter().enumerate() {
                    lines[l] = self.rows.len();
                    self.rows.push(Row::Line(id, l));
                    self.said_of(said, (index, file), line, cut.width, look);
                }
            }
            let hides = hunk.hidden_lines().next().is_some();
            self.hunks.push(HunkFacts { id, start, end: self.rows.len(), lines, hides });
        }
    }

    /// What is said of a line, below it: what a check found, and the user's comments.
    fn said_of(&mut self, said: &Said, (index, file): (usize, &FileDiff), line: &DiffLine, width: usize, look: &Look) {
        for finding in line.new_line.map_or(&[][..], |number| said.findings.at(index, number)) {
            self.finding(finding, width, look);
        }
        for comment in said.comments.iter().filter(|comment| comment.is_on(&file.path, line)) {
            self.comment(&comment.text, width, look);
        }
    }

    fn comment(&mut self, text: &str, width: usize, look: &Look) {
        let pieces = [("  ┃ you: ".to_owned(), look.style(Role::User)), (one_line(text), look.style(Role::Text))];
        for line in wrap(&pieces, width, 9).into_iter().take(COMMENT_ROWS) {
            self.put_ready(line);
        }
    }

    fn finding(&mut self, finding: &Finding, width: usize, look: &Look) {
        for line in finding_lines(finding, width, look) {
            self.put_ready(line);
        }
    }
}

/// What is said of a file.
struct Said<'a> {
    findings: &'a Findings,
    comments: Vec<&'a Comment>,
}

impl Said<'_> {
    /// Comments on lines that the proposal does not show any more.
    fn elsewhere(&self, file: &FileDiff) -> impl Iterator<Item = &Comment> {
        let shown = |comment: &Comment| {
            file.hunks.iter().flat_map(|hunk| &hunk.lines).any(|line| comment.is_on(&file.path, line))
        };
        self.comments.iter().copied().filter(move |comment| !shown(comment))
    }
}

/// What a validator says, below the line it says it of.
pub fn finding_lines(finding: &Finding, width: usize, look: &Look) -> Vec<Line<'static>> {
    let (mark, role) = match finding.severity {
        Severity::Error => ("✗", Role::Error),
        Severity::Warning => ("!", Role::Warning),
        Severity::Info => ("i", Role::Dim),
    };
    let rule = finding.rule.as_ref().map(|r| format!(" {r}")).unwrap_or_default();
    let head = (format!("  └ {mark} "), look.style(role));
    said_lines(head, &format!("{}{rule}: {}", finding.tool, finding.message), role, width, look)
}

/// What was said, behind `head`: its first line, folded, and the end of the others, which are what a tool printed.
pub fn said_lines(head: (String, Style), text: &str, role: Role, width: usize, look: &Look) -> Vec<Line<'static>> {
    let mut said = text.lines().filter(|line| !line.trim().is_empty());
    let pieces = [head, (one_line(said.next().unwrap_or_default()), look.style(role))];
    // Room for the sign that something is left out.
    let mut lines = wrap(&pieces, width.saturating_sub(1), 6);
    if lines.len() > FINDING_ROWS {
        lines.truncate(FINDING_ROWS);
        lines[FINDING_ROWS - 1].spans.push(Span::styled("…", look.style(role)));
    }
    let rest: Vec<&str> = said.collect();
    let hidden = rest.len().saturating_sub(END_ROWS);
    if hidden > 0 {
        let lines_word = if hidden == 1 { "line" } else { "lines" };
        lines.push(Line::styled(fit(&format!("      … {hidden} {lines_word}"), width), look.style(Role::Dim)));
    }
    let end = rest[hidden..].iter().map(|line| fit(&format!("      {}", one_line(line)), width));
    lines.extend(end.map(|line| Line::styled(line, look.style(role))));
    lines
}

/// Findings by where they are shown.
struct Findings {
    /// By file index and line of the proposal.
    lines: BTreeMap<(usize, u32), Vec<Finding>>,
    /// Of a file, but of no line that is shown.
    files: BTreeMap<usize, Vec<Finding>>,
    /// Of no file of the proposal.
    nowhere: Vec<Finding>,
}

impl Findings {
    fn of(report: Option<&ValidationReport>, diff: &[FileDiff]) -> Findings {
        let mut found = Findings { lines: BTreeMap::new(), files: BTreeMap::new(), nowhere: Vec::new() };
        for finding in report.iter().flat_map(|r| r.findings()) {
            let finding = finding.clone();
            match diff.iter().position(|f| f.path == finding.path) {
                Some(file) if shows(&diff[file], finding.line) => {
                    found.lines.entry((file, finding.line)).or_default().push(finding);
                }
                Some(file) => {
                    let message = match finding.line {
                        0 => finding.message,
                        line => format!("line {line}: {}", finding.message),
                    };
                    found.files.entry(file).or_default().push(Finding { message, ..finding });
                }
                None => found.nowhere.push(head::placed(&finding)),
            }
        }
        found
    }

    fn at(&self, file: usize, line: u32) -> &[Finding] {
        self.lines.get(&(file, line)).map_or(&[], Vec::as_slice)
    }

    fn of_file(&self, file: usize) -> &[Finding] {
        self.files.get(&file).map_or(&[], Vec::as_slice)
    }
}

/// Whether a hunk of the file shows this line of the proposal.
fn shows(file: &FileDiff, line: u32) -> bool {
    let number = |l: Option<&DiffLine>| l.and_then(|l| l.new_line);
    file.hunks.iter().any(|hunk| {
        let first = number(hunk.lines.iter().find(|l| l.new_line.is_some()));
        let last = number(hunk.lines.iter().rfind(|l| l.new_line.is_some()));
        first.zip(last).is_some_and(|(first, last)| (first..=last).contains(&line))
    })
}

/// Puts removed lines beside the added ones that follow them.
pub fn pairs(lines: &[DiffLine]) -> Vec<(Option<usize>, Option<usize>)> {
    let mut paired = Vec::with_capacity(lines.len());
    let mut at = 0;
    while at < lines.len() {
        if lines[at].kind == LineKind::Context {
            paired.push((Some(at), Some(at)));
            at += 1;
            continue;
        }
        let removed = at..run_of(lines, at, LineKind::Removed);
        let added = removed.end..run_of(lines, removed.end, LineKind::Added);
        at = added.end;
        for i in 0..removed.len().max(added.len()) {
            paired.push((removed.clone().nth(i), added.clone().nth(i)));
        }
    }
    paired
}

/// Where the lines of this kind that begin at `at` end.
fn run_of(lines: &[DiffLine], at: usize, kind: LineKind) -> usize {
    lines[at..].iter().position(|l| l.kind != kind).map_or(lines.len(), |n| at + n)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::look::tests::plain_look;

    fn lines(kinds: &str) -> Vec<DiffLine> {
        let kind = |c| match c {
            '+' => LineKind::Added,
            '-' => LineKind::Removed,
            _ => LineKind::Context,
        };
        let line = |c| DiffLine { kind: kind(c), old_line: None, new_line: None, text: String::new() };
        kinds.chars().map(line).collect()
    }

    #[test]
    fn the_end_of_what_a_tool_printed_is_shown_and_what_is_left_out_is_marked() {
        let shown = |message: String| -> Vec<String> {
            let finding = Finding { tool: "check".into(), message, ..Finding::default() };
            finding_lines(&finding, 40, &plain_look()).iter().map(ToString::to_string).collect()
        };
        let printed: String = (1..=20).map(|n| format!("line {n}\n")).collect();
        let rows = shown(format!("`make` ended with exit code 2\n{printed}ERROR: the real reason\n"));
        assert_eq!(rows[1..3], ["      code 2", "      … 16 lines"]);
        assert_eq!(rows.last().unwrap().trim(), "ERROR: the real reason");
        assert_eq!(rows.len(), 3 + END_ROWS);
        let long = shown("word ".repeat(100));
        assert!(long.len() == FINDING_ROWS && long[FINDING_ROWS - 1].ends_with('…'), "{long:?}");
        assert!(rows.iter().chain(&long).all(|row| row.chars().count() <= 40), "{rows:?}");
    }

    #[test]
    fn removed_lines_stand_beside_the_added_ones_that_replace_them() {
        let at = |kinds: &str| pairs(&lines(kinds));
        assert_eq!(at(" --+ "), [(Some(0), Some(0)), (Some(1), Some(3)), (Some(2), None), (Some(4), Some(4))]);
        assert_eq!(at("-+-+"), [(Some(0), Some(1)), (Some(2), Some(3))]);
        assert_eq!(at("++"), [(None, Some(0)), (None, Some(1))]);
        assert_eq!(at("+-"), [(None, Some(0)), (Some(1), None)]);
        assert_eq!(at(""), []);
    }
}
