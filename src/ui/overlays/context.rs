//! What the last prompt was made of: an item a line, the sums of its kinds, and what pinning or dropping the selected one
//! would cost the next prompt. Or the text of the selected item.

use super::draw_box;
use crate::app::{Action, Area, ContextRow, ContextView, Event, Scope, Standing, State};
use crate::domain::context::{ContextBundle, ContextItem, ContextKind};
use crate::domain::money::Money;
use crate::ui::View;
use crate::ui::theme::Role;
use crate::ui::widgets::fit::{columns, fit, fit_middle, one_line, padded};
use crate::ui::widgets::lines::draw_lines;
use crate::ui::widgets::wrap::wrap;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

/// Columns of the box, where there is room.
const WIDTH: u16 = 160;
/// Columns from which the reasons stand beside the items.
const ROOMY: usize = 110;
/// Columns of the figures: tokens, share, money, and the blanks between them.
const FIGURES: usize = 7 + 6 + 10;
/// Columns below which only the tokens stand beside the items.
const TIGHT: usize = 60;
/// Rows of the sums, and of what is said of the selected line.
const SUMS: u16 = 3;
const SAID: u16 = 4;
/// Rows of why the selected line is there where the list has no room for reasons.
const WHY: u16 = 2;

/// Draws the view over everything. Returns how far the text can be scrolled where the state is beyond that.
pub fn draw_context(frame: &mut Frame, screen: Rect, of: &ContextView, state: &State, view: &View) -> Option<Event> {
    let rows = state.context_rows();
    let selected = of.selected.min(rows.len().saturating_sub(1));
    let lower = screen.height.saturating_sub(4);
    if let (Some(scroll), Some(ContextRow { item: Some((_, item)), .. })) = (of.reading, rows.get(selected)) {
        let inner = draw_box(frame, screen, (WIDTH, lower), &fit_middle(&titled(item), 60), view);
        return draw_text(frame, inner, item, scroll, view);
    }
    let list = u16::try_from(rows.len()).unwrap_or(u16::MAX).max(1);
    let is_narrow = usize::from(screen.width) < ROOMY + 4;
    let said = if is_narrow { SAID - 1 + WHY } else { SAID };
    let wanted = list.saturating_add(SUMS + said + 2);
    let title = match rows.len() {
        0 => "Context".to_owned(),
        all => format!("Context {}/{all}", selected + 1),
    };
    let inner = draw_box(frame, screen, (WIDTH, wanted.min(lower)), &title, view);
    let [sums, list, said] =
        Layout::vertical([Constraint::Length(SUMS), Constraint::Min(1), Constraint::Length(said)]).areas(inner);
    let width = usize::from(inner.width);
    draw_lines(frame, sums, &sum_lines(state, view, width));
    let height = usize::from(list.height);
    let top = (selected + 1).saturating_sub(height);
    let shown = rows.iter().enumerate().skip(top).take(height);
    let lines: Vec<Line> = shown.map(|(i, row)| line(row, i == selected, width, state, view)).collect();
    draw_lines(frame, list, &lines);
    if let Some(row) = rows.get(selected) {
        draw_lines(frame, said, &said_lines(row, state, view, width));
    }
    None
}

/// The sums of the kinds, and of all against the budget.
fn sum_lines(state: &State, view: &View, width: usize) -> Vec<Line<'static>> {
    let look = &view.look;
    let said = |text: String, role: Role| Line::from(Span::styled(fit(&text, width), look.style(role)));
    let Some(bundle) = state.context() else {
        return vec![said(
            "No prompt was made in this session yet. Send a request, then look here.".to_owned(),
            Role::Dim,
        )];
    };
    let kinds = [ContextKind::Code, ContextKind::Pattern, ContextKind::Memory];
    let sum = |kind| {
        let of_kind = bundle.items.iter().filter(|item| item.kind == kind);
        of_kind.fold(0u32, |sum, item| sum.saturating_add(item.tokens))
    };
    let sums = kinds.map(|kind| (kind, sum(kind))).into_iter().filter(|(_, tokens)| *tokens > 0);
    let part = |(kind, tokens)| format!("{} {} ({})", word(kind), count(tokens, bundle), money(state, tokens));
    let parts: Vec<String> = sums.map(part).collect();
    let share = share(bundle.tokens, bundle);
    let model = state.model.as_ref().map(|model| format!(" with {model}")).unwrap_or_default();
    let all = format!(
        "in all {} of {} tokens, {share} · {}{model}",
        count(bundle.tokens, bundle),
        thousands(bundle.budget),
        money(state, bundle.tokens)
    );
    vec![said(parts.join(" · "), Role::Text), said(all, Role::Text)]
}

/// One line of the list.
fn line(row: &ContextRow, selected: bool, width: usize, state: &State, view: &View) -> Line<'static> {
    let look = &view.look;
    let sign = match row.standing {
        Some(Standing::Pinned) => Span::styled("+ ", look.style(Role::Success)),
        Some(Standing::Dropped) => Span::styled("− ", look.style(Role::Warning)),
        None => Span::raw("  "),
    };
    let (kinds, figures) = if width < TIGHT { (0, 8) } else { (8, FIGURES) };
    let room = width.saturating_sub(2 + 2 + 4 + kinds + figures + 1);
    let (label_room, reason_room) = if width >= ROOMY { (room / 2, room - room / 2 - 1) } else { (room, 0) };
    let (number, kind, label) = match row.item {
        Some((at, item)) => (format!("{:>3} ", at + 1), word(item.kind), short_title(item, label_room)),
        None => ("    ".to_owned(), "code", row.path.unwrap_or_default().to_owned()),
    };
    let label = padded(&fit_middle(&label, label_room), label_room);
    let style = look.style(if selected { Role::Selection } else { Role::Text });
    let dim = look.style(Role::Dim);
    let mut spans = vec![
        Span::styled(if selected { "▌ " } else { "  " }, look.style(Role::Accent)),
        sign,
        Span::styled(number, dim),
        Span::styled(padded(kind, kinds), dim),
        Span::styled(label, style),
    ];
    match (row.item, state.context()) {
        (Some((_, item)), Some(bundle)) if width < TIGHT => {
            spans.push(Span::styled(format!("{:>7} ", count(item.tokens, bundle)), style));
        }
        (Some((_, item)), Some(bundle)) => {
            let figures = format!(
                "{:>7} {:>5} {:>9} ",
                count(item.tokens, bundle),
                share(item.tokens, bundle),
                money(state, item.tokens)
            );
            spans.push(Span::styled(figures, style));
            spans.push(Span::styled(fit(&item.reason, reason_room), dim));
        }
        _ => spans.push(Span::styled(fit(&format!("   {}", absent(row.standing)), figures + reason_room), dim)),
    }
    Line::from(spans)
}

/// Why a file is there without an item.
fn absent(standing: Option<Standing>) -> &'static str {
    match standing {
        Some(Standing::Pinned) => "pinned for the next",
        _ => "in no context",
    }
}

/// What is to be said of the selected line: why it is there, what the user said of it, what each key would do.
fn said_lines(row: &ContextRow, state: &State, view: &View, width: usize) -> Vec<Line<'static>> {
    let look = &view.look;
    let standing = match row.standing {
        Some(Standing::Pinned) => "pinned: in every context of this session",
        Some(Standing::Dropped) => "dropped: in no further context of this session",
        None => "",
    };
    let reason = row.item.map_or("", |(_, item)| item.reason.as_str());
    let is_said = row.standing == Some(Standing::Pinned) && reason == "pinned";
    let reason = if is_said { "" } else { reason };
    let (is_narrow, text) = (width < ROOMY, look.style(Role::Text));
    // Where the list cuts a path and has no reasons, both stand here whole.
    let title = row.item.filter(|_| is_narrow).map(|(_, item)| titled(item)).unwrap_or_default();
    let why =
        [title.as_str(), reason, standing].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ");
    let mut lines = vec![Line::default()];
    match is_narrow {
        true => {
            let mut rows = wrap(&[(one_line(&why), text)], width, 0);
            rows.resize(usize::from(WHY), Line::default());
            lines.extend(rows);
        }
        false => lines.push(Line::from(Span::styled(fit(&why, width), text))),
    }
    let keys = |action| view.keymap.bindings(action, &[Scope::Context, Scope::Global]).into_iter().next();
    for (action, said) in [(Action::DropItem, Standing::Dropped), (Action::PinItem, Standing::Pinned)] {
        let (Some(key), Some(_)) = (keys(action), row.path) else { continue };
        let text = consequence(row, said, state, is_narrow);
        lines.push(Line::from(vec![
            Span::styled(format!("{key} "), look.style(Role::Key)),
            Span::styled(fit(&text, width.saturating_sub(columns(&key) + 1)), look.style(Role::Dim)),
        ]));
    }
    lines
}

/// What saying this of a line would do to the next prompt, and to the prefix of it that servers have cached.
fn consequence(row: &ContextRow, said: Standing, state: &State, is_narrow: bool) -> String {
    let change = state.context_change(row, said);
    let what = match (change.standing, state.context()) {
        (Some(Standing::Dropped), Some(bundle)) if change.dropped > 0 => {
            format!("drops {}", count(change.dropped, bundle))
        }
        (Some(Standing::Dropped), _) => "keeps it out".to_owned(),
        (Some(Standing::Pinned), _) => "pins it".to_owned(),
        (None, _) if is_narrow => "lets it be".to_owned(),
        (None, _) => "leaves it to be chosen by itself".to_owned(),
    };
    match change.prefix {
        None => format!("{what}; the cached prefix stays"),
        Some((before, anew)) => {
            let (of, are) = if is_narrow { ("cached", "") } else { ("the next prompt's cached", "are ") };
            let anew = thousands(anew);
            format!("{what}; {of} prefix ends before item {before}, ~{anew} tokens {are}read anew")
        }
    }
}

/// The text of an item, from a line of it on.
fn draw_text(frame: &mut Frame, rect: Rect, item: &ContextItem, scroll: usize, view: &View) -> Option<Event> {
    let (width, height) = (usize::from(rect.width), usize::from(rect.height));
    let style = view.look.style(Role::Text);
    let lay = |line: &str| match line.trim_start() {
        "" => vec![Line::default()],
        text => {
            // What a line is indented by is kept, on each line that it takes.
            let indent = columns(&one_line(&line[..line.len() - text.len()].replace('\t', "    "))).min(width / 2);
            let mut rows = wrap(&[(one_line(text), style)], (width - indent).max(1), 0);
            rows.iter_mut().for_each(|row| row.spans.insert(0, Span::raw(" ".repeat(indent))));
            rows
        }
    };
    let all: Vec<&str> = item.text.lines().collect();
    let mut rest = height;
    let fitting = all.iter().rev().take_while(|line| {
        let taken = lay(line).len();
        let fits = taken <= rest;
        rest = rest.saturating_sub(taken);
        fits
    });
    let end = all.len() - fitting.count().max(1).min(all.len());
    let from = scroll.min(end);
    let mut lines: Vec<Line> = Vec::with_capacity(height);
    for line in &all[from..] {
        if lines.len() >= height {
            break;
        }
        lines.extend(lay(line));
    }
    draw_lines(frame, rect, &lines);
    (scroll > end).then_some(Event::ScrollEnded(Area::Chat, end))
}

/// An item's label with the lines that are shown.
fn titled(item: &ContextItem) -> String {
    let ranges: Vec<String> = item.lines.iter().map(|(first, last)| format!("{first}-{last}")).collect();
    match ranges.is_empty() {
        true => item.label.clone(),
        false => format!("{}:{}", item.label, ranges.join(",")),
    }
}

/// The same in the room there is: of many ranges the first one and how many more, so that the path can still be read.
fn short_title(item: &ContextItem, room: usize) -> String {
    let whole = titled(item);
    match item.lines.as_slice() {
        [(first, last), more @ ..] if !more.is_empty() && columns(&whole) > room => {
            let ranges = format!(":{first}-{last} +{}", more.len());
            format!("{}{ranges}", fit_middle(&item.label, room.saturating_sub(columns(&ranges))))
        }
        _ => whole,
    }
}

fn word(kind: ContextKind) -> &'static str {
    match kind {
        ContextKind::Code => "code",
        ContextKind::Pattern => "pattern",
        ContextKind::Memory => "memory",
    }
}

/// Tokens, marked where they are an estimate.
fn count(tokens: u32, bundle: &ContextBundle) -> String {
    format!("{}{}", if bundle.exact { "" } else { "~" }, thousands(tokens))
}

fn thousands(tokens: u32) -> String {
    match tokens {
        0..1000 => tokens.to_string(),
        _ => format!("{:.1}k", f64::from(tokens) / 1000.0),
    }
}

/// The part of the budget, in per cent.
fn share(tokens: u32, bundle: &ContextBundle) -> String {
    let per_cent = u64::from(tokens) * 100 / u64::from(bundle.budget.max(1));
    if per_cent == 0 && tokens > 0 { "<1 %".to_owned() } else { format!("{per_cent} %") }
}

/// What tokens of the prompt cost with the chosen model.
fn money(state: &State, tokens: u32) -> String {
    match state.prompt_cost(tokens) {
        Some(Money::ZERO) if tokens > 0 => "free".to_owned(),
        Some(cost) => cost.to_string(),
        None => "?".to_owned(),
    }
}
