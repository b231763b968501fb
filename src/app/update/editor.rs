//! What the user writes about a proposal and into it: comments on lines, hunks changed in place or in an editor of their own.
//! Nothing here touches a file of the repository.

use super::Step;
use crate::app::action::Action;
use crate::app::effect::TerminalEffect;
use crate::app::event::TextEdit;
use crate::app::state::{Editor, Failed, Overlay, Subject};
use crate::domain::change::FileChange;
use crate::domain::comment::Comment;
use crate::domain::hunk::{Hunk, HunkId};
use crate::graph::{RunFact, Stage};

/// An indentation in files without tabs.
const INDENT: &str = "    ";

impl Step<'_> {
    /// Opens what was said of the line under the cursor, or nothing yet.
    pub(super) fn comment(&mut self) {
        let Some(run) = self.state.session.run() else { return };
        let cursor = self.state.review.cursor;
        let file = run.attempt().and_then(|a| a.diff.get(cursor.file));
        let line = file.and_then(|f| f.hunks.get(cursor.hunk)).and_then(|h| h.lines.get(self.state.review.line));
        let (Some(file), Some(line)) = (file, line) else { return };
        let said = run.comments.iter().find(|comment| comment.is_on(&file.path, line)).cloned();
        let comment = said.unwrap_or_else(|| Comment::on(&file.path, line));
        let text = comment.text.clone();
        self.write(Subject::Comment(comment), &text);
    }

    /// Opens the proposal's lines of the hunk under the cursor.
    pub(super) fn edit_hunk(&mut self) {
        let cursor = self.state.review.cursor;
        let Some((file, hunk)) = self.hunk(cursor) else { return };
        let Some(after) = &file.after else { return self.refuse_deleted() };
        let text = after[lines_of(after, hunk)].replace("\r\n", "\n");
        let text = text.strip_suffix('\n').unwrap_or(&text).to_owned();
        let file = after.clone();
        self.write(Subject::Hunk { hunk: cursor, file }, &text);
    }

    /// Has the user's own editor open the file under the cursor, as the proposal has it.
    pub(super) fn open_editor(&mut self) {
        let Some((file, hunk)) = self.hunk(self.state.review.cursor) else { return };
        let Some(text) = file.after.clone() else { return self.refuse_deleted() };
        let line = u32::try_from(hunk.new_start + 1).unwrap_or(u32::MAX);
        self.terminal(TerminalEffect::Edit { path: file.path.clone(), text, line });
    }

    /// Inserts an indentation: a tab where the file begins lines with tabs, else blanks.
    pub(super) fn indent(&mut self) {
        let Some(Overlay::Editor(editor)) = &mut self.state.overlay else { return };
        let tabs = match &editor.subject {
            Subject::Hunk { file, .. } => file.lines().any(|line| line.starts_with('\t')),
            Subject::Comment(_) => false,
        };
        editor.edit(&TextEdit::Paste(if tabs { "\t" } else { INDENT }.to_owned()));
    }

    /// Keeps what was written and closes it.
    pub(super) fn keep_written(&mut self) {
        let Some(Overlay::Editor(editor)) = self.state.overlay.take() else { return };
        match &editor.subject {
            Subject::Comment(comment) => {
                let comment = Comment { text: editor.text(), ..comment.clone() };
                self.commit_run(RunFact::Commented { comment });
                let text = "Comments go along with the next revision: refine sends them.";
                self.state.tell(text, Failed::No);
            }
            Subject::Hunk { hunk, file: began } => {
                let now = self.hunk(*hunk).filter(|(file, _)| file.after.as_ref() == Some(began));
                let Some((file, hunk)) = now else {
                    return self.state.tell("The proposal is another one now: nothing was changed.", Failed::Yes);
                };
                let (path, text) = (file.path.clone(), spliced(began, hunk, &editor.text()));
                if !self.edit_file(&path, &text) {
                    // What was typed stays, to be mended or left.
                    self.state.overlay = Some(Overlay::Editor(editor));
                }
            }
        }
    }

    /// A file of the proposal has another text: one more attempt, unless that leaves nothing. Whether it was taken.
    pub(super) fn edit_file(&mut self, path: &str, text: &str) -> bool {
        let Some(run) = self.state.session.run().filter(|run| run.stage == Stage::Gate) else {
            self.state.tell("The proposal is not open for changes any more.", Failed::Yes);
            return false;
        };
        let attempt = run.attempt();
        let Some((attempt, file)) = attempt.and_then(|a| Some((a, a.changes.file(path)?))) else { return false };
        if file.after.as_deref() == Some(text) {
            self.state.tell("Nothing was changed.", Failed::No);
            return true;
        }
        let others = attempt.changes.files.iter().any(|f| f.path != path && !f.is_noop());
        if file.before.as_deref() == Some(text) && !others {
            let text = "That is what is on disk: nothing would be left to propose. Reject the hunk instead.";
            self.state.tell(text, Failed::Yes);
            return false;
        }
        self.commit_run(RunFact::EditedByHand { path: path.to_owned(), text: text.to_owned() });
        true
    }

    fn write(&mut self, subject: Subject, text: &str) {
        self.state.overlay = Some(Overlay::Editor(Box::new(Editor::new(subject, text))));
    }

    fn refuse_deleted(&mut self) {
        self.state
            .tell("The file would be deleted: there is nothing to change. Reject the hunk to keep it.", Failed::No);
    }

    fn hunk(&self, id: HunkId) -> Option<(&FileChange, &Hunk)> {
        let attempt = self.state.session.run()?.attempt()?;
        Some((attempt.changes.files.get(id.file)?, attempt.diff.get(id.file)?.hunks.get(id.hunk)?))
    }
}

/// Whether an action leaves a text alone that is being written on top of everything.
pub(super) fn goes_with(action: Action) -> bool {
    use Action::*;
    matches!(
        action,
        Quit | Suspend
            | Redraw
            | NextTheme
            | ToggleMouse
            | CancelRun
            | Close
            | Confirm
            | Newline
            | Indent
            | Up
            | Down
            | PageUp
            | PageDown
    )
}

/// The bytes of the lines that a hunk has in the proposal.
fn lines_of(after: &str, hunk: &Hunk) -> std::ops::Range<usize> {
    let mut starts = after.split_inclusive('\n').scan(0, |at, line| {
        let start = *at;
        *at += line.len();
        Some(start)
    });
    let first = starts.nth(hunk.new_start).unwrap_or(after.len());
    let behind = match hunk.new_len {
        0 => first,
        length => starts.nth(length - 1).unwrap_or(after.len()),
    };
    first..behind
}

/// The file with other lines in the place of a hunk's, with the line ends that it has there.
fn spliced(after: &str, hunk: &Hunk, lines: &str) -> String {
    let range = lines_of(after, hunk);
    let at_end = range.end == after.len();
    let mut text = lines.to_owned();
    // An emptied hunk leaves no empty line behind. The end of a file stays as it was, with its line end or without.
    if !text.is_empty() && (!at_end || range.is_empty() || after[range.clone()].ends_with('\n')) {
        text.push('\n');
    }
    let crlf = if range.is_empty() { after.contains("\r\n") } else { after[range.clone()].contains("\r\n") };
    if crlf {
        text = text.replace('\n', "\r\n");
    }
    [&after[..range.start], &text, &after[range.end..]].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::change::ChangeSet;
    use crate::edit;

    fn hunk(before: &str, after: &str) -> Hunk {
        let file = FileChange { path: "a".into(), before: Some(before.into()), after: Some(after.into()) };
        edit::diff(&ChangeSet { files: vec![file] }).remove(0).hunks.remove(0)
    }

    #[test]
    fn a_hunk_is_replaced_and_nothing_around_it() {
        let cases = [
            ("a\nb\nc\n", "a\nX\nc\n", "Y\nZ", "a\nY\nZ\nc\n"),
            ("a\nb\nc\n", "a\nX\nc\n", "", "a\nc\n"),
            ("a\nb\nc\n", "a\nc\n", "B", "a\nB\nc\n"),
            ("a\r\nb\r\n", "a\r\nX\r\n", "Y\nZ", "a\r\nY\r\nZ\r\n"),
            ("a\nb", "a\nX", "Y", "a\nY"),
            ("a\nb\n", "a\nX\n", "Y", "a\nY\n"),
            ("a\n", "a\nnew\n", "newer", "a\nnewer\n"),
        ];
        for (before, after, lines, expected) in cases {
            assert_eq!(spliced(after, &hunk(before, after), lines), expected, "{before:?} {after:?} {lines:?}");
        }
    }
}
