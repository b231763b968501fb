//! The question of a paused run, calmly in the middle: why it stopped, and every answer with its key.

use super::draw_box;
use crate::app::{State, UNKNOWN_PRICE};
use crate::graph::PauseReason;
use crate::ui::View;
use crate::ui::theme::Role;
use crate::ui::widgets::fit::{columns, one_line};
use crate::ui::widgets::lines::draw_lines;
use crate::ui::widgets::wrap::wrap;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// Columns of the question, where there is room.
const WIDTH: u16 = 76;

/// Draws the question if a pause waits for its answer and nothing else has the keyboard.
pub fn draw_pause(frame: &mut Frame, screen: Rect, state: &State, view: &View) {
    let Some(reason) = state.pause().filter(|_| asks(state)) else { return };
    let width = WIDTH.min(screen.width.saturating_sub(2));
    let lines = lines(reason, state, view, usize::from(width.saturating_sub(4)).max(1));
    let height = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(2);
    let inner = draw_box(frame, screen, (width, height), title(reason), view);
    let inner = Rect { x: inner.x + inner.width.min(1), width: inner.width.saturating_sub(2), ..inner };
    draw_lines(frame, inner, &lines);
}

fn asks(state: &State) -> bool {
    state.overlay.is_none() && !state.pause_is_aside() && state.scopes()[0] == crate::app::Scope::Pause
}

fn title(reason: &PauseReason) -> &'static str {
    match reason {
        PauseReason::Budget { .. } => "Paused before spending",
        PauseReason::Failed(_) => "Paused: the request failed",
    }
}

fn lines(reason: &PauseReason, state: &State, view: &View, width: usize) -> Vec<Line<'static>> {
    let look = &view.look;
    let why = match reason {
        PauseReason::Budget { scope, .. } if scope == UNKNOWN_PRICE => {
            "The price of this model is unknown, so no limit can be kept.".to_owned()
        }
        PauseReason::Budget { scope, limit, used, asked } => {
            format!("The next request may cost {asked}; {used} of the {scope} limit of {limit} is used.")
        }
        PauseReason::Failed(failure) => failure.message.clone(),
    };
    let mut lines = wrap(&[(one_line(&why), look.style(Role::Text))], width, 0);
    lines.push(Line::from(Span::styled("What it gained is kept.", look.style(Role::Dim))));
    lines.push(Line::default());
    let scopes = state.scopes();
    let offers = state.offers().into_iter().filter_map(|offer| {
        let key = view.keymap.bindings(offer.action, &scopes).into_iter().next()?;
        Some((key, offer.text))
    });
    let put_aside = view.keymap.bindings(crate::app::Action::Close, &scopes).into_iter().next();
    let aside = put_aside.map(|key| (key, "look around first".to_owned()));
    let answers: Vec<(String, String)> = offers.chain(aside).collect();
    let keys = answers.iter().map(|(k, _)| columns(k)).max().unwrap_or(0);
    for (key, text) in answers {
        let pieces = [(format!("{key:>keys$}  "), look.style(Role::Key)), (one_line(&text), look.style(Role::Text))];
        lines.extend(wrap(&pieces, width, keys + 2));
    }
    lines
}
