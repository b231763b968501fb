//! What can be done about a paused run: which answers make sense now, and what each would mean.

use super::State;
use crate::app::action::Action;
use crate::app::session::UNKNOWN_PRICE;
use crate::budget::choice::{self, Suggestion};
use crate::domain::model::{Locality, ModelInfo, ModelRef};
use crate::domain::money::Money;
use crate::graph::{PauseReason, Stage};

/// One answer to a pause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The action that gives it.
    pub action: Action,
    /// What it means now, without a full stop.
    pub text: String,
}

/// What a limit becomes when it is raised: twice itself, or as much as the refused request needs.
pub fn raised(limit: Money, used: Money, asked: Money) -> Money {
    Money(limit.0.saturating_mul(2).max((used + asked).0))
}

impl State {
    /// Why the newest run is paused, if it is.
    pub fn pause(&self) -> Option<&PauseReason> {
        match self.session.run().map(|r| &r.stage) {
            Some(Stage::Paused(reason)) => Some(reason),
            _ => None,
        }
    }

    /// Whether the user put the question of this pause aside to look around.
    pub fn pause_is_aside(&self) -> bool {
        let call = self.session.run().and_then(|r| r.current_call()).map(|c| c.id);
        call.is_some() && self.stream.aside == call
    }

    /// The answers that make sense at this pause, in the order to offer them.
    pub fn offers(&self) -> Vec<Offer> {
        let Some(pause) = self.pause() else { return Vec::new() };
        let mut offers = Vec::new();
        let mut offer = |action, text: String| offers.push(Offer { action, text });
        match pause {
            PauseReason::Budget { scope, .. } if scope == UNKNOWN_PRICE => {
                offer(Action::RaiseLimit, "go on without a known price; no limit can be kept".to_owned());
            }
            PauseReason::Budget { scope, limit, used, asked } => {
                let new = raised(*limit, *used, *asked);
                let span = if scope == "day" { "today".to_owned() } else { format!("this {scope}") };
                offer(Action::RaiseLimit, format!("raise the limit of {span} from {limit} to {new} and go on"));
            }
            PauseReason::Failed(_) => offer(Action::Retry, "send it again".to_owned()),
        }
        let cheaper = self.cheaper_suggestion();
        let local = self.local_model();
        if let Some(s) = cheaper.filter(|s| local.as_ref().is_none_or(|l| l.reference != s.model)) {
            offer(Action::UseCheaper, format!("go on with {}: {}", s.model, s.why));
        }
        if let Some(local) = local {
            let what = if local.locality == Locality::Embedded { "patterns, no model" } else { "on this machine" };
            offer(Action::UseLocal, format!("go on with {}: {what}, free", local.reference));
        }
        offer(Action::ChooseModel, "go on with another model".to_owned());
        if matches!(pause, PauseReason::Budget { .. }) {
            offer(Action::Retry, "send it again as it is".to_owned());
        }
        let proposal = self.session.run().is_some_and(|r| !r.attempts.is_empty());
        let kept = if proposal { "stop here and review what there is" } else { "stop here; nothing was written" };
        offer(Action::StopRun, kept.to_owned());
        offers
    }

    fn paused_model(&self) -> Option<&ModelRef> {
        self.session.run().map(|r| &r.spec.model.reference)
    }

    /// The cheapest model elsewhere that costs less than the run's; without one, the first that costs nothing.
    fn cheaper_suggestion(&self) -> Option<Suggestion> {
        let mut all = choice::cheaper(self.paused_model()?, &self.candidates);
        let remote = |s: &Suggestion| self.info(&s.model).is_some_and(|m| m.locality == Locality::Remote);
        let index = all.iter().position(remote).unwrap_or(0);
        (index < all.len()).then(|| all.swap_remove(index))
    }

    fn info(&self, model: &ModelRef) -> Option<&ModelInfo> {
        self.models.iter().flatten().find(|m| m.reference == *model)
    }

    /// The model that "cheaper" means now.
    pub fn cheaper_model(&self) -> Option<ModelInfo> {
        self.info(&self.cheaper_suggestion()?.model).cloned()
    }

    /// The best other model on this machine; the embedded engine where there is none.
    pub fn local_model(&self) -> Option<ModelInfo> {
        let current = self.paused_model();
        let others = self.models.iter().flatten().filter(|m| Some(&m.reference) != current);
        let local: Vec<ModelInfo> = others.filter(|m| m.locality != Locality::Remote).cloned().collect();
        State::preferred_model(&local).cloned()
    }
}
