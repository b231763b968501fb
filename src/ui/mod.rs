//! Drawing: layout, theme roles, panes, overlays and widgets. Reads state, never writes it.
//!
//! What is expensive (wrapping, highlighting, laying out a diff) is kept between frames in [`View`], by what it was made
//! from, so that a frame costs what is visible and not what was ever said. [`View::work`] counts it.

mod arrangement;
mod footer;
mod header;
mod look;
mod overlays;
mod panes;
pub mod theme;
mod widgets;

pub use arrangement::{Arrangement, arrange};
pub use look::Look;

use crate::app::{Area, Effect, Event, Overlay, State, TerminalEffect};
use crate::input::Keymap;
use ratatui::Frame;
use ratatui::widgets::Block;
use theme::Role;

/// What drawing needs beside the state, and what it keeps between frames.
pub struct View {
    /// Colours.
    pub look: Look,
    /// Keys, for the hints.
    pub keymap: Keymap,
    /// Themes to go through.
    looks: Vec<Look>,
    chat: panes::chat::Cache,
    stream: panes::stream::Cache,
    review: panes::review::Cache,
    work: Work,
}

/// What was laid out since the view was made. Counts, not times: a frame in which nothing changed adds nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Lines of messages and answers that were wrapped.
    pub wrapped: usize,
    /// Lines of a proposal that were placed.
    pub placed: usize,
    /// Lines of a proposal that were highlighted.
    pub highlighted: usize,
}

impl View {
    /// A view with nothing kept yet. `looks` has at least one entry; the first is used.
    pub fn new(looks: Vec<Look>, keymap: Keymap) -> View {
        View {
            look: looks[0].clone(),
            keymap,
            looks,
            chat: Default::default(),
            stream: Default::default(),
            review: Default::default(),
            work: Work::default(),
        }
    }

    /// What was laid out so far.
    pub fn work(&self) -> Work {
        self.work
    }

    /// Follows the effects that change how everything looks. What was kept in the old colours is forgotten.
    pub fn follow(&mut self, effects: &[Effect]) {
        if effects.contains(&Effect::Terminal(TerminalEffect::NextTheme)) {
            let mut looks = std::mem::take(&mut self.looks);
            looks.rotate_left(1);
            *self = View::new(looks, self.keymap.clone());
        }
    }
}

/// Draws everything. Returns how far panes can be scrolled where the state is beyond that.
pub fn draw(frame: &mut Frame, state: &State, view: &mut View) -> Vec<Event> {
    let area = frame.area();
    // The theme's colours, whatever the terminal's are.
    frame.render_widget(Block::new().style(view.look.style(Role::Text)), area);
    if area.width < 20 || area.height < 6 {
        frame.render_widget(ratatui::text::Line::raw("too small"), area);
        return panes::review::report(false, state).into_iter().collect();
    }
    let arrangement = arrange(area, &state.layout);
    let mut beyond = Vec::new();
    header::draw_header(frame, arrangement.header, state, view);
    for (pane, rect) in &arrangement.panes {
        match pane {
            Area::Chat => beyond.extend(panes::chat::draw_chat(frame, *rect, state, view)),
            Area::Stream => beyond.extend(panes::stream::draw_stream(frame, *rect, state, view)),
            Area::Review => beyond.extend(panes::review::draw_review(frame, *rect, state, view)),
            Area::Budget => panes::budget::draw_budget(frame, *rect, state, view),
            Area::Sessions => panes::sessions::draw_sessions(frame, *rect, state, view),
        }
    }
    footer::draw_footer(frame, arrangement.footer, state, view);
    overlays::pause::draw_pause(frame, area, state, view);
    match &state.overlay {
        Some(Overlay::Help { scroll, .. }) => {
            beyond.extend(overlays::help::draw_help(frame, area, *scroll, state, view));
        }
        Some(Overlay::Context(of)) => beyond.extend(overlays::context::draw_context(frame, area, of, state, view)),
        Some(Overlay::Picker(picker)) => overlays::picker::draw_picker(frame, area, picker, state, view),
        Some(Overlay::Editor(editor)) => overlays::editor::draw_editor(frame, area, editor, state, view),
        None => {}
    }
    beyond
}
