//! The chat pane: the input line, how its text reads as an intent, and what the user corrected of that reading.

use super::Completion;
use crate::app::event::TextEdit;
use crate::domain::intent::{Action, Complexity, Intent, Target};
use crate::domain::language::Language;
use crate::intent::Answer;
use tui_textarea::{CursorMove, TextArea, WrapMode};

/// The pane.
#[derive(Clone, Debug)]
pub struct Chat {
    /// The input line.
    pub composer: TextArea<'static>,
    /// Whether keys are typed into it.
    pub typing: bool,
    /// How the text reads; `None` while there is nothing to read.
    pub reading: Option<Intent>,
    /// What the user corrected of the reading.
    pub corrections: Corrections,
    /// The chip being corrected.
    pub chip: Option<Chip>,
    /// Lines scrolled up from the end; 0 follows.
    pub scroll: usize,
    /// Prompts of this root, oldest first.
    pub history: Vec<String>,
    /// Index into `history` while browsing it, and the text that was being typed before.
    pub browsing: Option<(usize, String)>,
    /// A request whose reading was too uncertain, to be read again with the answer.
    pub asked: Option<Asked>,
    /// A question that was typed at the gate and waits for a second yes to be sent as a change to the proposal.
    pub doubted: Option<String>,
    /// What the `@` before the cursor may become.
    pub completion: Option<Completion>,
}

/// A request that was asked back about.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// Its text.
    pub text: String,
    /// The answers that were suggested.
    pub answers: Vec<Answer>,
}

impl Asked {
    /// The suggestion that `text` picks: by its number, from 1, or in its words.
    pub fn pick(&self, text: &str) -> Option<&Answer> {
        let text = text.trim();
        match text.trim_end_matches('.').parse::<usize>() {
            Ok(number) => self.answers.get(number.checked_sub(1)?),
            Err(_) => self.answers.iter().find(|a| a.label.eq_ignore_ascii_case(text)),
        }
    }
}

impl Default for Chat {
    fn default() -> Chat {
        Chat {
            composer: composer(&[]),
            typing: true,
            reading: None,
            corrections: Corrections::default(),
            chip: None,
            scroll: 0,
            history: Vec::new(),
            browsing: None,
            asked: None,
            doubted: None,
            completion: None,
        }
    }
}

/// A correctable part of the reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chip {
    /// What is to be done.
    Action,
    /// What it is to be done to.
    Target,
    /// In which language.
    Language,
    /// How much work it is.
    Complexity,
}

impl Chip {
    /// Every chip, left to right.
    pub const ALL: [Chip; 4] = [Chip::Action, Chip::Target, Chip::Language, Chip::Complexity];

    /// The chip `by` places to the right, stopping at both ends.
    pub fn neighbour(self, by: isize) -> Chip {
        let here = self as usize;
        Chip::ALL[here.saturating_add_signed(by).min(Chip::ALL.len() - 1)]
    }
}

/// What the user corrected; each wins over the reading.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Corrections {
    /// What is to be done.
    pub action: Option<Action>,
    /// What it is to be done to.
    pub target: Option<Target>,
    /// In which language; `Some(None)` is "none".
    pub language: Option<Option<Language>>,
    /// How much work it is.
    pub complexity: Option<Complexity>,
}

impl Corrections {
    /// The reading with the corrections in it. A corrected reading is certain in what was corrected.
    pub fn apply(&self, mut intent: Intent) -> Intent {
        if let Some(action) = self.action {
            intent.action = action;
            intent.confidence = intent.confidence.max(0.9);
        }
        if let Some(target) = self.target {
            intent.targets = vec![target];
        }
        if let Some(language) = self.language {
            intent.language = language;
        }
        if let Some(complexity) = self.complexity {
            intent.complexity = complexity;
        }
        intent
    }

    /// Changes a chip to the value `by` places further, beginning from what the reading shows now.
    pub fn cycle(&mut self, chip: Chip, shown: &Intent, by: isize) {
        match chip {
            Chip::Action => self.action = Some(turn(Action::ALL, Some(shown.action), by)),
            Chip::Target => self.target = Some(turn(Target::ALL, shown.targets.first().copied(), by)),
            Chip::Complexity => self.complexity = Some(turn(Complexity::ALL, Some(shown.complexity), by)),
            Chip::Language => {
                let all: Vec<Option<Language>> =
                    std::iter::once(None).chain(Language::ALL.into_iter().map(Some)).collect();
                self.language = Some(turn(&all, Some(shown.language), by));
            }
        }
    }
}

/// The value `by` places after `current`, going round.
fn turn<T: Copy + PartialEq>(all: &[T], current: Option<T>, by: isize) -> T {
    let next = match current.and_then(|c| all.iter().position(|v| *v == c)) {
        Some(here) => (here as isize + by).rem_euclid(all.len() as isize) as usize,
        None => 0,
    };
    all[next]
}

fn composer(lines: &[String]) -> TextArea<'static> {
    let mut area = TextArea::new(if lines.is_empty() { vec![String::new()] } else { lines.to_vec() });
    area.set_wrap_mode(WrapMode::WordOrGlyph);
    area.set_cursor_line_style(Default::default());
    area.move_cursor(CursorMove::Bottom);
    area.move_cursor(CursorMove::End);
    area
}

impl Chat {
    /// What is typed.
    pub fn text(&self) -> String {
        self.composer.lines().join("\n")
    }

    /// Whether nothing is typed.
    pub fn is_empty(&self) -> bool {
        self.composer.is_empty()
    }

    /// Whether what is typed is an order (`/model`, `/undo`) and no request.
    pub fn is_order(&self) -> bool {
        self.composer.lines().first().is_some_and(|line| line.starts_with('/'))
    }

    /// Replaces what is typed, with the cursor at its end.
    pub fn set_text(&mut self, text: &str) {
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        self.composer = composer(&lines);
        self.completion = None;
    }

    /// Edits what is typed.
    pub fn edit(&mut self, edit: &TextEdit) {
        edit_text(&mut self.composer, edit);
    }
}

/// Edits a text with a cursor.
pub fn edit_text(area: &mut TextArea<'static>, edit: &TextEdit) {
    match edit {
        TextEdit::Insert(c) => area.insert_char(*c),
        TextEdit::Paste(text) => {
            area.insert_str(text.replace("\r\n", "\n").replace('\r', "\n"));
        }
        TextEdit::Backspace => drop(area.delete_char()),
        TextEdit::Delete => drop(area.delete_next_char()),
        TextEdit::DeleteWord => drop(area.delete_word()),
        TextEdit::DeleteToStart => drop(area.delete_line_by_head()),
        TextEdit::DeleteToEnd => drop(area.delete_line_by_end()),
        TextEdit::Left => area.move_cursor(CursorMove::Back),
        TextEdit::Right => area.move_cursor(CursorMove::Forward),
        TextEdit::WordLeft => area.move_cursor(CursorMove::WordBack),
        TextEdit::WordRight => area.move_cursor(CursorMove::WordForward),
        TextEdit::LineStart => area.move_cursor(CursorMove::Head),
        TextEdit::LineEnd => area.move_cursor(CursorMove::End),
        TextEdit::Undo => drop(area.undo()),
    }
}
