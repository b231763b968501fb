//! The state: the open session, what each pane shows of it, and what is known of the world. Only `update` changes it.

mod chat;
mod completion;
mod context;
mod editor;
mod layout;
mod offer;
mod overlay;
mod repository;
mod reverting;
mod review;
mod stream;

pub use chat::{Asked, Chat, Chip, Corrections};
pub use completion::{Completion, CompletionItem, CompletionKind};
pub use context::{ContextChange, ContextRow, ContextView, FileSought, Standing};
pub use editor::{Editor, Subject};
pub use layout::{Area, Layout};
pub use offer::{Offer, raised};
pub use overlay::{Overlay, Picker, PickerItem, PickerKind, PickerValue};
pub use repository::RepositoryView;
pub use reverting::Reverting;
pub use review::{Columns, Confirming, ReviewView, hunks};
pub use stream::{Fate, Live, STALL_MS, StreamView, Written};

use super::action::Scope;
use super::session::Session;
use crate::budget::choice::Candidate;
use crate::budget::ledger::Totals;
use crate::budget::limit::{Gauge, Limits, RunCosts};
use crate::budget::price::Price;
use crate::domain::clock::Timestamp;
use crate::domain::failure::Failure;
use crate::domain::ids::SessionId;
use crate::domain::mode::Mode;
use crate::domain::model::{Locality, ModelInfo, ModelRef};
use crate::domain::money::Money;
use crate::domain::revert::Asker;
use crate::domain::session::SessionSummary;
use crate::graph::{Prompts, RunSettings, Stage};
use serde::{Deserialize, Serialize};

/// The repository the workbench is opened on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RootInfo {
    /// Its folder, absolute.
    pub path: String,
    /// The folder's own name.
    pub name: String,
    /// The branch; `None` outside git.
    pub branch: Option<String>,
    /// Whether files can be written there.
    pub writable: bool,
}

/// The configuration, as far as decisions depend on it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Money limits.
    pub limits: Limits,
    /// Numbers that bound a run.
    pub run: RunSettings,
    /// Modes to choose from; the first is the default.
    pub modes: Vec<Mode>,
    /// The mode to begin in.
    pub mode: String,
    /// The model to use; `None` chooses the best that is found.
    pub model: Option<ModelRef>,
    /// Prompt templates, with the user's own in place of ours.
    pub prompts: Prompts,
    /// The project's check command as shown, if one is approved.
    pub check: Option<String>,
    /// Offset of the local day from UTC, in seconds.
    pub utc_offset: i32,
    /// How runs heal.
    pub heal: HealSettings,
}

/// How runs heal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealSettings {
    /// The models to ask, first one first; `None` stands for the run's own. Empty: that, then the next one up.
    pub models: Vec<Option<ModelRef>>,
    /// Tokens that healing one proposal may take; 0 for no bound of its own.
    pub max_tokens: u64,
    /// Money that healing one proposal may take.
    pub max_cost: Option<Money>,
    /// Seconds that a model may take for a try.
    pub try_seconds: u32,
    /// Packages that may be installed without a further question.
    pub installs: Vec<String>,
}

/// Something to tell the user, until it is seen or replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// When.
    pub at: Timestamp,
    /// What.
    pub text: String,
    /// Whether something failed.
    pub failed: Failed,
}

/// How a notice is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failed {
    /// Something failed.
    Yes,
    /// For information.
    No,
}

/// The session list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionsView {
    /// Newest first.
    pub list: Vec<SessionSummary>,
    /// Index of the selected line.
    pub selected: usize,
    /// A new name being typed for the selected session.
    pub renaming: Option<String>,
    /// The selected session's deletion waits for a second press.
    pub deleting: Option<SessionId>,
    /// The session that is being read: it will be the open one.
    pub opening: Option<SessionId>,
}

/// The state.
#[derive(Clone, Debug)]
pub struct State {
    /// The stamp of the newest event.
    pub now: Timestamp,
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// The repository.
    pub root: RootInfo,
    /// The configuration.
    pub settings: Settings,
    /// Who asks for what is written or installed.
    pub asker: Asker,
    /// The open session.
    pub session: Session,
    /// All sessions of the root.
    pub sessions: SessionsView,
    /// Models found; `None` while they are looked for.
    pub models: Option<Vec<ModelInfo>>,
    /// Why the chosen model is not among them, as far as that is known.
    pub missing_model: Option<Failure>,
    /// The same with what each costs.
    pub candidates: Vec<Candidate>,
    /// The model the user chose, or the best found.
    pub model: Option<ModelRef>,
    /// Whether the user (or a flag) chose `model`; otherwise a better one that is found replaces it.
    pub model_chosen: bool,
    /// The mode's name.
    pub mode: String,
    /// The chat pane.
    pub chat: Chat,
    /// The stream pane.
    pub stream: StreamView,
    /// The review pane.
    pub review: ReviewView,
    /// Whether a line of a hunk found room where the review was drawn last; nothing is decided where none did.
    pub sees_hunks: bool,
    /// What was spent and reserved, by scope.
    pub totals: Totals,
    /// How far the map of the repository is.
    pub repository: RepositoryView,
    /// Which panes, how large, which one has the keys.
    pub layout: Layout,
    /// What lies on top.
    pub overlay: Option<Overlay>,
    /// The newest thing to tell the user.
    pub notice: Option<Notice>,
    /// A chord that has begun, and what may follow.
    pub chord: Vec<(String, String)>,
    /// Who has the mouse.
    pub mouse: super::effect::Mouse,
    /// The name the session gets with its first fact, if the user gave one.
    pub session_name: Option<String>,
    /// Whether an unfinished session is opened when the list comes.
    pub resume: super::event::Resume,
    /// A request that waits for the models to be found.
    pub waiting_request: Option<String>,
    /// A written change that is to be taken back, or made again.
    pub reverting: Option<Reverting>,
    /// Whether a session was opened by itself and nobody has touched a key since: nobody waits for what comes of it, and
    /// whoever begins to type may not have seen that it came.
    pub unattended: bool,
    /// Whether the program is leaving.
    pub leaving: bool,
}

impl State {
    /// Before anything happened.
    pub fn new(opening: &super::event::Opening) -> State {
        State {
            now: Timestamp::default(),
            size: opening.size,
            root: opening.root.clone(),
            asker: opening.asker,
            session: Session::new(opening.session.clone()),
            sessions: SessionsView::default(),
            models: None,
            missing_model: None,
            candidates: Vec::new(),
            model: opening.settings.model.clone(),
            model_chosen: opening.settings.model.is_some(),
            mode: opening.settings.mode.clone(),
            settings: opening.settings.clone(),
            chat: Chat::default(),
            stream: StreamView::default(),
            review: ReviewView::default(),
            sees_hunks: true,
            totals: Totals::default(),
            repository: RepositoryView::default(),
            layout: Layout::default(),
            overlay: None,
            notice: None,
            chord: Vec::new(),
            mouse: opening.mouse,
            session_name: opening.session_name.clone(),
            resume: opening.resume,
            waiting_request: None,
            reverting: None,
            unattended: false,
            leaving: false,
        }
    }

    /// The chosen model's entry, once models are found.
    pub fn model_info(&self) -> Option<&ModelInfo> {
        let chosen = self.model.as_ref()?;
        self.models.as_ref()?.iter().find(|m| m.reference == *chosen)
    }

    /// A model with its price, where that is known.
    pub fn priced(&self, info: &ModelInfo) -> Candidate {
        let found = self.candidates.iter().find(|c| c.info.reference == info.reference).cloned();
        found.unwrap_or_else(|| Candidate { info: info.clone(), price: Price::Unknown })
    }

    /// The chosen mode.
    pub fn mode(&self) -> &Mode {
        self.settings.modes.iter().find(|m| m.name == self.mode).unwrap_or(&self.settings.modes[0])
    }

    /// Where keys are looked up now, innermost first.
    pub fn scopes(&self) -> Vec<Scope> {
        match &self.overlay {
            Some(Overlay::Picker(_)) => vec![Scope::Picker, Scope::Global],
            Some(Overlay::Context(_)) => vec![Scope::Context, Scope::Global],
            Some(Overlay::Help { .. }) => vec![Scope::Overlay, Scope::Global],
            Some(Overlay::Editor(editor)) => vec![editor.scope(), Scope::Global],
            None => self.place(),
        }
    }

    /// Where keys are looked up when nothing lies on top but what help was asked from, innermost first.
    pub fn place(&self) -> Vec<Scope> {
        let mut scopes = Vec::with_capacity(4);
        if matches!(self.overlay, Some(Overlay::Help { over: Some(_), .. })) {
            return vec![Scope::Context, Scope::Global];
        }
        if self.sessions.renaming.is_some() {
            return vec![Scope::Picker, Scope::Global];
        }
        if self.layout.focus == Area::Chat && self.chat.typing {
            if self.chat.completion.as_ref().is_some_and(Completion::offers) {
                scopes.push(Scope::Completion);
            }
            scopes.push(Scope::Typing);
        } else {
            if self.pause().is_some() {
                scopes.push(Scope::Pause);
            }
            scopes.push(self.layout.focus.scope());
        }
        scopes.push(Scope::Global);
        scopes
    }

    /// A gauge for each limit, narrowest first.
    pub fn gauges(&self) -> Vec<Gauge> {
        let mut costs = RunCosts::default();
        self.session.runs.iter().for_each(|r| costs.add(r.spent()));
        self.limits().gauges(&self.totals, costs.average())
    }

    /// What may be spent now: the configured limits, and what the user raised.
    pub fn limits(&self) -> Limits {
        self.session.limits(&self.settings.limits, self.now, self.settings.utc_offset)
    }

    /// Whether a request is out or a job is being done: time passes on the screen only then.
    pub fn is_busy(&self) -> bool {
        self.session
            .active_run()
            .is_some_and(|r| matches!(r.stage, Stage::Assembling | Stage::Working(_) | Stage::Applying))
    }

    /// The best model for a user who chose none: the largest local one that fits a terminal's patience comes before
    /// cloud models, which cost money, and those before the embedded engine.
    pub fn preferred_model(models: &[ModelInfo]) -> Option<&ModelInfo> {
        let rank = |m: &ModelInfo| match m.locality {
            Locality::Loopback => 0,
            Locality::Remote => 1,
            Locality::Embedded => 2,
        };
        models.iter().min_by(|a, b| {
            let size = |m: &ModelInfo| m.parameters_b.unwrap_or(0.0);
            rank(a).cmp(&rank(b)).then(size(b).total_cmp(&size(a))).then(a.reference.cmp(&b.reference))
        })
    }

    /// Tells the user something.
    pub fn tell(&mut self, text: impl Into<String>, failed: Failed) {
        self.notice = Some(Notice { at: self.now, text: text.into(), failed });
    }

    /// Tells the user of a failure.
    pub fn tell_failure(&mut self, failure: &Failure) {
        self.tell(failure.message.clone(), Failed::Yes);
    }
}
