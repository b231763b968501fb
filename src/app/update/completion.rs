//! Completing an `@` in the chat: what is asked for while letters come, what is taken of the answers, and what is accepted.

use super::Step;
use crate::app::effect::Effect;
use crate::app::state::{Completion, CompletionItem, CompletionKind, Failed};
use tui_textarea::TextArea;

impl Step<'_> {
    /// Follows what is typed: asks for what the letters behind an `@` may mean, once for each change of them.
    pub(super) fn complete(&mut self) {
        let chat = &mut self.state.chat;
        let Some((at, query)) = chat.mention() else {
            chat.completion = None;
            return;
        };
        let before = chat.completion.take().filter(|before| before.at == at);
        let is_new = before.as_ref().is_none_or(|before| before.query != query);
        let completion = chat.completion.insert(before.unwrap_or_else(|| Completion::new(at)));
        completion.query.clone_from(&query);
        completion.taken = false;
        if query.is_empty() {
            (completion.items, completion.answered) = (Vec::new(), None);
        } else if is_new && !completion.closed {
            self.effects.push(Effect::Complete { query });
        }
    }

    /// An answer. One for older letters is of no use: that for the newer ones is on its way. That there is no map yet is no
    /// answer: it is awaited until the map is there.
    pub(super) fn completed(&mut self, query: &str, items: Option<&[CompletionItem]>) {
        let Some(completion) = self.state.chat.completion.as_mut().filter(|c| c.query == query) else { return };
        if items.is_none() && !completion.is_awaited() {
            return;
        }
        let has_choice = !completion.is_awaited();
        completion.no_map = items.is_none();
        completion.answered = items.map(|_| query.to_owned());
        let items = items.unwrap_or_default();
        if completion.items != items {
            // What was chosen of an earlier answer for the same letters stays chosen.
            let chosen = chosen_again(&completion.items, completion.selected, items).filter(|_| has_choice);
            completion.selected = chosen.unwrap_or(0);
            completion.items = items.to_vec();
        }
        if completion.taken && !completion.no_map {
            self.accept_completion();
        }
    }

    /// The map is there, or holds other names than before: the list that is open is asked for once more.
    pub(super) fn complete_again(&mut self) {
        if let Some(completion) = self.state.chat.completion.as_ref().filter(|c| !c.query.is_empty() && !c.closed) {
            self.effects.push(Effect::Complete { query: completion.query.clone() });
        }
    }

    /// Whether the list has the keys now.
    pub(super) fn is_completing(&self) -> bool {
        self.state.overlay.is_none() && self.state.place().contains(&crate::app::Scope::Completion)
    }

    /// Puts the selected line in the place of the `@` and the letters behind it; where the answer for them is on its way,
    /// its best line once it comes. Whoever takes it once more while there is no map does not want to wait for that.
    pub(super) fn accept_completion(&mut self) {
        let is_order = self.state.chat.is_order();
        let Some(completion) = &mut self.state.chat.completion else { return };
        if completion.taken && completion.no_map {
            (completion.closed, completion.taken) = (true, false);
            return self.state.tell("The map is not there yet: the @ stays as it is.", Failed::No);
        }
        completion.taken = completion.is_awaited();
        if completion.taken || completion.items.is_empty() {
            return;
        }
        let Some(completion) = self.state.chat.completion.take() else { return };
        let Some(item) = completion.items.get(completion.selected) else { return };
        let text = if is_order { item.name.clone() } else { mention(item) };
        let typed = completion.query.chars().count() + 1;
        put(&mut self.state.chat.composer, typed, &format!("{text} "));
        self.read();
    }
}

/// Where what was selected `before` stands among the new `items`: of several of a name in a file the one that comes as late.
fn chosen_again(before: &[CompletionItem], selected: usize, items: &[CompletionItem]) -> Option<usize> {
    let chosen = before.get(selected)?;
    let earlier = before[..selected].iter().filter(|item| item.is_same(chosen)).count();
    let mut same = (0..items.len()).filter(|at| items[*at].is_same(chosen));
    same.clone().nth(earlier).or_else(|| same.next())
}

/// Replaces the characters before the cursor.
fn put(composer: &mut TextArea<'static>, characters: usize, text: &str) {
    for _ in 0..characters {
        composer.delete_char();
    }
    composer.insert_str(text);
}

/// As a request names it, so that it is read as what it is.
fn mention(item: &CompletionItem) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "_./\\@~+-#:".contains(c);
    match item.kind {
        CompletionKind::File if item.name.chars().all(is_plain) => item.name.clone(),
        // Without the `@` a command might stand in backquotes.
        CompletionKind::File => format!("@`{}`", item.name),
        CompletionKind::Symbol => format!("`{}`", item.name),
    }
}
