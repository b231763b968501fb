//! Every order that can be typed into the chat behind a `/`: name, argument, line of help and what it does. The chat, the
//! palette and help read this one table, so that none of the three can disagree.

use super::action::Action;
use crate::domain::failure::Failure;
use serde::{Deserialize, Serialize};

/// One order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Command {
    /// The word behind the `/`.
    pub name: &'static str,
    /// What may or has to stand behind it, as help shows it; empty for nothing.
    pub argument: &'static str,
    /// One line for palette and help.
    pub help: &'static str,
    /// What it does.
    pub does: Does,
}

/// What an order does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Does {
    /// The same as this action; a name behind it chooses at once where the action would offer a list.
    Action(Action),
    /// Puts a report into the chat.
    Report(Report),
    /// Remembers what stands behind it, for every session of this repository.
    Remember,
    /// Forgets the memory of the number behind it.
    Forget,
    /// Lists what is remembered.
    ListMemory,
    /// Pins the file behind it to every context of this session, or lets it go.
    Pin,
    /// Heals the attempt under review, or the working tree: all of it, or the paths behind it.
    Heal,
    /// Keeps the file behind it out of every context of this session, or lets it come back.
    Drop,
}

/// What a report is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Report {
    /// The change: the files on disk against the last commit, or against where a revision and it part.
    Review,
    /// The code that is there, all of it or what lies beneath a path.
    Analyze,
}

/// A report, and what was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reported {
    /// What it is about.
    pub about: Report,
    /// The revision or path that was named; empty for none.
    pub of: String,
    /// The report in Markdown, or why there is none.
    pub report: Result<String, Failure>,
}

/// Every order, as help lists them.
pub const COMMANDS: &[Command] = &[
    order("model", "[NAME]", "Choose the model", Does::Action(Action::ChooseModel)),
    order("mode", "[NAME]", "Choose the mode", Does::Action(Action::ChooseMode)),
    order("remember", "TEXT", "Remember this for every session in this repository", Does::Remember),
    order("forget", "NUMBER", "Forget what is remembered under this number", Does::Forget),
    order("memory", "", "Show what is remembered; choosing one pins it to every prompt", Does::ListMemory),
    order("context", "", "Show what the last prompt was made of and why", Does::Action(Action::ShowContext)),
    order("tokens", "", "The same: what each part of it costs", Does::Action(Action::ShowContext)),
    order("pin", "PATH", "Put this file into every context of the session; again lets it go", Does::Pin),
    order("drop", "PATH", "Keep this file out of every context; again lets it come back", Does::Drop),
    order(
        "heal",
        "[PATH…]",
        "Mend what the checks find: in the attempt under review, else in the tree (allows its own code to run)",
        Does::Heal,
    ),
    order("help", "", "Show what every key does here", Does::Action(Action::Help)),
    order("undo", "[RUN]", "Take back the last decision, or what a run wrote", Does::Action(Action::Undo)),
    order("redo", "[RUN]", "Make it again", Does::Action(Action::Redo)),
    order("new", "", "Begin a new session", Does::Action(Action::NewSession)),
    order("review", "[REVISION]", "Report what the change on disk does to the code", Does::Report(Report::Review)),
    order("analyze", "[PATH]", "Report on the code that is there", Does::Report(Report::Analyze)),
    order("cost", "", "Go to the budget", Does::Action(Action::FocusBudget)),
    order("sessions", "", "Go to the sessions", Does::Action(Action::FocusSessions)),
    order("quit", "", "Leave", Does::Action(Action::Quit)),
];

const fn order(name: &'static str, argument: &'static str, help: &'static str, does: Does) -> Command {
    Command { name, argument, help, does }
}

impl Command {
    /// The order of this name.
    pub fn named(name: &str) -> Option<&'static Command> {
        COMMANDS.iter().find(|c| c.name == name)
    }

    /// The orders that what is typed may still become; none if it is no order.
    pub fn offered(typed: &str) -> Vec<&'static Command> {
        let Some(typed) = typed.strip_prefix('/') else { return Vec::new() };
        let word = typed.split(char::is_whitespace).next().unwrap_or_default();
        let is_whole = typed.len() > word.len();
        COMMANDS.iter().filter(|c| if is_whole { c.name == word } else { c.name.starts_with(word) }).collect()
    }

    /// As it is typed, with its argument: `/forget NUMBER`.
    pub fn shown(&self) -> String {
        format!("/{} {}", self.name, self.argument).trim_end().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_narrows_the_orders_until_one_is_named() {
        let offered = |typed: &str| Command::offered(typed).iter().map(|c| c.name).collect::<Vec<_>>();
        assert_eq!(offered("/").len(), COMMANDS.len());
        assert_eq!(offered("/re"), ["remember", "redo", "review"]);
        assert_eq!(offered("/model qwen"), ["model"]);
        for typed in ["/mod qwen", "/make", "undo"] {
            assert_eq!(offered(typed), [""; 0], "{typed}");
        }
    }

    #[test]
    fn every_order_has_a_name_of_its_own_and_a_line_of_help() {
        for (n, command) in COMMANDS.iter().enumerate() {
            assert!(COMMANDS[..n].iter().all(|c| c.name != command.name), "{}", command.name);
            assert!(!command.help.is_empty() && command.name.chars().all(|c| c.is_ascii_lowercase()));
        }
    }
}
