//! Help: every key, straight from the keymap, grouped by where it works; the place the user came from comes first.

use super::draw_box;
use crate::app::{Action, Area, COMMANDS, Command, Event, Scope, State};
use crate::ui::View;
use crate::ui::theme::Role;
use crate::ui::widgets::fit::{columns, padded};
use crate::ui::widgets::lines::draw_lines;
use crate::ui::widgets::wrap::wrap;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

/// Columns of a list of keys.
const LIST: u16 = 74;
/// Columns of the keys in it.
const KEYS: usize = 18;

/// Draws help over everything, in as many lists beside each other as fit.
pub fn draw_help(frame: &mut Frame, screen: Rect, scroll: usize, state: &State, view: &View) -> Option<Event> {
    let lists = (screen.width.saturating_sub(4) / LIST).clamp(1, 2);
    let inner = draw_box(frame, screen, (lists * LIST + 2, screen.height), "Keys", view);
    let height = usize::from(inner.height);
    if height == 0 {
        return None;
    }
    let width = usize::from(inner.width / lists);
    let (lines, shown) = (lines(state, view, width), height * usize::from(lists));
    let end = lines.len().saturating_sub(shown);
    let mut rest = lines.into_iter().skip(scroll.min(end));
    for list in Layout::horizontal(vec![Constraint::Fill(1); usize::from(lists)]).split(inner).iter() {
        draw_lines(frame, *list, &rest.by_ref().take(height).collect::<Vec<_>>());
    }
    (scroll > end).then_some(Event::ScrollEnded(Area::Chat, end))
}

/// The panes' own scopes.
const PANES: [Scope; 5] = [Scope::Chat, Scope::Stream, Scope::Review, Scope::Budget, Scope::Sessions];

/// A group of keys: a title, and each action with its keys.
struct Group {
    title: &'static str,
    here: bool,
    keys: Vec<(String, Action)>,
}

/// The place the user came from, what holds in every pane, everywhere, then the other places.
fn groups(state: &State, view: &View) -> Vec<Group> {
    let keys = |action: Action, scope: Scope| view.keymap.bindings(action, &[scope]).join("  ");
    let in_every_pane = |action: Action| PANES.iter().all(|p| keys(action, *p) == keys(action, PANES[0]));
    let own = |scope: Scope| {
        let is_common = |action: Action| in_every_pane(action) && keys(action, scope) == keys(action, PANES[0]);
        let all = Action::ALL.iter().filter(|a| !is_common(**a));
        all.map(|a| (keys(*a, scope), *a)).filter(|(k, _)| !k.is_empty()).collect::<Vec<_>>()
    };
    let mut places: Vec<Scope> = state.place();
    places.retain(|s| *s != Scope::Global);
    let here = places.len();
    // The list behind an `@` has all its keys in the footer.
    places.extend(Scope::ALL.into_iter().filter(|s| !matches!(s, Scope::Global | Scope::Overlay | Scope::Completion)));
    let mut groups: Vec<Group> = Vec::new();
    for (index, scope) in places.into_iter().enumerate() {
        if groups.iter().all(|g| g.title != title(scope)) {
            groups.push(Group { title: title(scope), here: index < here, keys: own(scope) });
        }
    }
    let common = Action::ALL.iter().filter(|a| in_every_pane(**a)).map(|a| (keys(*a, PANES[0]), *a));
    let common = Group { title: "In every pane", here: false, keys: common.filter(|(k, _)| !k.is_empty()).collect() };
    let everywhere = Group { title: title(Scope::Global), here: false, keys: own(Scope::Global) };
    groups.splice(here..here, [common, everywhere]);
    groups.retain(|g| !g.keys.is_empty());
    groups
}

fn title(scope: Scope) -> &'static str {
    match scope {
        Scope::Global => "Everywhere",
        Scope::Typing => "While typing",
        Scope::Chat => "Chat",
        Scope::Stream => "Stream",
        Scope::Review => "Review",
        Scope::Budget => "Budget",
        Scope::Sessions => "Sessions",
        Scope::Pause => "When a run is paused",
        Scope::Picker => "In a list",
        Scope::Completion => "Behind an @",
        Scope::Context => "In the context",
        Scope::Comment => "In a comment",
        Scope::Editor => "In a hunk that is changed",
        Scope::Overlay => "Here",
    }
}

fn lines(state: &State, view: &View, width: usize) -> Vec<Line<'static>> {
    let look = &view.look;
    let mut lines = Vec::new();
    for group in groups(state, view) {
        let note = if group.here { " · you are here" } else { "" };
        lines.push(Line::from(vec![
            Span::styled(format!(" {}", group.title), look.style(Role::Heading)),
            Span::styled(note, look.style(Role::Dim)),
        ]));
        for (keys, action) in group.keys {
            lines.extend(key_lines(&keys, action.doc(), width, view));
        }
        lines.push(Line::default());
    }
    lines.extend(orders(view, width));
    lines.extend(signs(view, width));
    lines
}

/// What can be typed into the chat behind a `/`.
fn orders(view: &View, width: usize) -> Vec<Line<'static>> {
    let title = Line::from(Span::styled(" Orders in the chat", view.look.style(Role::Heading)));
    let order = |command: &Command| key_lines(&command.shown(), command.help, width, view);
    std::iter::once(title).chain(COMMANDS.iter().flat_map(order)).chain([Line::default()]).collect()
}

/// Keys or a sign, and beside them what they mean, on as many lines as that takes.
fn key_lines(keys: &str, meaning: &str, width: usize, view: &View) -> Vec<Line<'static>> {
    let look = &view.look;
    let room = KEYS.max(columns(keys));
    let pieces =
        [(format!("   {} ", padded(keys, room)), look.style(Role::Key)), (meaning.to_owned(), look.style(Role::Text))];
    wrap(&pieces, width.saturating_sub(1), room + 4)
}

/// What the signs on the screen mean.
fn signs(view: &View, width: usize) -> Vec<Line<'static>> {
    let look = &view.look;
    let signs = [
        ("▶ ◆ ‖ ·", "a session: running, waiting for you, paused, idle"),
        ("[✓] [✗] [ ]", "a hunk: accepted, rejected, open"),
        ("+ −", "a file of a context: pinned, dropped"),
        ("~", "an estimate; without it, the server's own figure"),
        ("⟦U+202E⟧", "a character that would be obeyed or cannot be seen"),
    ];
    let mut lines = vec![Line::from(Span::styled(" Signs", look.style(Role::Heading)))];
    lines.extend(signs.into_iter().flat_map(|(sign, meaning)| key_lines(sign, meaning, width, view)));
    lines
}
