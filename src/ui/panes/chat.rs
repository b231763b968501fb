//! The chat: the conversation, how the typed text reads, and the input line.

mod completion;

use crate::app::{Action, Area, Chip, Command, Completion, Event, Scope, State};
use crate::domain::intent::Intent;
use crate::domain::message::{Author, Message};
use crate::graph::Stage;
use crate::ui::theme::Role;
use crate::ui::widgets::fit::{columns, fit, one_line, padded};
use crate::ui::widgets::frame::draw_frame;
use crate::ui::widgets::input::{Cursor, Input};
use crate::ui::widgets::lines::draw_lines;
use crate::ui::widgets::transcript::Transcript;
use crate::ui::widgets::wrap::wrap;
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
    let inner = draw_frame(frame, rect, Area::Chat, state, view, &state.mode);
    if inner.height < 2 || inner.width < 8 {
        return None;
    }
    let width = usize::from(inner.width);
    let composer = &state.chat.composer;
    let cursor = composer.cursor();
    let input = Input::lay_out(composer.lines(), (cursor.0, cursor.1), width);
    let most = usize::from(MOST_INPUT.min(inner.height / 2).max(1));
    let typed = u16::try_from(input.rows.len().clamp(1, most)).unwrap_or(1);
    let room = usize::from(inner.height.saturating_sub(typed + 4));
    let completed = completion::lines(state, view, width, usize::from(inner.height / 2).min(room));
    let chips = match (completed, state.chat.is_order()) {
        (Some(lines), _) => lines,
        (None, true) => order_lines(state, view, width, usize::from(inner.height / 2).min(room)),
        (None, false) => chip_lines(state, view, width),
    };
    let chips = &chips[..chips.len().min(room)];
    let [talk, reading, prompt, typed] = Layout::vertical([
        Constraint::Min(1),
        Constraint::Length(chips.len() as u16),
        Constraint::Length(1),
        Constraint::Length(typed),
    ])
    .areas(inner);
    draw_lines(frame, reading, chips);
    draw_lines(frame, prompt, &[prompt_line(state, view, width)]);
    draw_input(frame, typed, &input, state, view);
    draw_talk(frame, talk, state, view)
}

/// The conversation, from the end upwards: only what is visible is looked at.
fn draw_talk(frame: &mut Frame, rect: Rect, state: &State, view: &mut View) -> Option<Event> {
    let (width, height) = (usize::from(rect.width), usize::from(rect.height));
    if state.session.messages.is_empty() {
        draw_welcome(frame, rect, state, view);
        return None;
    }
    let View { look, chat: cache, work, .. } = view;
    if cache.width != width || cache.session != state.session.id.0 {
        *cache = Cache { session: state.session.id.0.clone(), width, messages: Vec::new() };
    }
    cache.messages.resize_with(state.session.messages.len(), Transcript::default);
    let (mut below, mut lines) = (0, Vec::with_capacity(height));
    let wanted = state.chat.scroll + height;
    for (message, laid) in state.session.messages.iter().zip(&mut cache.messages).rev() {
        work.wrapped += laid.update(&message.text, width.saturating_sub(2), look);
        // A blank line, the author, the text.
        let rows = laid.len() + 2;
        let skip = state.chat.scroll.saturating_sub(below).min(rows);
        let take = (height - lines.len()).min(rows - skip);
        lines.extend((0..rows - skip).rev().take(take).map(|row| message_row(message, laid, row, look)));
        below += rows;
        if below >= wanted {
            break;
        }
    }
    let end = below.saturating_sub(height);
    let beyond = (below < wanted && state.chat.scroll > end).then_some(Event::ScrollEnded(Area::Chat, end));
    lines.reverse();
    draw_lines(frame, rect, &lines);
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
    let line = |t: String, role: Role| Line::from(Span::styled(t, look.style(role)));
    let lines = vec![
        Line::default(),
        line(format!("What shall change in {}?", one_line(&state.root.name)), Role::Title),
        Line::default(),
        line("Say it in a sentence and press Enter. You see the plan, the stream and the cost; nothing is written before you accept it.".into(), Role::Text),
        Line::default(),
        line("For example:".into(), Role::Dim),
        line("Create a FastAPI endpoint for user registration".into(), Role::Dim),
        line("Fix the off-by-one in src/page.rs".into(), Role::Dim),
    ];
    frame.render_widget(Paragraph::new(lines).wrap(ratatui::widgets::Wrap { trim: false }), rect);
}

/// How the text reads: what can be corrected on the first line, what else was recognised on the second.
fn chip_lines(state: &State, view: &View, width: usize) -> Vec<Line<'static>> {
    let look = &view.look;
    let Some(reading) = &state.chat.reading else { return Vec::new() };
    let intent: Intent = state.chat.corrections.apply(reading.clone());
    let chip = |kind: Chip| {
        let text = match kind {
            Chip::Action => intent.action.word(),
            Chip::Target => intent.targets.first().map_or("no target", |t| t.word()),
            Chip::Language => intent.language.map_or("any language", |l| l.name()),
            Chip::Complexity => intent.complexity.word(),
        };
        match state.chat.chip == Some(kind) {
            true => Span::styled(format!("‹{text}›"), look.style(Role::Selection).patch(look.style(Role::Title))),
            false => Span::styled(text, look.style(Role::Accent)),
        }
    };
    let chips = Chip::ALL.map(chip);
    let bare: usize = chips.iter().map(|s| columns(&s.content)).sum();
    let between = if bare + 3 * (chips.len() - 1) <= width { " · " } else { "·" };
    let mut spans = Vec::new();
    for chip in chips {
        if !spans.is_empty() {
            spans.push(Span::styled(between, look.style(Role::Border)));
        }
        spans.push(chip);
    }
    let sure = format!("  {:.0} %", intent.confidence * 100.0);
    let role = if intent.confidence < 0.4 { Role::Warning } else { Role::Dim };
    let used: usize = spans.iter().map(|s| columns(&s.content)).sum();
    if used + columns(&sure) <= width {
        spans.push(Span::styled(sure, look.style(role)));
    }
    let mut lines = vec![Line::from(spans)];
    let named: Vec<&str> =
        intent.frameworks.iter().chain(&intent.paths).chain(&intent.symbols).map(String::as_str).collect();
    if !named.is_empty() {
        lines.push(Line::from(Span::styled(fit(&named.join(" · "), width), look.style(Role::Dim))));
    }
    lines
}

/// The orders that what is typed may become, each with what it does; where there is little room, their words.
fn order_lines(state: &State, view: &View, width: usize, room: usize) -> Vec<Line<'static>> {
    let look = &view.look;
    let orders = Command::offered(&state.chat.text());
    let wide = orders.iter().map(|o| o.name.len() + 2).max().unwrap_or(0);
    if orders.len() <= room {
        let row = |o: &&Command| {
            Line::from(vec![
                Span::styled(padded(&format!("/{}", o.name), wide), look.style(Role::Key)),
                Span::styled(fit(o.help, width.saturating_sub(wide)), look.style(Role::Dim)),
            ])
        };
        return orders.iter().map(row).collect();
    }
    let words: Vec<String> = orders.iter().map(|o| format!("/{}", o.name)).collect();
    wrap(&[(words.join(" "), look.style(Role::Key))], width, 0)
}

/// The line above the input: what Enter will do.
fn prompt_line(state: &State, view: &View, width: usize) -> Line<'static> {
    let look = &view.look;
    let typing = state.layout.focus == Area::Chat && state.chat.typing;
    let completing = typing && state.chat.completion.as_ref().is_some_and(Completion::offers);
    let (action, scope) = match typing {
        true if completing => (Action::Confirm, Scope::Completion),
        true => (Action::Submit, Scope::Typing),
        false => (Action::StartTyping, Scope::Global),
    };
    let key = view.keymap.bindings(action, &[scope]).into_iter().next().unwrap_or_default();
    let (what, role) = if completing {
        ("takes it", Role::Dim)
    } else if typing {
        submit_words(state)
    } else {
        ("type", Role::Dim)
    };
    let key = if key.is_empty() || role == Role::Warning { String::new() } else { format!(" {key}") };
    let what = format!(" {} ", fit(what, width.saturating_sub(columns(&key) + 3)));
    let rest = width.saturating_sub(columns(&key) + columns(&what) + 1);
    Line::from(vec![
        Span::styled("─", look.style(Role::Border)),
        Span::styled(key, look.style(Role::Key)),
        Span::styled(what, look.style(role)),
        Span::styled("─".repeat(rest), look.style(Role::Border)),
    ])
}

/// What sending would do now.
fn submit_words(state: &State) -> (&'static str, Role) {
    if state.chat.is_order() {
        return ("does this", Role::Dim);
    }
    match state.session.run().map(|r| &r.stage) {
        _ if state.chat.asked.is_some() => ("answers, by number or in words", Role::Dim),
        Some(Stage::Gate) => ("asks for a revision", Role::Dim),
        Some(Stage::Paused(_)) => ("paused: answer that first", Role::Warning),
        Some(Stage::Assembling | Stage::Working(_) | Stage::Applying) => ("a run is under way", Role::Warning),
        _ if state.models.is_none() => ("sends it once models are found", Role::Dim),
        _ => ("starts a run", Role::Dim),
    }
}

fn draw_input(frame: &mut Frame, rect: Rect, input: &Input, state: &State, view: &View) {
    let typing = state.layout.focus == Area::Chat && state.chat.typing && state.overlay.is_none();
    let cursor = if typing { Cursor::Shown } else { Cursor::Hidden };
    frame.render_widget(Paragraph::new(input.lines(usize::from(rect.height), cursor, &view.look)), rect);
}
