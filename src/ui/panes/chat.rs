//! The chat: the conversation, how the typed text reads, and the input line.

use crate::app::{Area, Chip, Event, State};
use crate::domain::intent::Intent;
use crate::domain::message::{Author, Message};
use crate::graph::Stage;
use crate::ui::theme::Role;
use crate::ui::widgets::frame::draw_frame;
use crate::ui::widgets::transcript::Transcript;
use crate::ui::{Look, View};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

/// Messages laid out, by index.
#[derive(Default)]
pub struct Cache {
    session: String,
    width: usize,
    messages: Vec<Transcript>,
}

/// Most rows the input line grows to.
const MOST_INPUT: u16 = 8;

/// Draws the pane.
pub fn draw_chat(frame: &mut Frame, rect: Rect, state: &State, view: &mut View) -> Option<Event> {
    let note = state.mode.clone();
    let inner = draw_frame(frame, rect, Area::Chat, state, view, &note);
    if inner.height < 2 || inner.width < 8 {
        return None;
    }
    let input = input_rows(state, inner);
    let chips = if state.chat.reading.is_some() && inner.height > input + 3 { 1 } else { 0 };
    let [talk, reading, line, typed] = Layout::vertical([
        Constraint::Min(1),
        Constraint::Length(chips),
        Constraint::Length(1),
        Constraint::Length(input),
    ])
    .areas(inner);
    if let Some(reading_now) = &state.chat.reading
        && chips > 0
    {
        draw_chips(frame, reading, state, &state.chat.corrections.apply(reading_now.clone()), view);
    }
    draw_prompt_line(frame, line, state, view);
    draw_input(frame, typed, state, view);
    draw_talk(frame, talk, state, view)
}

fn input_rows(state: &State, inner: Rect) -> u16 {
    let width = usize::from(inner.width.saturating_sub(1)).max(1);
    let rows: usize =
        state.chat.composer.lines().iter().map(|l| 1 + unicode_width::UnicodeWidthStr::width(l.as_str()) / width).sum();
    (rows as u16).clamp(1, MOST_INPUT.min(inner.height / 2).max(1))
}

/// The conversation, from the end upwards: only what is visible is looked at.
fn draw_talk(frame: &mut Frame, rect: Rect, state: &State, view: &mut View) -> Option<Event> {
    let width = usize::from(rect.width);
    let height = usize::from(rect.height);
    if state.session.messages.is_empty() {
        draw_welcome(frame, rect, state, view);
        return None;
    }
    let look = view.look.clone();
    let cache = &mut view.chat;
    if cache.width != width || cache.session != state.session.id.0 {
        *cache = Cache { session: state.session.id.0.clone(), width, messages: Vec::new() };
    }
    cache.messages.resize_with(state.session.messages.len(), Transcript::default);
    let (mut below, mut lines) = (0, Vec::new());
    let wanted = state.chat.scroll + height;
    for (message, laid) in state.session.messages.iter().zip(&mut cache.messages).rev() {
        laid.update(&message.text, width.saturating_sub(2), &look);
        // A blank line, the author, the text.
        let rows = laid.len() + 2;
        for row in (0..rows).rev() {
            if below >= state.chat.scroll && lines.len() < height {
                lines.push(message_row(message, laid, row, &look));
            }
            below += 1;
        }
        if below >= wanted {
            break;
        }
    }
    let end = below.saturating_sub(height);
    let beyond = (below < wanted && state.chat.scroll > end).then_some(Event::ScrollEnded(Area::Chat, end));
    lines.reverse();
    frame.render_widget(Paragraph::new(lines), rect);
    beyond
}

fn message_row(message: &Message, laid: &Transcript, row: usize, look: &Look) -> Line<'static> {
    let (name, role) = match message.author {
        Author::User => ("you", Role::User),
        Author::Assistant => ("assistant", Role::Assistant),
        Author::Workbench => ("vibe-tui", Role::Workbench),
    };
    match row {
        0 => Line::default(),
        1 => Line::from(Span::styled(name, look.style(role))),
        _ => {
            let mut line = Line::from(vec![Span::styled("│ ", look.style(role))]);
            line.spans.extend(laid.slice(row - 2, row - 1).flat_map(|l| l.spans.iter().cloned()));
            line
        }
    }
}

fn draw_welcome(frame: &mut Frame, rect: Rect, state: &State, view: &View) {
    let look = &view.look;
    let text = |t: &str| Line::from(Span::styled(t.to_owned(), look.style(Role::Text)));
    let dim = |t: &str| Line::from(Span::styled(t.to_owned(), look.style(Role::Dim)));
    let lines = vec![
        Line::default(),
        Line::from(Span::styled(format!("What shall change in {}?", state.root.name), look.style(Role::Title))),
        Line::default(),
        text("Say it in a sentence and press Enter."),
        text("You see the plan, the stream and the cost;"),
        text("nothing is written before you accept it."),
        Line::default(),
        dim("For example:"),
        dim("Create a FastAPI endpoint for user registration"),
        dim("Fix the off-by-one in src/page.rs"),
    ];
    frame.render_widget(Paragraph::new(lines).wrap(ratatui::widgets::Wrap { trim: false }), rect);
}

/// How the text reads, each part correctable.
fn draw_chips(frame: &mut Frame, rect: Rect, state: &State, intent: &Intent, view: &View) {
    let look = &view.look;
    let chip = |kind: Option<Chip>, text: String| {
        let selected = kind.is_some() && state.chat.chip == kind;
        let style = if selected { look.style(Role::Selection) } else { look.style(Role::Accent) };
        [Span::styled(format!(" {text} "), style), Span::raw(" ")]
    };
    let target = intent.targets.first().map_or("—", |t| t.word());
    let language = intent.language.map_or("any language", |l| l.name());
    let mut spans = Vec::new();
    spans.extend(chip(Some(Chip::Action), intent.action.word().to_owned()));
    spans.extend(chip(Some(Chip::Target), target.to_owned()));
    spans.extend(chip(Some(Chip::Language), language.to_owned()));
    spans.extend(chip(Some(Chip::Complexity), intent.complexity.word().to_owned()));
    let sure = format!("{:.0} % sure", intent.confidence * 100.0);
    spans.push(Span::styled(sure, look.style(if intent.confidence < 0.4 { Role::Warning } else { Role::Dim })));
    for framework in intent.frameworks.iter().chain(&intent.paths).chain(&intent.symbols) {
        let safe = crate::domain::safe_text::SafeText::new(framework);
        spans.push(Span::styled(format!(" · {safe}"), look.style(Role::Dim)));
    }
    frame.render_widget(Line::from(spans), rect);
}

/// The line above the input: what Enter will do.
fn draw_prompt_line(frame: &mut Frame, rect: Rect, state: &State, view: &View) {
    let look = &view.look;
    let what = if state.chat.asked.is_some() {
        " your answer "
    } else {
        match state.session.run().map(|r| &r.stage) {
            Some(Stage::Gate) => " revise the proposal ",
            Some(Stage::Paused(_)) => " paused: answer below ",
            Some(Stage::Assembling | Stage::Working(_) | Stage::Applying) => " a run is under way ",
            _ => " what do you want? ",
        }
    };
    let rest = usize::from(rect.width).saturating_sub(what.chars().count() + 1);
    let line = vec![
        Span::styled("─", look.style(Role::Border)),
        Span::styled(what, look.style(Role::Dim)),
        Span::styled("─".repeat(rest), look.style(Role::Border)),
    ];
    frame.render_widget(Line::from(line), rect);
}

fn draw_input(frame: &mut Frame, rect: Rect, state: &State, view: &View) {
    let mut area = state.chat.composer.clone();
    let typing = state.layout.focus == Area::Chat && state.chat.typing && state.overlay.is_none();
    let look = &view.look;
    area.set_style(look.style(Role::Text));
    area.set_cursor_line_style(look.style(Role::Text));
    area.set_cursor_style(if typing { look.style(Role::Selection) } else { look.style(Role::Text) });
    area.set_placeholder_text(if typing { "" } else { "press i to type" });
    area.set_placeholder_style(look.style(Role::Dim));
    frame.render_widget(&area, rect);
}
