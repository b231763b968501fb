//! `update`: the only place where state changes. Pure; what it wants done it returns as effects.
//!
//! A fact reaches the session through [`Step::commit`] alone: it is folded, queued for the journal, and what the run then
//! asks for becomes effects. So the journal cannot miss what the screen shows.

mod chat;
mod choice;
mod completion;
mod context;
mod editor;
mod heal;
mod install;
mod memory;
mod report;
mod repository;
mod review;
mod run;
mod series;
mod sessions;
mod store;
mod undo;
mod view;

pub use heal::healed_paths;
pub use review::needs_own_yes;
pub use run::unwritten;
pub use series::TOO_SMALL;

use super::action::Action;
use super::effect::{Effect, Entry, Mouse, TerminalEffect, UnknownPrice};
use super::event::{Event, Stamped};
use super::fact::{Dated, Fact};
use super::session::Session;
use super::state::{Area, Failed, Overlay, State};
use crate::domain::ids::RunId;
use crate::domain::model::Locality;
use crate::graph::{Run, RunCommand, RunFact, Stage};

/// Changes the state by one event and returns what is to be done, in order.
pub fn update(state: &mut State, stamped: &Stamped) -> Vec<Effect> {
    state.now = stamped.at;
    let before = (state.session.id.clone(), state.session.status(), state.session.seq > 0);
    let mut step = Step { state, facts: Vec::new(), effects: Vec::new(), done: 0 };
    step.event(&stamped.event);
    step.keep_context_in_sight();
    step.state.layout.busy = step.state.is_busy().then_some(Area::Stream);
    step.journal();
    let session = &step.state.session;
    // The list shows where this session stands: asked for after the facts that say so are on their way to the journal.
    if session.id == before.0 && (session.status(), session.seq > 0) != (before.1, before.2) {
        step.effects.push(Effect::ListSessions);
    }
    step.effects
}

/// One event's worth of change.
struct Step<'a> {
    state: &'a mut State,
    /// Facts of this event, not yet handed to the journal.
    facts: Vec<Dated>,
    effects: Vec<Effect>,
    /// Effects up to the newest that rests on journaled facts; an entry goes behind these and before all others.
    done: usize,
}

impl Step<'_> {
    fn event(&mut self, event: &Event) {
        if matches!(event, Event::User(_) | Event::Typed(_) | Event::Pointed(_) | Event::KeyUnbound(_)) {
            self.state.unattended = false;
        }
        match event {
            Event::Opened(opening) => self.opened(opening),
            Event::Resized(columns, rows) => self.state.size = (*columns, *rows),
            Event::User(action) => self.action(*action),
            Event::Typed(edit) => self.typed(edit),
            Event::ChordPending(chord) => self.state.chord.clone_from(chord),
            Event::KeyUnbound(keys) => self.unbound(keys),
            Event::Pointed(pointer) => self.pointed(*pointer),
            Event::Requested(text) => self.request(text),
            Event::TimePassed => {}
            Event::ScrollEnded(area, end) => self.scroll_ended(*area, *end),
            Event::HunksShown(are_shown) => self.state.sees_hunks = *are_shown,
            Event::Models(event) => self.model_event(event),
            Event::Reported(reported) => self.reported(reported),
            Event::RevertPlanned(planned) => self.revert_planned(planned),
            Event::Work(event) => self.work_event(event),
            Event::Store(event) => self.store_event(event),
            Event::Repository(event) => self.repository_event(event),
            Event::Completed { query, items } => self.completed(query, items.as_deref()),
            Event::FileFound(sought, found) => self.file_found(sought, found),
            Event::EditorClosed { path, text } => drop(self.edit_file(path, text)),
            Event::Noticed(failure) => self.state.tell_failure(failure),
            Event::EndRequested => self.quit(),
        }
    }

    fn opened(&mut self, opening: &super::event::Opening) {
        *self.state = State { now: self.state.now, ..State::new(opening) };
        if let Some(first) = opening.problems.first() {
            let more = opening.problems.len() - 1;
            let text =
                if more > 0 { format!("{first} (and {more} more: `vibe-tui doctor`)") } else { first.to_string() };
            self.state.tell(text, Failed::Yes);
        }
        self.effects.extend([Effect::FindModels, Effect::ListSessions]);
    }

    fn action(&mut self, action: Action) {
        use Action::*;
        self.state.notice = None;
        if action != DeleteSession {
            self.state.sessions.deleting = None;
        }
        if !matches!(action, Apply | CancelRun) {
            self.state.review.confirming = None;
        }
        if matches!(self.state.overlay, Some(Overlay::Editor(_))) && !editor::goes_with(action) {
            return self.state.tell("Keep what you are writing, or leave it, first.", Failed::No);
        }
        match action {
            Quit => self.quit(),
            Suspend => self.terminal(TerminalEffect::Suspend),
            Redraw => self.terminal(TerminalEffect::Redraw),
            NextTheme => self.terminal(TerminalEffect::NextTheme),
            ToggleMouse => {
                self.state.mouse = if self.state.mouse == Mouse::Captured { Mouse::Released } else { Mouse::Captured };
                self.terminal(TerminalEffect::Mouse(self.state.mouse));
            }
            Help => self.help(),
            Palette | ChooseModel | ChooseMode => self.open_picker(action),
            FocusNext | FocusPrevious | FocusChat | FocusStream | FocusReview | FocusBudget | FocusSessions | Zoom
            | Widen | Narrow | Hide => self.arrange(action),
            Close => self.close(),
            Up | Down | Left | Right | PageUp | PageDown | Top | Bottom => self.navigate(action),
            Confirm => self.confirm(),
            Copy => self.copy(),
            CancelRun | Retry | RaiseLimit | UseCheaper | UseLocal | StopRun => self.run_action(action),
            Submit | Newline | StartTyping | StopTyping | HistoryPrevious | HistoryNext | EditIntent => {
                self.chat_action(action);
            }
            AcceptHunk | RejectHunk | AcceptFile | RejectFile | AcceptAll | RejectAll | Apply | Refine | NextHunk
            | Comment | EditHunk | OpenEditor | PreviousHunk | NextFile | PreviousFile | ToggleSplit | ToggleStep
            | NextAttempt | PreviousAttempt | Install | Undo | Redo => {
                self.review_action(action);
            }
            Indent => self.indent(),
            ShowContext | PinItem | DropItem => self.context_action(action),
            NewSession | OpenSession | RenameSession | DeleteSession => self.session_action(action),
        }
    }

    /// Somebody who types where letters are keys is told so, and has not said yes to anything.
    fn unbound(&mut self, keys: &str) {
        self.state.review.confirming = None;
        let area = self.state.layout.focus;
        if self.state.overlay.is_none() && area != Area::Chat {
            let text = format!("{keys} does nothing here: text goes to the chat.");
            self.state.tell(text, Failed::No);
        }
    }

    fn terminal(&mut self, effect: TerminalEffect) {
        self.effects.push(Effect::Terminal(effect));
    }

    fn quit(&mut self) {
        self.state.leaving = true;
        self.terminal(TerminalEffect::Quit);
    }

    /// Begins the session, unless it has begun; the name given at the start goes before `name`.
    fn begin_session(&mut self, name: &str) {
        if self.state.session.seq == 0 {
            let name = self.state.session_name.clone().unwrap_or_else(|| name.to_owned());
            self.commit(Fact::SessionBegun { name, root: self.state.root.path.clone(), of_order: false });
        }
    }

    /// The same by an order that is no request: its name gives way to that of the first one.
    fn begin_session_by_order(&mut self, name: &str) {
        if self.state.session_name.is_some() {
            return self.begin_session(name);
        }
        if self.state.session.seq == 0 {
            let (name, root) = (name.to_owned(), self.state.root.path.clone());
            self.commit(Fact::SessionBegun { name, root, of_order: true });
        }
    }

    /// Folds a fact, queues it for the journal and turns what the run asks for into effects.
    fn commit(&mut self, fact: Fact) {
        if self.state.session.seq == 0 && !matches!(fact, Fact::SessionBegun { .. }) {
            let name = self.session_name(&fact);
            match fact {
                Fact::Posted { .. } | Fact::RunBegun { .. } => self.begin_session(&name),
                _ => self.begin_session_by_order(&name),
            }
        }
        let run = match &fact {
            Fact::Run { run, .. } => Some(*run),
            _ => None,
        };
        let stage = |session: &Session| run.and_then(|id| session.run_of(id)).map(|r| r.stage.clone());
        let before = stage(&self.state.session);
        // Where a command was asked for is where its failing leads, with nothing new to be said of that place.
        let returns = run.and_then(|id| self.state.session.run_of(id)).is_some_and(Run::returns_from_install);
        let dated = Dated { at: self.state.now, fact };
        let commands = self.state.session.apply(&dated);
        self.facts.push(dated);
        for command in commands {
            self.command(run.unwrap_or_default(), command);
        }
        if let (Some(id), Some(before), Some(after)) = (run, before, stage(&self.state.session))
            && before != after
            && !(returns && matches!(after, Stage::Gate | Stage::Finished(_)))
        {
            self.stage_changed(id, &before, &after);
        }
    }

    /// A fact of the run that is under way, else of the newest. A result that it does not await is dropped, not journaled: of other runs nothing is
    /// outstanding.
    fn commit_run(&mut self, fact: RunFact) {
        let session = &self.state.session;
        if let Some(run) = session.active_run().or(session.run()).filter(|r| r.awaits(&fact)).map(|r| r.spec.id) {
            self.commit(Fact::Run { run, fact });
        }
    }

    fn command(&mut self, run: RunId, command: RunCommand) {
        // What a command does must come after the facts that led to it.
        self.journal();
        let effect = match command {
            RunCommand::AssembleContext { job, budget } => {
                let Some(current) = self.state.session.run() else { return };
                let intent = Box::new(current.spec.intent.clone());
                let (model, locality) = (current.spec.model.reference.clone(), current.spec.model.locality);
                let (conversation, past) = (self.conversation(), self.past());
                let files = self.state.session.file_wishes();
                Effect::AssembleContext { job, intent, budget, model, locality, conversation, past, files }
            }
            RunCommand::ReadFiles { job, paths } => Effect::ReadFiles { job, paths },
            RunCommand::CallModel(request) => {
                let mut live = super::state::Live::new(request.id, self.state.now);
                if let Some(run) = self.state.session.run() {
                    live.watch(run);
                }
                self.state.stream.live = Some(live);
                self.state.stream.scroll = 0;
                let limits = self.state.limits();
                let locality = self.state.session.run().map_or(Locality::Remote, |r| r.asked().locality);
                let seconds = self.state.session.run().and_then(|r| r.try_seconds());
                let unknown_price = match self.state.session.allows_unknown_price() {
                    true => UnknownPrice::Allowed,
                    false => UnknownPrice::Refused,
                };
                let session = self.state.session.id.clone();
                Effect::CallModel { session, run, request, locality, limits, unknown_price, seconds }
            }
            RunCommand::CancelRequest(request) => {
                self.end_live(request);
                Effect::CancelRequest(request)
            }
            RunCommand::Validate { job, changes } => Effect::Validate { job, changes },
            RunCommand::Recall { job, findings, changes, began } => Effect::Recall { job, findings, changes, began },
            RunCommand::Learn(teaching) => Effect::Learn(teaching),
            RunCommand::Install { job, install, by } => Effect::Install { job, install, by },
            RunCommand::Examine { job, paths, changes } => Effect::Examine { job, paths, changes },
            RunCommand::Apply { job, changes } => Effect::Apply { job, changes },
        };
        self.effects.push(effect);
        self.done = self.effects.len();
    }

    /// Hands the queued facts to the journal, before every effect that may rest on them.
    fn journal(&mut self) {
        if self.facts.is_empty() {
            return;
        }
        let facts = std::mem::take(&mut self.facts);
        let session = &self.state.session;
        let first = session.seq + 1 - facts.len() as u64;
        let (name, status) = (session.name.clone(), session.status());
        let entry = Entry { session: session.id.clone(), first, facts, name, status };
        self.effects.insert(self.done, Effect::Journal(entry));
        self.done += 1;
    }
}
