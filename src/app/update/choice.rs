//! Choosing models and modes, and the pickers that offer them.

use super::Step;
use crate::app::action::Action;
use crate::app::command::{COMMANDS, Command, Does};
use crate::app::effect::Effect;
use crate::app::state::{Area, Failed, Overlay, Picker, PickerItem, PickerKind, PickerValue, State};
use crate::budget::choice::Candidate;
use crate::budget::price::Price;
use crate::domain::failure::Failure;
use crate::domain::memory::MemoryOrder;
use crate::domain::model::{Locality, ModelInfo, ModelRef};
use crate::graph::{ResumeChoice, RunFact};

impl Step<'_> {
    pub(super) fn models_found(&mut self, candidates: Vec<Candidate>, failures: &[Failure]) {
        let models: Vec<ModelInfo> = candidates.iter().map(|c| c.info.clone()).collect();
        self.state.candidates = candidates;
        if !self.state.model_chosen {
            self.state.model = State::preferred_model(&models).map(|m| m.reference.clone());
        }
        self.state.models = Some(models);
        self.state.missing_model = failures.first().filter(|_| self.state.model_info().is_none()).cloned();
        if let Some(failure) = self.state.missing_model.clone() {
            self.state.tell_failure(&failure);
        }
        if let Some(text) = self.state.waiting_request.take() {
            self.state.notice = None;
            self.request(&text);
        }
    }

    pub(super) fn open_picker(&mut self, action: Action) {
        let picker = match action {
            Action::ChooseModel => Picker::new(PickerKind::Model, self.model_items()),
            Action::ChooseMode => Picker::new(PickerKind::Mode, self.mode_items()),
            _ => Picker::new(PickerKind::Action, action_items(self.state)),
        };
        self.state.overlay = Some(Overlay::Picker(picker));
    }

    fn model_items(&self) -> Vec<PickerItem> {
        let models = self.state.models.iter().flatten();
        models
            .map(|m| {
                let window = m.window.map_or_else(|| "?".to_owned(), window_words);
                let price = self.state.candidates.iter().find(|c| c.info.reference == m.reference).map(|c| &c.price);
                let facts = format!("{window:>5} {:<12} {:<16}", place(m.locality), price_words(price));
                PickerItem {
                    label: m.reference.to_string(),
                    note: format!("{facts} {}", m.note).trim_end().to_owned(),
                    value: PickerValue::Model(m.reference.clone()),
                }
            })
            .collect()
    }

    fn mode_items(&self) -> Vec<PickerItem> {
        let modes = self.state.settings.modes.iter();
        modes
            .map(|m| PickerItem {
                label: m.name.clone(),
                note: m.summary.clone(),
                value: PickerValue::Mode(m.name.clone()),
            })
            .collect()
    }

    /// Takes the selected line of what lies on top.
    pub(super) fn choose(&mut self) {
        if matches!(self.state.overlay, Some(Overlay::Context(_))) {
            return self.read_item();
        }
        let Some(Overlay::Picker(picker)) = self.state.overlay.take() else { return };
        if picker.choice().is_some_and(|item| item.value == PickerValue::ShownLine) {
            self.state.overlay = Some(Overlay::Picker(picker));
            return;
        }
        match picker.choice().map(|item| item.value.clone()) {
            Some(PickerValue::Action(action)) => self.action(action),
            Some(PickerValue::Model(model)) => self.choose_model(model),
            Some(PickerValue::Mode(mode)) => self.choose_mode(&mode),
            Some(PickerValue::Memory(id)) => self.effects.push(Effect::Memory(MemoryOrder::Pin(id))),
            Some(PickerValue::Revert(run, way)) => self.plan_revert(run, way),
            Some(PickerValue::WriteRevert) => self.write_revert(),
            Some(PickerValue::LeaveRevert | PickerValue::ShownLine) => self.state.reverting = None,
            Some(PickerValue::Install(install)) => self.install(install),
            Some(PickerValue::LeaveInstall) => {}
            Some(PickerValue::Command(command)) => {
                self.start_typing();
                self.state.chat.set_text(&format!("/{} ", command.name));
            }
            None => {}
        }
    }

    /// From now on, and for the run that waits for an answer.
    fn choose_model(&mut self, model: ModelRef) {
        self.state.tell(format!("From now on: {model}"), Failed::No);
        self.state.model = Some(model);
        self.state.model_chosen = true;
        self.state.missing_model = None;
        if let (Some(_), Some(info)) = (self.state.pause(), self.state.model_info().cloned()) {
            self.commit_run(RunFact::Resumed { choice: ResumeChoice::UseModel(Box::new(self.state.priced(&info))) });
        }
    }

    /// By `provider/model`, or by the model's name alone if only one provider has it.
    pub(super) fn choose_model_named(&mut self, name: &str) {
        let models = self.state.models.iter().flatten();
        let found: Vec<ModelRef> =
            models.map(|m| &m.reference).filter(|r| r.model == name || r.to_string() == name).cloned().collect();
        match found.as_slice() {
            [one] => {
                self.state.chat.set_text("");
                self.choose_model(one.clone());
            }
            [] => self.state.tell(format!("No model is called `{name}`: /model lists them."), Failed::Yes),
            several => {
                let names: Vec<String> = several.iter().map(ModelRef::to_string).collect();
                self.state.tell(format!("Several models are called that: {}.", names.join(", ")), Failed::Yes);
            }
        }
    }

    fn choose_mode(&mut self, name: &str) {
        name.clone_into(&mut self.state.mode);
        self.state.tell(format!("Mode: {name}"), Failed::No);
    }

    pub(super) fn choose_mode_named(&mut self, name: &str) {
        if self.state.settings.modes.iter().any(|m| m.name == name) {
            self.state.chat.set_text("");
            self.choose_mode(name);
        } else {
            let names: Vec<&str> = self.state.settings.modes.iter().map(|m| m.name.as_str()).collect();
            self.state.tell(format!("There is no mode `{name}`; there are {}.", names.join(", ")), Failed::Yes);
        }
    }

    /// The arrangement of the panes.
    pub(super) fn arrange(&mut self, action: Action) {
        let layout = &mut self.state.layout;
        match action {
            Action::FocusNext => layout.focus_on(layout.neighbour(1)),
            Action::FocusPrevious => layout.focus_on(layout.neighbour(-1)),
            Action::FocusChat => layout.focus_on(Area::Chat),
            Action::FocusStream => layout.focus_on(Area::Stream),
            Action::FocusReview => layout.focus_on(Area::Review),
            Action::FocusBudget => layout.focus_on(Area::Budget),
            Action::FocusSessions => layout.focus_on(Area::Sessions),
            Action::Zoom => layout.zoomed = !layout.zoomed,
            Action::Widen => layout.resize(1),
            Action::Narrow => layout.resize(-1),
            Action::Hide if layout.hidden.len() < Area::ALL.len() - 1 => {
                let here = layout.focus;
                let next = layout.neighbour(1);
                layout.hidden.insert(here);
                layout.focus = next;
                layout.zoomed = false;
            }
            _ => {}
        }
        self.state.overlay = None;
    }
}

/// Where a model runs, in words that fit a column.
fn place(locality: Locality) -> &'static str {
    match locality {
        Locality::Embedded => "built in",
        Locality::Loopback => "this machine",
        Locality::Remote => "cloud",
    }
}

/// A window in thousands of tokens, binary ones where it is a round number of those.
fn window_words(window: u32) -> String {
    format!("{}K", if window.is_multiple_of(1024) { window / 1024 } else { window / 1000 })
}

/// Dollars a million tokens, in and out.
fn price_words(price: Option<&Price>) -> String {
    match price {
        Some(Price::Free) => "free".to_owned(),
        Some(Price::Known(listed)) => format!("${} in ${} out", listed.rates.input, listed.rates.output),
        Some(Price::Unknown) | None => "price unknown".to_owned(),
    }
}

/// Every action that can do something now, those of the pane with the keys first and those that leave last.
fn action_items(state: &State) -> Vec<PickerItem> {
    use Action::*;
    let area = match state.layout.focus {
        Area::Chat => "chat.",
        Area::Review => "review.",
        Area::Stream | Area::Budget => "run.",
        Area::Sessions => "sessions.",
    };
    let paused = state.pause().is_some();
    let mut offered: Vec<Action> = Action::ALL.to_vec();
    offered.retain(|a| match a {
        Palette | Confirm | Close | PinItem | DropItem => false,
        Retry | RaiseLimit | UseCheaper | UseLocal | StopRun => paused,
        _ => true,
    });
    offered.sort_by_key(|a| match a {
        Suspend | Quit => 2,
        a if a.name().starts_with(area) => 0,
        _ => 1,
    });
    let item =
        |a: Action| PickerItem { label: a.doc().to_owned(), note: a.name().to_owned(), value: PickerValue::Action(a) };
    // An order that is an action stands there by the action's name.
    let orders = COMMANDS.iter().filter(|c| !matches!(c.does, Does::Action(_)));
    let order =
        |c: &'static Command| PickerItem { label: c.help.to_owned(), note: c.shown(), value: PickerValue::Command(c) };
    let leaving = offered.iter().position(|a| matches!(a, Suspend | Quit)).unwrap_or(offered.len());
    let last = offered.split_off(leaving);
    let orders: Vec<PickerItem> = orders.map(order).collect();
    offered.into_iter().map(item).chain(orders).chain(last.into_iter().map(item)).collect()
}
