//! What an answer writes, file by file, while it streams in.
//!
//! Every piece is taken once, so that watching costs no more than the answer is long. It decides nothing: what the edits
//! are is read from the whole answer by [`Parser`](super::Parser), and what they change by [`apply`](super::apply).

use super::diff::groups;
use super::line::lines;
use super::parser::Ahead;
use super::reader::Reader;
use similar::DiffOp;

/// What an edit does with its file, as far as its form tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EditForm {
    /// The file becomes what is written, whether there is one or not.
    Whole,
    /// The file is new.
    New,
    /// Some of its lines change.
    Change,
    /// The file goes.
    Delete,
}

/// How far a file has come while the answer streams in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditProgress {
    /// The path as the model wrote it. Not to be trusted.
    pub path: String,
    /// What happens to it.
    pub form: EditForm,
    /// Complete lines received for it; of a block, those it looks for as well.
    pub lines: u32,
    /// Lines added and removed by the blocks that are complete, or by the lines of a diff. `None` where the form does not say:
    /// a whole file, and a block too large to compare in passing.
    pub counted: Option<(u32, u32)>,
}

impl EditProgress {
    pub(super) fn new(path: &str, form: EditForm) -> EditProgress {
        EditProgress { path: path.to_owned(), form, lines: 0, counted: None }
    }

    /// A later edit of the same file: a new file that is changed further stays new.
    pub(super) fn becomes(&mut self, form: EditForm) {
        if (self.form, form) != (EditForm::New, EditForm::Change) {
            self.form = form;
        }
    }

    pub(super) fn count(&mut self, added: u32, removed: u32) {
        let (a, r) = self.counted.unwrap_or_default();
        self.counted = Some((a.saturating_add(added), r.saturating_add(removed)));
    }
}

/// Watches an answer come in.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Preview {
    /// The line that is not complete yet.
    tail: String,
    /// A line that the one behind it explains: `--- x` in a diff begins a file or removes a line.
    held: Option<String>,
    reader: Reader,
}

impl Preview {
    /// Takes the next piece of the answer.
    pub fn push(&mut self, text: &str) {
        let mut rest = text;
        while let Some((end, after)) = rest.split_once('\n') {
            rest = after;
            match self.tail.is_empty() {
                true => self.line(end),
                false => {
                    let mut line = std::mem::take(&mut self.tail);
                    line.push_str(end);
                    self.line(&line);
                }
            }
        }
        self.tail.push_str(rest);
    }

    fn line(&mut self, line: &str) {
        if let Some(held) = self.held.take() {
            self.reader.line(&held, &Ahead { lines: &[line], nests: None });
        }
        match line.starts_with("--- ") {
            true => self.held = Some(line.to_owned()),
            false => self.reader.line(line, &Ahead::default()),
        }
    }

    /// The files seen so far, in order of appearance.
    pub fn files(&self) -> &[EditProgress] {
        self.reader.progress()
    }

    /// Which of them is being written, or was last.
    pub fn current(&self) -> Option<usize> {
        self.reader.current()
    }
}

/// Products of line counts up to which a block is compared while it streams: some milliseconds at worst.
const COMPARED: usize = 250_000;

/// Lines that a block adds and removes; `None` if that would take long to find out.
pub(super) fn block_counts(search: &str, replace: &str) -> Option<(u32, u32)> {
    let (old, new) = (lines(search), lines(replace));
    if old.len().saturating_mul(new.len()) > COMPARED {
        return None;
    }
    let (mut added, mut removed) = (0, 0);
    for op in groups(&old, &new).iter().flatten().filter(|op| !matches!(op, DiffOp::Equal { .. })) {
        added += op.new_range().len() as u32;
        removed += op.old_range().len() as u32;
    }
    Some((added, removed))
}
