//! The line machine behind the parser: prose, files in fences, search/replace blocks, diffs.
//!
//! It may look ahead where the parser lets it. It never looks at the disk and never decides whether an edit is allowed.

use super::block::{Block, NO_REPLACE};
use super::envelope::{self, Envelope, EnvelopeReader};
use super::marker::{self, Bareness, BlockMark, Fence, Heading};
use super::parser::{Ahead, Form};
use super::patch::{PatchReader, Taken};
use super::progress::{EditForm, EditProgress, block_counts};
use super::{Action, Edit};
use crate::domain::language::Language;

/// Where the reader stands.
#[derive(Clone, Debug, Default, PartialEq)]
enum Mode {
    /// Between blocks.
    #[default]
    Prose,
    /// In a model's thinking aloud; nothing in it counts.
    Thought,
    /// In a fence whose content is a file.
    File { path: Option<String>, text: String, depth: usize },
    /// In a fence, between search/replace blocks.
    Blocks,
    /// Between `SEARCH` and the divider, or after it.
    Block(Block),
    /// In a unified diff.
    Patch(PatchReader),
    /// In an `apply_patch` envelope.
    Envelope(EnvelopeReader),
}

/// Reads line by line what [`Parser`](super::Parser) hands it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Reader {
    edits: Vec<Edit>,
    /// The form of each of them, as far as they have one.
    forms: Vec<Option<Form>>,
    progress: Vec<EditProgress>,
    /// The entry of `progress` that was written last.
    current: Option<usize>,
    mode: Mode,
    fence: Option<Fence>,
    /// The file of the last heading, or of the last block.
    path: Option<String>,
    /// Whether no block followed that heading yet.
    fresh: bool,
    /// The path that the last line that was not blank consisted of.
    candidate: Option<String>,
    /// The line before, if it starts a bare diff.
    minus: Option<String>,
}

impl Reader {
    pub(super) fn progress(&self) -> &[EditProgress] {
        &self.progress
    }

    pub(super) fn current(&self) -> Option<usize> {
        self.current
    }

    pub(super) fn line(&mut self, line: &str, ahead: &Ahead) {
        let line = line.strip_suffix('\r').unwrap_or(line);
        match std::mem::take(&mut self.mode) {
            Mode::Prose => self.prose(line, ahead),
            Mode::Thought if line.contains("</think>") => {}
            Mode::Thought => self.mode = Mode::Thought,
            Mode::File { path, text, depth } => self.file(line, ahead, (path, text, depth)),
            Mode::Blocks => self.blocks(line, ahead),
            Mode::Block(block) => self.block(line, ahead, block),
            Mode::Patch(reader) => self.patch(line, ahead, reader),
            Mode::Envelope(reader) => self.envelope(line, reader),
        }
    }

    fn prose(&mut self, line: &str, ahead: &Ahead) {
        let minus = self.minus.take();
        match marker::heading(line) {
            Some(Heading::File(path)) => {
                self.path = Some(path);
                self.fresh = true;
                self.candidate = None;
                return;
            }
            Some(Heading::Delete(path)) => {
                self.at(&path, EditForm::Delete);
                self.put([Edit { path, action: Action::Delete }], None);
                return;
            }
            None => {}
        }
        if line.trim() == "<think>" {
            self.mode = Mode::Thought;
        } else if envelope::begins(line) {
            self.envelope(line, EnvelopeReader::default());
        } else if marker::block_mark(line) == Some(BlockMark::Search) {
            self.open_block(None, line);
        } else if marker::block_mark(line) == Some(BlockMark::Replace) {
            self.stray_end();
        } else if let Some(minus) = minus.filter(|_| line.starts_with("+++ ")) {
            let mut reader = PatchReader::new(None);
            reader.line(&minus, Some(line));
            self.patch(line, ahead, reader);
        } else if let Some(fence) = marker::fence(line) {
            self.open_fence(fence);
        } else if line.starts_with("--- ") {
            self.minus = Some(line.to_owned());
        } else if !line.trim().is_empty() && !marker::is_tag(line) {
            self.candidate = marker::lone_path(line);
        }
    }

    fn open_fence(&mut self, fence: Fence) {
        let heading = self.path.clone().filter(|_| self.fresh);
        let path = heading.or_else(|| fence.path.clone()).or_else(|| self.candidate.take());
        let is_patch_file = path.as_deref().is_some_and(marker::is_patch_file);
        self.mode = if matches!(fence.tag.as_str(), "diff" | "patch" | "udiff") && !is_patch_file {
            self.fresh = false;
            Mode::Patch(PatchReader::new(path))
        } else {
            Mode::File { path, text: String::new(), depth: 0 }
        };
        self.fence = Some(fence);
    }

    fn file(&mut self, line: &str, ahead: &Ahead, (path, mut text, mut depth): (Option<String>, String, usize)) {
        let Some(fence) = self.fence.clone() else { return };
        let is_markdown = path.as_deref().is_some_and(|p| Language::from_path(p) == Some(Language::Markdown));
        if envelope::begins(line)
            && text.lines().all(|line| line.trim().is_empty() || line.contains("apply_patch"))
            && !path.as_deref().is_some_and(marker::is_patch_file)
        {
            return self.envelope(line, EnvelopeReader::default());
        }
        if self.cut_off(line, ahead) {
            // The next heading says where the file ends as well as the fence that was forgotten.
            self.close_file(path, text, true);
            return self.prose(line, ahead);
        }
        match fence.meets(line) {
            Some(Bareness::Tagged) => depth += 1,
            Some(Bareness::Bare) if depth > 0 => depth -= 1,
            // In Markdown a bare fence may open a nested block.
            Some(Bareness::Bare) if is_markdown && fence.length == 3 && ahead.nests == Some(true) => {
                depth += 1;
            }
            Some(Bareness::Bare) => return self.close_file(path, text, true),
            None => {}
        }
        let line = fence.strip(line);
        let first = text.trim();
        if marker::block_mark(line) == Some(BlockMark::Search) {
            let named = marker::lone_path(first).or_else(|| marker::comment_path(first));
            if first.is_empty() || (!first.contains('\n') && named.is_some()) {
                return self.open_block(path.or(named), line);
            }
        }
        if line.starts_with("+++ ") && first.starts_with("--- ") && !first.contains('\n') {
            let mut reader = PatchReader::new(path);
            reader.line(first, Some(line));
            self.fresh = false;
            return self.patch(line, ahead, reader);
        }
        // The path may stand in the first line, which then is no line of the file, like the blank ones behind it.
        match &path {
            Some(path) => self.tick(Some(path), EditForm::Whole),
            None => {
                let (named, rest) = text.split_once('\n').unwrap_or_default();
                let begun = !line.trim().is_empty() || !rest.trim().is_empty();
                self.tick(marker::comment_path(named).filter(|_| begun).as_deref(), EditForm::Whole);
            }
        }
        text.push_str(line);
        text.push('\n');
        self.mode = Mode::File { path, text, depth };
    }

    /// Whether a heading stands where the block should have been closed before.
    fn cut_off(&self, line: &str, ahead: &Ahead) -> bool {
        let long_fence = self.fence.as_ref().is_some_and(|f| f.length > 3);
        !long_fence
            && line.starts_with("### ")
            && match marker::heading(line) {
                Some(Heading::File(_)) => line.contains("FILE:") && ahead.opens_block(),
                _ => false,
            }
    }

    fn close_file(&mut self, path: Option<String>, text: String, closed: bool) {
        self.fence = None;
        let (path, text) = match path {
            Some(path) => (path, text),
            None => match text.split_once('\n').and_then(|(first, rest)| Some((marker::comment_path(first)?, rest))) {
                Some((path, rest)) => (path, rest.trim_start_matches('\n').to_owned()),
                None => return,
            },
        };
        self.fresh = false;
        self.candidate = None;
        self.path = Some(path.clone());
        self.put([Edit { path, action: Action::Whole { text, closed } }], Some(Form::Whole));
    }

    /// Keeps edits of a form.
    fn put(&mut self, edits: impl IntoIterator<Item = Edit>, form: Option<Form>) {
        self.edits.extend(edits);
        self.forms.resize(self.edits.len(), form);
    }

    fn blocks(&mut self, line: &str, ahead: &Ahead) {
        if self.cut_off(line, ahead) {
            self.fence = None;
            return self.prose(line, ahead);
        }
        match &self.fence {
            Some(fence) if fence.meets(line) == Some(Bareness::Bare) => self.fence = None,
            Some(fence) if marker::block_mark(fence.strip(line)) == Some(BlockMark::Search) => {
                self.open_block(None, fence.clone().strip(line));
            }
            Some(fence) if marker::block_mark(fence.strip(line)) == Some(BlockMark::Replace) => {
                self.stray_end();
                self.mode = Mode::Blocks;
            }
            _ => {
                if !line.trim().is_empty() {
                    self.candidate = marker::lone_path(line);
                }
                self.mode = Mode::Blocks;
            }
        }
    }

    fn open_block(&mut self, path: Option<String>, opening: &str) {
        let heading = self.path.clone().filter(|_| self.fresh);
        let path = heading.or(path).or_else(|| self.candidate.take()).or_else(|| self.path.clone());
        self.mode = Mode::Block(Block::new(path, opening));
    }

    fn block(&mut self, line: &str, ahead: &Ahead, mut block: Block) {
        if self.cut_off(line, ahead) {
            self.close_block(block, Some(NO_REPLACE));
            self.fence = None;
            return self.prose(line, ahead);
        }
        let line = self.fence.as_ref().map_or(line, |f| f.strip(line));
        match marker::block_mark(line) {
            Some(BlockMark::Search) => {
                let path = block.path.clone();
                self.close_block(block, Some(NO_REPLACE));
                return self.open_block(path, line);
            }
            Some(BlockMark::Replace) => {
                self.close_block(block, None);
                self.mode = if self.fence.is_some() { Mode::Blocks } else { Mode::Prose };
                return;
            }
            mark => {
                block.line(line);
                if mark.is_none() {
                    self.tick(block.path.as_deref(), block.form());
                }
            }
        }
        self.mode = Mode::Block(block);
    }

    fn close_block(&mut self, block: Block, broken: Option<&str>) {
        let (form, action) = (block.form(), block.action());
        let Some(path) = block.path else {
            let reason = "a SEARCH block does not say which file it is for".to_owned();
            let edit = Edit { path: String::new(), action: Action::Malformed { reason } };
            return self.put([edit], Some(Form::SearchReplace));
        };
        self.path = Some(path.clone());
        self.fresh = false;
        if let (None, Action::Replace { search, replace, .. }) = (broken, &action)
            && let Some((added, removed)) = block_counts(search, replace)
        {
            self.at(&path, form).count(added, removed);
        }
        let action = broken.map_or(action, |reason| Action::Malformed { reason: reason.to_owned() });
        self.put([Edit { path, action }], Some(Form::SearchReplace));
    }

    /// The end of a block that was not begun: one before it ended too early, at a line of its own text.
    fn stray_end(&mut self) {
        let reason =
            "a `>>>>>>> REPLACE` line ends no block; if it is part of the file, give the file whole".to_owned();
        let path = self.path.clone().unwrap_or_default();
        self.put([Edit { path, action: Action::Malformed { reason } }], Some(Form::SearchReplace));
    }

    fn envelope(&mut self, line: &str, mut reader: EnvelopeReader) {
        let line = match &self.fence {
            Some(fence) if fence.meets(line).is_some() && !fence.is_text(line) => {
                self.put(reader.finish(true), Some(Form::ApplyPatch));
                self.fence = None;
                return;
            }
            Some(fence) => fence.strip(line),
            None => line,
        };
        if reader.line(line) == Envelope::Closed {
            self.put(reader.finish(true), Some(Form::ApplyPatch));
            // What a shell wants behind it, up to the fence's end.
            self.mode = if self.fence.is_some() { Mode::Blocks } else { Mode::Prose };
            return;
        }
        self.tick(reader.path(), reader.form());
        if let (Some(sign @ ('+' | '-')), Some(path)) = (line.chars().next(), reader.path()) {
            let (added, removed) = if sign == '+' { (1, 0) } else { (0, 1) };
            self.at(path, reader.form()).count(added, removed);
        }
        self.mode = Mode::Envelope(reader);
    }

    fn patch(&mut self, line: &str, ahead: &Ahead, mut reader: PatchReader) {
        if envelope::begins(line) && !reader.in_hunk() {
            return self.envelope(line, EnvelopeReader::default());
        }
        let over = match &self.fence {
            Some(fence) if fence.meets(line).is_some() && !(reader.in_hunk() && fence.is_text(line)) => true,
            Some(fence) => {
                reader.line(fence.strip(line), ahead.lines.first().copied());
                false
            }
            None => {
                let heading = matches!(line.chars().next(), Some('#' | '*' | '`' | '<'));
                heading || reader.line(line, ahead.lines.first().copied()) == Taken::No
            }
        };
        if !over {
            self.tick(reader.path(), reader.form());
            let signed = line.chars().next().filter(|_| reader.in_hunk());
            if let (Some(sign @ ('+' | '-')), Some(path)) = (signed, reader.path()) {
                let (added, removed) = if sign == '+' { (1, 0) } else { (0, 1) };
                self.at(path, reader.form()).count(added, removed);
            }
            self.mode = Mode::Patch(reader);
            return;
        }
        self.put(reader.finish(), Some(Form::Unified));
        if self.fence.take().is_none() {
            self.prose(line, ahead);
        }
    }

    /// Counts a line of a file.
    fn tick(&mut self, path: Option<&str>, form: EditForm) {
        let Some(path) = path else { return };
        let progress = self.at(path, form);
        progress.lines = progress.lines.saturating_add(1);
    }

    /// The progress of the file that is being written.
    fn at(&mut self, path: &str, form: EditForm) -> &mut EditProgress {
        let known = self.current.filter(|at| self.progress[*at].path == path);
        let at = known.or_else(|| self.progress.iter().position(|p| p.path == path)).unwrap_or(self.progress.len());
        if at == self.progress.len() {
            self.progress.push(EditProgress::new(path, form));
        }
        self.current = Some(at);
        self.progress[at].becomes(form);
        &mut self.progress[at]
    }

    pub(super) fn finish(mut self) -> Vec<(Edit, Option<Form>)> {
        match std::mem::take(&mut self.mode) {
            Mode::File { path, text, .. } => self.close_file(path, text, false),
            Mode::Block(block) => self.close_block(block, Some(NO_REPLACE)),
            Mode::Patch(reader) => self.put(reader.finish(), Some(Form::Unified)),
            Mode::Envelope(reader) => self.put(reader.finish(false), Some(Form::ApplyPatch)),
            Mode::Prose | Mode::Thought | Mode::Blocks => {}
        }
        self.edits.into_iter().zip(self.forms).collect()
    }
}
