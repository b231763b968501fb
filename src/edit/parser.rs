//! Reads edits out of a model's text, whatever form the model chose.
//!
//! The text is read whole, at the end: some questions (does this fence close the block or open a nested one?) are only
//! answered by what follows. So the result cannot depend on how the text was cut; what is seen of it meanwhile is a
//! [`Preview`](super::Preview). The parser judges form only; whether a path is allowed and whether an edit fits is said by
//! `paths` and `apply`.

use super::Edit;
use super::marker::{self, BlockMark};
use super::reader::Reader;

/// Takes a model's answer in pieces of any size.
#[derive(Debug, Default)]
pub struct Parser {
    text: String,
}

impl Parser {
    /// A parser that has read nothing.
    pub fn new() -> Self {
        Parser::default()
    }

    /// Takes the next piece of the answer.
    pub fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// The edits, in the answer's order. Empty if it holds none.
    pub fn finish(self) -> Vec<Edit> {
        self.finish_with_forms().into_iter().map(|(edit, _)| edit).collect()
    }

    /// The edits, each with the form it was written in; `None` for what all forms have: a deletion.
    fn finish_with_forms(self) -> Vec<(Edit, Option<Form>)> {
        let lines: Vec<&str> = self.text.lines().collect();
        let nests = nesting(&lines);
        let mut reader = Reader::default();
        for (i, line) in lines.iter().enumerate() {
            reader.line(line, &Ahead { lines: &lines[i + 1..], nests: Some(nests[i]) });
        }
        reader.finish()
    }
}

/// A form that a whole answer is to be in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Blocks of lines to find and the lines that replace them.
    SearchReplace,
    /// A unified diff, as `diff -u` and git write it.
    Unified,
    /// The `apply_patch` envelope.
    ApplyPatch,
    /// Whole files.
    Whole,
}

impl Form {
    /// As it is named on the command line.
    pub const fn word(self) -> &'static str {
        match self {
            Form::SearchReplace => "search-replace",
            Form::Unified => "unified",
            Form::ApplyPatch => "apply-patch",
            Form::Whole => "whole",
        }
    }
}

/// The edits of a whole answer. One that is nothing but a diff, as git prints it, is read as such.
pub fn read(text: &str) -> Vec<Edit> {
    read_with_forms(text).into_iter().map(|(edit, _)| edit).collect()
}

/// [`read`], each with the form it was written in; `None` for what all forms have: a deletion.
pub fn read_with_forms(text: &str) -> Vec<(Edit, Option<Form>)> {
    let mut parser = Parser::new();
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let is_diff = ["diff --git ", "--- ", "Index: "].iter().any(|head| first.starts_with(head));
    match is_diff {
        // A fence that no line of it can end.
        true => {
            let fence = "`".repeat(text.split(|c| c != '`').map(str::len).max().unwrap_or(0) + 3);
            [&fence, "diff\n", text, "\n", &fence, "\n"].iter().for_each(|piece| parser.push(piece));
        }
        false => parser.push(text),
    }
    parser.finish_with_forms()
}

/// What is known of the lines after the current one: nothing while streaming, everything at the end.
#[derive(Default)]
pub(super) struct Ahead<'a> {
    pub lines: &'a [&'a str],
    /// Whether a bare fence here would open a nested block; unknown while streaming.
    pub nests: Option<bool>,
}

impl Ahead<'_> {
    /// Whether the next line that is not blank opens a block. Taken for granted while streaming.
    pub(super) fn opens_block(&self) -> bool {
        self.nests.is_none()
            || self
                .lines
                .iter()
                .find(|l| !l.trim().is_empty())
                .is_some_and(|l| marker::fence(l).is_some() || marker::block_mark(l) == Some(BlockMark::Search))
    }
}

/// For each line: if it is a bare fence, whether it is likely to open a nested block, that is, whether at least two fences
/// follow before the next heading and the first of them is bare too (prose behind a block usually tags its fences).
fn nesting(lines: &[&str]) -> Vec<bool> {
    let mut nests = vec![false; lines.len()];
    let (mut count, mut next_is_bare) = (0, false);
    for (i, line) in lines.iter().enumerate().rev() {
        nests[i] = count >= 2 && next_is_bare;
        if let Some(fence) = marker::fence(line).filter(|f| f.indent < 4) {
            count += 1;
            next_is_bare = fence.tag.is_empty() && fence.path.is_none();
        } else if line.starts_with('#') && marker::heading(line).is_some() {
            count = 0;
        }
    }
    nests
}
