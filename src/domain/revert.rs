//! Taking a written change back, or making it again, whatever happened to its files since: what was found and what would
//! be written.

use super::change::ChangeSet;
use super::safe_text::code_span;
use serde::{Deserialize, Serialize};

/// Which way a written change is to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// Take it back.
    Undo,
    /// Make it again.
    Redo,
}

impl Way {
    /// The order of the chat and the subcommand that go this way.
    pub fn word(self) -> &'static str {
        match self {
            Way::Undo => "undo",
            Way::Redo => "redo",
        }
    }

    /// What is done: "take back", "make again".
    pub fn verb(self) -> &'static str {
        match self {
            Way::Undo => "take back",
            Way::Redo => "make again",
        }
    }
}

/// Who asked for what was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asker {
    /// The user of the workbench.
    #[default]
    Workbench,
    /// The caller of a subcommand.
    CommandLine,
}

impl Asker {
    /// The name in `--json`.
    pub fn name(self) -> &'static str {
        match self {
            Asker::Workbench => "workbench",
            Asker::CommandLine => "command_line",
        }
    }
}

/// Lines on which a change and what the file became since do not agree. Numbers are 1-based; a side without lines is an
/// empty text at the line before which they would stand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conflict {
    /// The file, relative to the root.
    pub path: String,
    /// First line of the place in the file as it is now; 0 when the file as a whole disagrees.
    pub line: u32,
    /// Lines of the place in the file as it is now.
    pub count: u32,
    /// How it disagrees, as a clause.
    pub what: String,
    /// The lines as they are now.
    pub now: String,
    /// The lines as the change knew them.
    #[serde(default)]
    pub was: String,
    /// The lines as the change would have them.
    pub wanted: String,
}

/// One of the three texts of a conflict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Side<'c> {
    /// What it is: "it is:", or "there is nothing there" where it has no lines.
    pub said: String,
    /// Its first lines.
    pub lines: Vec<&'c str>,
    /// How many more it has.
    pub more: usize,
}

/// Lines of a side that are shown.
const SHOWN: usize = 8;

impl Conflict {
    /// What the lines are now, what they were, and what they would be; nothing when the file as a whole disagrees.
    pub fn sides(&self) -> Vec<Side<'_>> {
        let sides = [("is", &self.now), ("was", &self.was), ("would be", &self.wanted)];
        let shown = sides.into_iter().map(|(verb, text)| {
            let all = text.lines().count();
            let said = if all == 0 { format!("there {verb} nothing there") } else { format!("it {verb}:") };
            Side { said, lines: text.lines().take(SHOWN).collect(), more: all.saturating_sub(SHOWN) }
        });
        if self.line == 0 { Vec::new() } else { shown.collect() }
    }

    /// Where it is, as Markdown: the file, and the lines if it is not the file as a whole.
    pub fn place(&self) -> String {
        let path = code_span(&self.path);
        match (self.line, self.count) {
            (0, _) => path,
            (line, 0) => format!("{path} before line {line}"),
            (line, 1) => format!("{path} line {line}"),
            (line, count) => format!("{path} lines {line}-{}", line + count - 1),
        }
    }
}

/// What a revert would do. With conflicts nothing is written: all or nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revert {
    /// What would be written, from what the files are now. Files that are already as wanted are not in it.
    pub changes: ChangeSet,
    /// Files of `changes` that were changed by somebody since; what they brought is kept.
    pub merged: Vec<String>,
    /// Where the two do not agree.
    pub conflicts: Vec<Conflict>,
}
