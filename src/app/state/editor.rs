//! A text that is written on top of the panes: a comment on a line of the proposal, or a hunk changed in place.

use super::chat::edit_text;
use crate::app::action::Scope;
use crate::app::event::TextEdit;
use crate::domain::comment::Comment;
use crate::domain::hunk::HunkId;
use tui_textarea::{CursorMove, TextArea};

/// What is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Something said of a line.
    Comment(Comment),
    /// The lines that the proposal has in the place of a hunk.
    Hunk {
        /// Which.
        hunk: HunkId,
        /// Its file as it was when this began.
        file: String,
    },
}

/// The text, and what it is for.
#[derive(Clone, Debug)]
pub struct Editor {
    /// What is written.
    pub subject: Subject,
    /// As it stands.
    pub area: TextArea<'static>,
    /// How it began.
    original: Vec<String>,
    /// Whether leaving was asked for once, with changes that would be lost.
    pub leaving: bool,
}

/// Two that show the same.
impl PartialEq for Editor {
    fn eq(&self, other: &Editor) -> bool {
        self.subject == other.subject
            && self.area.lines() == other.area.lines()
            && self.area.cursor() == other.area.cursor()
            && self.leaving == other.leaving
    }
}

impl Eq for Editor {}

impl Editor {
    /// A text to begin from, with the cursor at the end of a comment, at the beginning of a hunk.
    pub fn new(subject: Subject, text: &str) -> Editor {
        let original: Vec<String> = text.split('\n').map(str::to_owned).collect();
        let mut area = TextArea::new(original.clone());
        area.set_cursor_line_style(Default::default());
        if matches!(subject, Subject::Comment(_)) {
            area.move_cursor(CursorMove::Bottom);
            area.move_cursor(CursorMove::End);
        }
        Editor { subject, area, original, leaving: false }
    }

    /// What stands there.
    pub fn text(&self) -> String {
        self.area.lines().join("\n")
    }

    /// Whether leaving would lose something.
    pub fn is_changed(&self) -> bool {
        self.area.lines() != self.original
    }

    /// Where keys are looked up: Enter ends a comment, and begins a line of code.
    pub fn scope(&self) -> Scope {
        match self.subject {
            Subject::Comment(_) => Scope::Comment,
            Subject::Hunk { .. } => Scope::Editor,
        }
    }

    /// Edits it.
    pub fn edit(&mut self, edit: &TextEdit) {
        self.leaving = false;
        edit_text(&mut self.area, edit);
    }

    /// Moves the cursor by lines.
    pub fn move_by(&mut self, lines: isize) {
        let way = if lines < 0 { CursorMove::Up } else { CursorMove::Down };
        for _ in 0..lines.unsigned_abs().min(self.area.lines().len()) {
            self.area.move_cursor(way);
        }
    }
}
