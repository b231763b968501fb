//! How much of the conversation a prompt repeats: the newest messages, or each earlier turn as a line, or the turns that
//! have to do with the request. Nothing is left out silently, and no model is asked to summarise.

use super::lexicon::Lexicon;
use super::room::Room;
use crate::domain::context::{ContextItem, ContextKind};
use crate::domain::message::{Author, Message, PastRun};
use std::cmp::Reverse;
use std::ops::Range;

/// Longest request and outcome in a turn's line, in characters.
const LINE: usize = 160;

/// Which of the earlier messages are repeated when not all are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Truncation {
    /// The newest, as many as fit.
    Recent,
    /// The newest turn, and of each earlier one what was asked and what came of it.
    Summary,
    /// The newest turn, and those that share names or words with the request.
    #[default]
    Selective,
}

/// What there is to choose from.
pub(super) struct Conversation<'a> {
    /// The messages before the request, oldest first.
    pub(super) messages: &'a [Message],
    /// Earlier requests and what came of them, oldest first.
    pub(super) past: &'a [PastRun],
    /// What the request is about.
    pub(super) lexicon: &'a Lexicon,
    /// Counts tokens.
    pub(super) count: &'a dyn Fn(&str) -> u32,
}

impl Conversation<'_> {
    /// Puts what is repeated into the room, in the order in which it was said.
    pub(super) fn fill(&self, truncation: Truncation, room: &mut Room) {
        match truncation {
            Truncation::Recent => self.recent(room),
            Truncation::Summary => self.summary(room),
            Truncation::Selective => self.selective(room),
        }
    }

    /// The newest messages whole, as many as fit in a row, with a note of how many were left out.
    fn recent(&self, room: &mut Room) {
        let all = self.messages.len();
        let reserve = (self.count)(&omission(all));
        let (mut kept, mut left) = (Vec::new(), room.left());
        for at in (0..all).rev() {
            let item = self.message(at, format!("the conversation, {} of the newest", all - at));
            let needed = item.tokens.saturating_add(if at == 0 { 0 } else { reserve });
            if needed > left {
                break;
            }
            left -= item.tokens;
            kept.push((at, item));
        }
        self.put(kept, room);
    }

    /// The newest turn whole if it fits, and before it a line for each earlier one, as many of the newest as fit.
    fn summary(&self, room: &mut Room) {
        let mut turns = self.turns();
        let Some(newest) = turns.pop() else { return };
        let mut whole = self.whole(&newest, "the newest turn");
        if total(&whole) > room.left() {
            whole.clear();
            turns.push(newest);
        }
        let lines: Vec<String> = turns.iter().map(|turn| self.line(turn)).collect();
        let left = room.left() - total(&whole);
        for skipped in 0..lines.len() {
            let note = if skipped > 0 { format!("… {skipped} earlier turns omitted …\n") } else { String::new() };
            let text = format!("### EARLIER IN THIS CONVERSATION\n{note}{}", lines[skipped..].concat());
            let reason =
                format!("what was asked and what came of it, {} of {} turns", lines.len() - skipped, lines.len());
            let item = self.item("earlier turns", text, reason);
            if item.tokens <= left {
                room.take(item);
                break;
            }
        }
        for (_, item) in whole {
            room.take(item);
        }
    }

    /// The newest turn, and those that share something with the request, the likest first; a turn that does not fit is
    /// reduced to its line.
    fn selective(&self, room: &mut Room) {
        let turns = self.turns();
        let Some((newest, earlier)) = turns.split_last() else { return };
        let mut left = room.left().saturating_sub((self.count)(&omission(self.messages.len())));
        let mut kept = Vec::new();
        let mut take = |turn: &Range<usize>, reason: &str| {
            for items in [self.whole(turn, reason), vec![(turn.start, self.reduced(turn, reason))]] {
                if total(&items) <= left {
                    left -= total(&items);
                    return kept.extend(items);
                }
            }
        };
        take(newest, "the newest turn");
        let mut alike: Vec<(f64, &Range<usize>, String)> = Vec::new();
        for turn in earlier {
            let text: Vec<&str> = self.messages[turn.clone()].iter().map(|m| m.text.as_str()).collect();
            let shared = self.lexicon.shared(&text.join("\n"));
            if !shared.is_empty() {
                alike.push((shared.likeness(), turn, format!("shares {} with the request", shared.phrase())));
            }
        }
        alike.sort_by(|a, b| b.0.total_cmp(&a.0).then(b.1.start.cmp(&a.1.start)));
        alike.iter().for_each(|(_, turn, reason)| take(turn, reason));
        kept.sort_by_key(|(at, _)| Reverse(*at));
        self.put(kept, room);
    }

    /// Takes items that stand newest first, oldest first, behind a note of how many messages they leave out.
    fn put(&self, kept: Vec<(usize, ContextItem)>, room: &mut Room) {
        let omitted = self.messages.len() - kept.iter().map(|(_, item)| messages_in(item)).sum::<usize>();
        if omitted > 0 {
            let reason = format!("{omitted} of {} messages are not repeated", self.messages.len());
            room.take(self.item("conversation", omission(omitted), reason));
        }
        for (_, item) in kept.into_iter().rev() {
            room.take(item);
        }
    }

    /// The turns: each begins with a message of the user.
    fn turns(&self) -> Vec<Range<usize>> {
        let begins = |at: &usize| *at == 0 || self.messages[*at].author == Author::User;
        let starts: Vec<usize> = (0..self.messages.len()).filter(begins).collect();
        let ends = starts.iter().skip(1).copied().chain([self.messages.len()]);
        starts.iter().zip(ends).map(|(start, end)| *start..end).collect()
    }

    fn whole(&self, turn: &Range<usize>, reason: &str) -> Vec<(usize, ContextItem)> {
        turn.clone().map(|at| (at, self.message(at, reason.to_owned()))).collect()
    }

    fn reduced(&self, turn: &Range<usize>, reason: &str) -> ContextItem {
        let label = format!("turn {}", turn.start + 1);
        let text = format!("### EARLIER IN THIS CONVERSATION\n{}", self.line(turn));
        self.item(&label, text, format!("{reason}; reduced to what was asked and what came of it"))
    }

    /// What was asked in a turn and what came of it: by the run's own record, else by the last thing that was said.
    fn line(&self, turn: &Range<usize>) -> String {
        let messages = &self.messages[turn.clone()];
        let asked = messages.first().filter(|m| m.author == Author::User).map_or("", |m| m.text.as_str());
        let is_of = |past: &&PastRun| past.request == asked || past.request.ends_with(&format!("\n{asked}"));
        let outcome = match self.past.iter().rev().find(is_of).filter(|_| !asked.is_empty()) {
            Some(past) => past.outcome.as_str(),
            None => messages.iter().rev().find(|m| m.author != Author::User).map_or("no answer", |m| m.text.as_str()),
        };
        format!("- {} → {}\n", short(asked), short(outcome))
    }

    fn message(&self, at: usize, reason: String) -> ContextItem {
        let message = &self.messages[at];
        let who = match message.author {
            Author::User => "User",
            Author::Assistant => "Assistant",
            Author::Workbench => "Workbench",
        };
        let text = format!("### {who}\n{}\n", message.text.trim_end());
        self.item(&format!("message {}", at + 1), text, reason)
    }

    fn item(&self, label: &str, text: String, reason: String) -> ContextItem {
        let tokens = (self.count)(&text);
        ContextItem { kind: ContextKind::Memory, label: label.to_owned(), lines: Vec::new(), text, tokens, reason }
    }
}

fn omission(messages: usize) -> String {
    format!("… {messages} earlier messages omitted …\n")
}

/// Messages that an item shows whole.
fn messages_in(item: &ContextItem) -> usize {
    usize::from(item.label.starts_with("message "))
}

fn total(items: &[(usize, ContextItem)]) -> u32 {
    items.iter().map(|(_, item)| item.tokens).fold(0, u32::saturating_add)
}

/// The first line with something in it, cut to a length.
fn short(text: &str) -> String {
    let line = text.lines().map(str::trim).find(|l| !l.is_empty()).unwrap_or("(nothing)");
    match line.char_indices().nth(LINE) {
        Some((at, _)) => format!("{}…", line[..at].trim_end()),
        None => line.to_owned(),
    }
}
