//! The session list: opening, naming, deleting.

use super::Step;
use crate::app::action::Action;
use crate::app::effect::Effect;
use crate::app::event::Resume;
use crate::app::fact::{Dated, Fact};
use crate::app::session::Session;
use crate::app::state::{Area, Failed, Overlay, Picker, PickerKind};
use crate::domain::ids::SessionId;
use crate::domain::session::{SessionStatus, SessionSummary};
use crate::graph::{RunFact, Stage};

impl Step<'_> {
    pub(super) fn session_action(&mut self, action: Action) {
        if action == Action::NewSession {
            return if self.may_leave() {
                self.effects.push(Effect::NameSession)
            };
        }
        let Some(selected) = self.state.sessions.list.get(self.state.sessions.selected).cloned() else {
            return self.state.tell("There is no session yet: say what you want, and one begins.", Failed::No);
        };
        match action {
            Action::OpenSession if selected.id == self.state.session.id => {
                self.state.tell("That session is open.", Failed::No);
            }
            Action::OpenSession if self.may_leave() => self.open(selected.id),
            Action::RenameSession => self.state.sessions.renaming = Some(selected.name),
            Action::DeleteSession => self.delete(selected),
            _ => {}
        }
    }

    fn open(&mut self, id: SessionId) {
        self.state.sessions.opening = Some(id.clone());
        self.effects.push(Effect::LoadSession(id));
    }

    fn may_leave(&mut self) -> bool {
        let busy = self.state.is_busy();
        if busy {
            self.state.tell("A run is under way: stop it before leaving this session.", Failed::Yes);
        }
        !busy
    }

    fn delete(&mut self, selected: SessionSummary) {
        if selected.id == self.state.session.id {
            return self.state.tell("That session is open: open another one, then delete it.", Failed::Yes);
        }
        if self.state.sessions.opening.as_ref() == Some(&selected.id) {
            return self.state.tell("That session is being opened: open another one, then delete it.", Failed::Yes);
        }
        if self.state.sessions.deleting.as_ref() != Some(&selected.id) {
            self.state.tell(format!("Delete “{}” for good? Once more to do it.", selected.name), Failed::Yes);
            self.state.sessions.deleting = Some(selected.id);
            return;
        }
        self.state.sessions.deleting = None;
        self.effects.extend([Effect::DeleteSession(selected.id), Effect::ListSessions]);
    }

    /// Gives the selected session the name that was typed.
    pub(super) fn rename(&mut self) {
        let Some(name) = self.state.sessions.renaming.take().map(|n| n.trim().to_owned()) else { return };
        let Some(selected) = self.state.sessions.list.get(self.state.sessions.selected) else { return };
        if name.is_empty() || name == selected.name {
            return;
        }
        let id = selected.id.clone();
        if id == self.state.session.id && self.state.session.seq > 0 {
            self.commit(Fact::SessionRenamed { name });
            self.journal();
        } else {
            self.effects.push(Effect::RenameSession(id, name));
        }
        self.effects.push(Effect::ListSessions);
    }

    pub(super) fn sessions_listed(&mut self, list: &[SessionSummary]) {
        self.show_list(list);
        self.take_listed_name();
        let resume = std::mem::replace(&mut self.state.resume, Resume::Never);
        let untouched = self.state.session.seq == 0 && self.state.waiting_request.is_none();
        if resume == Resume::Unfinished
            && untouched
            && let Some(newest) = list.first()
            && matches!(
                newest.status,
                SessionStatus::Running | SessionStatus::Halted | SessionStatus::Waiting | SessionStatus::Paused
            )
        {
            self.open(newest.id.clone());
        }
    }

    /// The store makes names unique within the root; what it made of the open session's becomes a fact. A list that was
    /// asked for before the newest name was written knows nothing of it.
    fn take_listed_name(&mut self) {
        let session = &self.state.session;
        let listed = self.state.sessions.list.iter().find(|s| s.id == session.id);
        let other = listed.map(|s| s.name.clone()).filter(|name| *name != session.name);
        if let Some(name) = other.filter(|_| session.seq > 0 && session.acknowledged >= session.named) {
            self.commit(Fact::SessionRenamed { name });
        }
    }

    /// The selection stays on its session; a name being typed for one that is gone is dropped.
    fn show_list(&mut self, list: &[SessionSummary]) {
        let sessions = &mut self.state.sessions;
        let selected = sessions.list.get(sessions.selected).map(|s| s.id.clone());
        let place = selected.and_then(|id| list.iter().position(|s| s.id == id));
        if place.is_none() {
            sessions.renaming = None;
        }
        sessions.selected = place.unwrap_or(sessions.selected.min(list.len().saturating_sub(1)));
        sessions.list = list.to_vec();
    }

    /// Begins a new session, unless a run has begun since it was asked for.
    pub(super) fn session_named(&mut self, id: &SessionId) {
        if !self.may_leave() {
            return;
        }
        self.show(Session::new(id.clone()));
        self.state.session_name = None;
        self.state.layout.focus_on(Area::Chat);
    }

    /// Opens a session, unless it is open or something was asked for since it began to be read; work that was outstanding
    /// when its process ended goes on. Where the keys go to the chat they stay there, with what was typed: nobody waits for
    /// this moment, and the first letters of a sentence must not become decisions or answers.
    pub(super) fn session_loaded(&mut self, id: &SessionId, facts: &[Dated]) {
        let asked_since = self.state.sessions.opening.take().is_some() && self.state.waiting_request.is_some();
        let is_open = self.state.session.id == *id && self.state.session.seq > 0;
        if is_open || asked_since || !self.may_leave() {
            return;
        }
        let typing = self.state.layout.focus == Area::Chat && self.state.chat.typing;
        let chat = &mut self.state.chat;
        let typed = typing.then(|| (std::mem::take(&mut chat.composer), chat.completion.take()));
        self.show(Session::fold(id.clone(), facts));
        if let Some(typed) = typed {
            (self.state.chat.composer, self.state.chat.completion) = typed;
            self.read();
        }
        self.state.unattended = typing;
        let session = &self.state.session;
        let stage = session.active_run().or(session.run()).map(|r| r.stage.clone());
        match stage {
            Some(Stage::Assembling | Stage::Working(_) | Stage::Applying) => {
                self.state.tell("This run was interrupted; it goes on where it was.", Failed::No);
                self.commit_run(RunFact::Interrupted);
            }
            Some(Stage::Gate) if typing => {
                self.state.tell("A proposal waits for your decisions: they are made in the review.", Failed::No);
            }
            Some(Stage::Gate) => self.state.layout.focus_on(Area::Review),
            Some(Stage::Paused(_)) if typing => {
                self.state.tell("This run is paused and waits for your answer (the keys are below).", Failed::No);
            }
            Some(Stage::Paused(_)) => self.state.chat.typing = false,
            _ => {}
        }
        self.sum_ledger();
        // What the list of now says may be older than what was read; one that is asked for now is not.
        self.effects.push(Effect::ListSessions);
    }

    fn show(&mut self, session: Session) {
        self.state.session = session;
        self.state.totals = Default::default();
        self.state.stream = Default::default();
        self.state.review = Default::default();
        self.state.reverting = None;
        // These two are about the session that was left.
        if let Some(Overlay::Context(_) | Overlay::Picker(Picker { kind: PickerKind::Revert(_), .. })) =
            self.state.overlay
        {
            self.state.overlay = None;
        }
        let history = std::mem::take(&mut self.state.chat.history);
        self.state.chat = crate::app::state::Chat { history, ..Default::default() };
        let open = &self.state.session.id;
        self.state.sessions.selected = self.state.sessions.list.iter().position(|s| s.id == *open).unwrap_or(0);
    }
}
