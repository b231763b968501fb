//! The chat: typing, reading what is typed as an intent, sending it.

use super::Step;
use super::heal::{heal_order, ladder};
use crate::app::action::Action;
use crate::app::command::{Command, Does};
use crate::app::effect::Effect;
use crate::app::event::TextEdit;
use crate::app::fact::Fact;
use crate::app::state::{Area, Asked, Chip, Corrections, Failed, Overlay, Standing};
use crate::domain::intent::Intent;
use crate::domain::memory::MemoryOrder;
use crate::domain::message::{Author, Message, PastRun};
use crate::domain::mode::Mode;
use crate::domain::revert::Way;
use crate::graph::{self, Run, RunFact, RunSpec, Stage, Task};
use crate::intent::{self, Vocabulary};

impl Step<'_> {
    /// An edit goes to the line that has the keyboard: a picker's filter, a session's new name, or the chat.
    pub(super) fn typed(&mut self, edit: &TextEdit) {
        if let Some(Overlay::Picker(picker)) = &mut self.state.overlay {
            let mut filter = picker.filter.clone();
            edit_line(&mut filter, edit);
            return picker.narrow(filter);
        }
        if let Some(Overlay::Editor(editor)) = &mut self.state.overlay {
            return editor.edit(edit);
        }
        if let Some(name) = &mut self.state.sessions.renaming {
            return edit_line(name, edit);
        }
        self.start_typing();
        self.state.chat.edit(edit);
        self.read();
        self.complete();
    }

    /// Reads what is typed, unless it would be an order or a revision.
    pub(super) fn read(&mut self) {
        let text = self.state.chat.text();
        let revision = self.at_gate();
        let chat = &mut self.state.chat;
        if text.trim().is_empty() || text.starts_with('/') || revision {
            chat.reading = None;
            chat.chip = None;
            chat.corrections = Corrections::default();
            return;
        }
        let whole = match &chat.asked {
            Some(asked) => format!("{}\n{text}", asked.text),
            None => text,
        };
        chat.reading = Some(intent::parse(&whole, Vocabulary::embedded()).intent);
    }

    pub(super) fn chat_action(&mut self, action: Action) {
        match action {
            Action::Submit => self.submit(),
            Action::Newline => self.typed(&TextEdit::Insert('\n')),
            Action::StartTyping => self.start_typing(),
            Action::StopTyping => self.state.chat.typing = false,
            Action::HistoryPrevious => self.browse(-1),
            Action::HistoryNext => self.browse(1),
            Action::EditIntent if self.state.chat.reading.is_some() => {
                self.state.layout.focus_on(Area::Chat);
                self.state.chat.chip = Some(Chip::Action);
                self.state.chat.typing = false;
            }
            Action::EditIntent => {
                self.state.tell("Type a request first: how it is read can then be corrected.", Failed::No);
            }
            _ => {}
        }
    }

    /// The keyboard goes to the input line; a correction under way is done.
    pub(super) fn start_typing(&mut self) {
        self.state.layout.focus_on(Area::Chat);
        self.state.chat.chip = None;
        self.state.chat.typing = true;
    }

    fn browse(&mut self, by: isize) {
        let chat = &mut self.state.chat;
        let (here, draft) = match &chat.browsing {
            Some((index, draft)) => (*index, draft.clone()),
            None => (chat.history.len(), chat.text()),
        };
        let next = here.saturating_add_signed(by).min(chat.history.len());
        match chat.history.get(next).cloned() {
            Some(text) => {
                chat.set_text(&text);
                chat.browsing = Some((next, draft));
            }
            None => {
                chat.set_text(&draft);
                chat.browsing = None;
            }
        }
        self.read();
    }

    fn submit(&mut self) {
        if self.state.sessions.renaming.is_some() {
            return self.rename();
        }
        let text = self.state.chat.text().trim().to_owned();
        let commented = self.at_gate() && self.state.session.run().is_some_and(|run| !run.comments.is_empty());
        if text.is_empty() && !commented {
            return;
        }
        if let Some(order) = text.strip_prefix('/') {
            return self.order(order.trim());
        }
        if self.at_gate() && self.doubts(&text) {
            return;
        }
        self.request(&text);
    }

    /// Whether a sentence at the gate reads like a question, which nobody answers there; the same again is meant as it is.
    fn doubts(&mut self, text: &str) -> bool {
        let again = self.state.chat.doubted.take().is_some_and(|doubted| doubted == text);
        let reads = intent::parse(text, Vocabulary::embedded()).question.is_some_and(|q| q.offers_words());
        if again || !reads {
            return false;
        }
        self.state.chat.doubted = Some(text.to_owned());
        let notice = "That reads like a question; here it asks for another proposal. Once more to send it, or decide \
                      on this one first and ask then.";
        self.state.tell(notice, Failed::Yes);
        true
    }

    /// An order: what the table of them says.
    fn order(&mut self, order: &str) {
        let (word, rest) = order.split_once(char::is_whitespace).unwrap_or((order, ""));
        let rest = rest.trim();
        let Some(command) = Command::named(word) else {
            return self.state.tell(format!("There is no /{word}. A / alone shows what there is."), Failed::Yes);
        };
        match command.does {
            Does::Action(Action::ChooseModel) if !rest.is_empty() => return self.choose_model_named(rest),
            Does::Action(Action::ChooseMode) if !rest.is_empty() => return self.choose_mode_named(rest),
            Does::Action(Action::Undo) if !rest.is_empty() && !self.revert_numbered(rest, Way::Undo) => return,
            Does::Action(Action::Redo) if !rest.is_empty() && !self.revert_numbered(rest, Way::Redo) => return,
            Does::Remember if !self.remember(rest) => return,
            Does::Forget if !self.forget(rest) => return,
            Does::Pin if !self.say_of_named(rest, Standing::Pinned) => return,
            Does::Drop if !self.say_of_named(rest, Standing::Dropped) => return,
            _ => {}
        }
        self.clear_composer();
        match command.does {
            Does::Action(Action::Undo | Action::Redo) if !rest.is_empty() => {}
            Does::Action(action) => self.action(action),
            Does::Heal => self.heal(rest),
            Does::Report(about) => self.ask_report(about, rest),
            Does::ListMemory => self.effects.push(Effect::Memory(MemoryOrder::List)),
            Does::Remember | Does::Forget | Does::Pin | Does::Drop => {}
        }
    }

    fn clear_composer(&mut self) {
        let chat = &mut self.state.chat;
        chat.set_text("");
        chat.reading = None;
        chat.chip = None;
        chat.browsing = None;
        chat.corrections = Corrections::default();
    }

    fn at_gate(&self) -> bool {
        self.state.session.run().is_some_and(|r| r.stage == Stage::Gate)
    }

    /// A request becomes a run; at the gate it becomes a revision of the proposal.
    pub(super) fn request(&mut self, text: &str) {
        // Handed in whole, or after the models were found.
        if let Some(paths) = heal_order(text) {
            return self.heal(paths);
        }
        if let Some(run) = self.state.session.active_run()
            && run.stage != Stage::Gate
        {
            let text = match run.stage {
                Stage::Paused(_) => "A run is paused: answer it first (the keys are below), or stop it.",
                _ => "A run is under way: wait for it, or stop it first.",
            };
            return self.state.tell(text, Failed::Yes);
        }
        if let Some(asked) = &self.state.chat.asked
            && text.trim().parse::<usize>().is_ok()
            && asked.pick(text).is_none()
        {
            let text = format!("The answers are 1 to {}; or say it in words.", asked.answers.len());
            return self.state.tell(text, Failed::Yes);
        }
        if self.state.models.is_none() {
            self.state.waiting_request = Some(text.to_owned());
            return self.state.tell("Looking for models…", Failed::No);
        }
        if self.state.model_info().is_none() {
            let text = match (&self.state.missing_model, &self.state.model) {
                (Some(why), _) => format!("{} Or choose another model: /model lists them.", why.message),
                (None, Some(wanted)) => format!("`{wanted}` is not there. Choose a model first: /model lists them."),
                (None, None) => "Choose a model first: /model lists them.".to_owned(),
            };
            return self.state.tell(text, Failed::Yes);
        }
        self.keep_prompt(text);
        let corrections = std::mem::take(&mut self.state.chat.corrections);
        // What was typed since a request began to wait, or while one was handed in whole, is the user's next one.
        if self.state.chat.text().trim() == text.trim() {
            self.clear_composer();
        }
        self.state.chat.scroll = 0;
        if self.at_gate() {
            let said = self.state.session.run().map(|run| graph::wish(text, &run.comments)).unwrap_or_default();
            self.post(Author::User, &said);
            self.state.review = self.state.review.anew();
            return self.commit_run(RunFact::RevisionRequested { text: text.to_owned() });
        }
        if self.state.session.named_by_order {
            self.commit(Fact::SessionRenamed { name: title(text) });
            self.effects.push(Effect::ListSessions);
        }
        self.post(Author::User, text);
        self.begin(text, &corrections);
    }

    fn begin(&mut self, text: &str, corrections: &Corrections) {
        let asked = self.state.chat.asked.take();
        let mut corrections = corrections.clone();
        let picked = asked.as_ref().and_then(|a| a.pick(text)).cloned();
        let edits = picked.as_ref().is_none_or(|answer| answer.edits);
        if let Some(answer) = &picked {
            corrections.action = corrections.action.or(answer.action);
            corrections.target = corrections.target.or(answer.target);
        }
        // A suggestion that was picked settles how the request is read, and adds no word to it.
        let whole = match (&asked, &picked) {
            (Some(asked), Some(_)) => asked.text.clone(),
            (Some(asked), None) => format!("{}\n{text}", asked.text),
            (None, _) => text.to_owned(),
        };
        let reading = intent::parse(&whole, Vocabulary::embedded());
        let corrected = corrections != Corrections::default();
        // A mode that proposes no edits answers questions: nothing has to be certain before it reads.
        if let Some(question) = reading.question
            && asked.is_none()
            && !corrected
            && self.state.mode().edits
        {
            let numbered = question.answers.iter().enumerate();
            let suggestions: String = numbered.map(|(i, a)| format!("\n{}. {}", i + 1, a.label)).collect();
            let question_text = format!("{}{suggestions}", question.text);
            self.state.chat.asked = Some(Asked { text: text.to_owned(), answers: question.answers });
            return self.post(Author::Workbench, &question_text);
        }
        let mode = if edits { self.state.mode().clone() } else { self.words_mode() };
        self.start_run(corrections.apply(reading.intent), mode);
    }

    /// The mode that answers in words: the one chosen if it does, else `peer`.
    fn words_mode(&self) -> Mode {
        let chosen = self.state.mode();
        let peer = || self.state.settings.modes.iter().find(|m| m.name == "peer" && !m.edits);
        let mode = if chosen.edits { peer().unwrap_or(chosen) } else { chosen };
        Mode { edits: false, ..mode.clone() }
    }

    fn start_run(&mut self, intent: Intent, mode: Mode) {
        let Some(model) = self.state.model_info().cloned() else { return };
        let spec = RunSpec {
            id: self.state.session.next_run(),
            intent,
            mode,
            ladder: ladder(self.state, &model),
            model,
            settings: self.state.settings.run.clone(),
            prompts: self.state.settings.prompts.clone(),
            task: Task::Request,
        };
        self.state.review = self.state.review.anew();
        self.commit(Fact::RunBegun { spec: Box::new(spec) });
        self.commit_run(RunFact::Started);
    }

    fn keep_prompt(&mut self, text: &str) {
        let history = &mut self.state.chat.history;
        if !text.is_empty() && history.last().is_none_or(|last| last != text) {
            history.push(text.to_owned());
            self.effects.push(Effect::KeepPrompt(text.to_owned()));
        }
    }

    /// Says something in the conversation.
    pub(super) fn post(&mut self, author: Author, text: &str) {
        let run = self.state.session.run().filter(|_| author != Author::User).map(|r| r.spec.id);
        let message = Message { author, text: text.to_owned(), at: self.state.now, run };
        self.commit(Fact::Posted { message });
    }

    /// The runs before the newest, and what came of them.
    pub(super) fn past(&self) -> Vec<PastRun> {
        let runs = &self.state.session.runs;
        let past = |run: &Run| PastRun { request: run.spec.intent.text.clone(), outcome: run.outcome_phrase() };
        runs[..runs.len().saturating_sub(1)].iter().map(past).collect()
    }

    /// What was said before the newest request.
    pub(super) fn conversation(&self) -> Vec<Message> {
        let messages = &self.state.session.messages;
        let end = messages.iter().rposition(|m| m.author == Author::User).unwrap_or(messages.len());
        messages[..end].to_vec()
    }

    /// What a session is called whose first fact is this: the first words of the request.
    pub(super) fn session_name(&self, first: &Fact) -> String {
        let text = match first {
            Fact::Posted { message } => message.text.as_str(),
            Fact::RunBegun { spec } => spec.intent.text.as_str(),
            Fact::ContextPinned { path } | Fact::ContextDropped { path } => path.as_str(),
            _ => "session",
        };
        title(text)
    }
}

/// The first words of a text, as the name of a session.
fn title(text: &str) -> String {
    let mut name = String::new();
    for word in text.split_whitespace() {
        if name.chars().count() + word.chars().count() > 40 {
            break;
        }
        if !name.is_empty() {
            name.push(' ');
        }
        name.push_str(word);
    }
    if name.is_empty() { text.chars().take(40).collect() } else { name }
}

/// Edits a one-line field at its end.
fn edit_line(line: &mut String, edit: &TextEdit) {
    match edit {
        TextEdit::Insert(c) if !c.is_control() => line.push(*c),
        TextEdit::Paste(text) => line.extend(text.chars().filter(|c| !c.is_control())),
        TextEdit::Backspace => drop(line.pop()),
        TextEdit::DeleteWord => {
            let space = line.trim_end().char_indices().rfind(|(_, c)| c.is_whitespace());
            let kept = space.map_or(0, |(at, c)| at + c.len_utf8());
            line.truncate(kept);
        }
        TextEdit::DeleteToStart => line.clear(),
        _ => {}
    }
}
