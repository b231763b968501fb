//! The budget: what was spent, under which limits, and what is left; with room, tokens by node and each request.

use crate::app::{Area, State};
use crate::budget::ledger::Scope;
use crate::budget::limit::Gauge;
use crate::domain::model::Node;
use crate::domain::money::Money;
use crate::graph::{Call, Run};
use crate::ui::View;
use crate::ui::header::level_role;
use crate::ui::theme::Role;
use crate::ui::widgets::bar::bar;
use crate::ui::widgets::fit::{columns, fit, fit_middle, padded};
use crate::ui::widgets::frame::draw_frame;
use crate::ui::widgets::lines::draw_lines;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// The nodes that ask models, in the order of the graph.
const ASKING: [Node; 4] = [Node::Planner, Node::Executor, Node::Healer, Node::Reviewer];

/// Columns from which the number of requests is shown, and from which their models are.
const ROOMY: usize = 34;
const NAMED: usize = 40;

/// Draws the pane. What matters most stands first, and stays where there is no room for the rest.
pub fn draw_budget(frame: &mut Frame, rect: Rect, state: &State, view: &View) {
    let inner = draw_frame(frame, rect, Area::Budget, state, view, "");
    let (width, height) = (usize::from(inner.width), usize::from(inner.height));
    let gauges = state.gauges();
    let dim = view.look.style(Role::Dim);
    let mut lines: Vec<Line> = gauges.iter().map(|g| gauge_line(g, width, view)).collect();
    if gauges.is_empty() {
        let text = fit(&format!("session {}, no limits", state.totals.session.spent), width);
        lines.push(Line::from(Span::styled(text, view.look.style(Role::Text))));
    }
    lines.extend(warnings(state, &gauges, view, width));
    match state.session.run() {
        None => lines.push(Line::from(Span::styled("nothing spent yet", dim))),
        Some(run) => {
            lines.push(Line::from(Span::styled(fit(&run_line(run, width), width), dim)));
            if let Some(left) = gauges.iter().filter(|g| g.scope != Scope::Run).filter_map(|g| g.iterations_left).min()
            {
                lines.push(Line::from(Span::styled(format!("~{left} more runs like these"), dim)));
            }
            let nodes = node_table(run, width, view);
            if lines.len() + nodes.len() < height {
                lines.extend(nodes);
                lines.extend(call_table(run, width, height.saturating_sub(lines.len()), view));
            }
        }
    }
    draw_lines(frame, inner, &lines);
}

fn gauge_line(gauge: &Gauge, width: usize, view: &View) -> Line<'static> {
    let look = &view.look;
    let held = if gauge.reserved > Money::ZERO { format!(" +{} held", gauge.reserved) } else { String::new() };
    let role = level_role(gauge.level);
    let name = padded(gauge.scope.word(), 8);
    let figures = format!("{}{held} / {}", gauge.spent, gauge.limit);
    if columns(&figures) + 14 > width {
        // An amount is never cut: what is in part said by its colour gives way.
        let figures = format!("{} / {}", gauge.spent + gauge.reserved, gauge.limit);
        let figures = fit(&figures, width.saturating_sub(8));
        return Line::from(vec![Span::styled(name, look.style(Role::Text)), Span::styled(figures, look.style(role))]);
    }
    let room = width.saturating_sub(14 + columns(&figures) + 1);
    let mut spans = vec![
        Span::styled(name, look.style(Role::Text)),
        Span::styled(format!("{:>3} % ", gauge.percent), look.style(role)),
    ];
    if room >= 4 {
        spans.extend(bar(u64::from(gauge.percent), 100, room, role, look));
        spans.push(Span::raw(" "));
    }
    spans.push(Span::styled(figures, look.style(Role::Dim)));
    Line::from(spans)
}

/// What the user should act on.
fn warnings(state: &State, gauges: &[Gauge], view: &View, width: usize) -> Vec<Line<'static>> {
    let mut texts = Vec::new();
    if gauges.iter().any(|g| g.spent > Money::ZERO && g.wants_downgrade()) {
        texts.push("near the limit: a cheaper or local model stretches it");
    }
    let unpriced = |run: &Run| run.calls.iter().any(|c| (c.finish.is_some() || c.usage.is_some()) && c.cost.is_none());
    if state.session.run().is_some_and(unpriced) {
        texts.push("price unknown: not in the sums");
    }
    let style = view.look.style(Role::Warning);
    texts.into_iter().map(|t| Line::from(Span::styled(fit(t, width), style))).collect()
}

/// Tokens in, out, read from a cache; whether any is an estimate.
#[derive(Clone, Copy, Default)]
struct Tokens {
    input: u64,
    output: u64,
    cached: u64,
    estimated: bool,
}

impl Tokens {
    fn of<'a>(calls: impl Iterator<Item = &'a Call>) -> Tokens {
        calls.filter_map(|c| c.usage).fold(Tokens::default(), |sum, usage| Tokens {
            input: sum.input + u64::from(usage.input),
            output: sum.output + u64::from(usage.output),
            cached: sum.cached + u64::from(usage.cache_read),
            estimated: sum.estimated || usage.estimated,
        })
    }

    /// The money, as the most that it can be where the server's count of the tokens is missing: then the claim stands.
    fn cost(self, cost: Money) -> String {
        let shown = cost.to_string();
        if self.estimated && cost > Money::ZERO { format!("≤ {}", shown.trim_start_matches('<')) } else { shown }
    }

    fn mark(self) -> &'static str {
        if self.estimated { "~" } else { "" }
    }
}

fn run_line(run: &Run, width: usize) -> String {
    let tokens = Tokens::of(run.calls.iter());
    let mark = tokens.mark();
    let spent = tokens.cost(run.spent());
    let text = format!("run {spent} · {mark}{} in, {mark}{} out", tokens.input, tokens.output);
    let cached = format!(" ({} cached)", tokens.cached);
    if tokens.cached > 0 && columns(&text) + columns(&cached) <= width { text + &cached } else { text }
}

/// A line a node: requests, tokens, money.
fn node_table(run: &Run, width: usize, view: &View) -> Vec<Line<'static>> {
    let look = &view.look;
    let (head, text) = (look.style(Role::Heading), look.style(Role::Text));
    let wide = if Tokens::of(run.calls.iter()).estimated { 9 } else { 7 };
    let row = |name: &str, cells: [String; 4]| {
        let many = if width >= ROOMY { format!("{:>3} ", cells[0]) } else { String::new() };
        let cells = format!("{many}{:>7} {:>6} {:>wide$}", cells[1], cells[2], cells[3]);
        format!("{}{cells}", padded(name, width.saturating_sub(columns(&cells)).min(12)))
    };
    let titles = ["n", "in", "out", "cost"].map(str::to_owned);
    let mut lines = vec![Line::default(), Line::from(Span::styled(fit(&row("node", titles), width), head))];
    for node in ASKING {
        let calls = || run.calls.iter().filter(|c| c.node == node);
        if calls().next().is_none() {
            continue;
        }
        let tokens = Tokens::of(calls());
        let cost: Money = calls().filter_map(|c| c.cost).sum();
        let figure = |n: u64| format!("{}{n}", tokens.mark());
        let mut cells = [calls().count().to_string(), figure(tokens.input), figure(tokens.output), tokens.cost(cost)];
        if calls().all(|c| c.usage.is_none()) {
            let pending = calls().any(|c| c.failure.is_none());
            cells[1..].fill(if pending { "…".to_owned() } else { "—".to_owned() });
        }
        lines.push(Line::from(Span::styled(fit(&row(node_word(node), cells), width), text)));
    }
    lines
}

/// A line a request, newest first: cost, tokens, speed.
fn call_table(run: &Run, width: usize, height: usize, view: &View) -> Vec<Line<'static>> {
    let look = &view.look;
    if height < 4 || run.calls.is_empty() {
        return Vec::new();
    }
    let named = width >= NAMED;
    let wide = if Tokens::of(run.calls.iter()).estimated { 10 } else { 8 };
    // The speed is in the stream, too: half of it would be in nobody's way and of no use.
    let is_timed = width >= 7 + wide + 8 + 7;
    let speed_of = |speed: &str| if is_timed { format!(" {speed:>6}") } else { String::new() };
    let model = if named { "  model" } else { "" };
    let title = fit(&format!("{:<7}{:>wide$} {:>7}{}{model}", "call", "cost", "tokens", speed_of("tok/s")), width);
    let mut lines = vec![Line::default(), Line::from(Span::styled(title, look.style(Role::Heading)))];
    for call in run.calls.iter().rev().take(height - 2) {
        let none = if call.failure.is_some() { "—" } else { "…" };
        let tokens = call.usage.map_or_else(
            || none.to_owned(),
            |u| format!("{}{}", if u.estimated { "~" } else { "" }, u64::from(u.input) + u64::from(u.output)),
        );
        let speed = call.timings.tokens_per_second().map_or_else(|| "—".to_owned(), |r| format!("{r:.1}"));
        let cost = match (call.cost, &call.finish) {
            (Some(cost), _) => Tokens::of(std::iter::once(call)).cost(cost),
            (None, Some(_)) => "unknown".to_owned(),
            (None, None) if call.usage.is_some() => "unknown".to_owned(),
            (None, None) => none.to_owned(),
        };
        let figures = format!("{:<7}{cost:>wide$} {tokens:>7}{}", node_word(call.node), speed_of(&speed));
        let model = match width.checked_sub(columns(&figures) + 2) {
            Some(room) if named => format!("  {}", fit_middle(&call.model.to_string(), room)),
            _ => String::new(),
        };
        let role = if call.failure.is_some() { Role::Warning } else { Role::Text };
        lines.push(Line::from(Span::styled(fit(&format!("{figures}{model}"), width), look.style(role))));
    }
    lines
}

/// The node's short name.
pub fn node_word(node: Node) -> &'static str {
    match node {
        Node::Planner => "plan",
        Node::Executor => "write",
        Node::Validator => "check",
        Node::Healer => "heal",
        Node::Reviewer => "review",
        Node::Formatter => "format",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_server_did_not_count_is_shown_as_the_most_that_it_can_have_cost() {
        let (counted, estimated) = (Tokens::default(), Tokens { estimated: true, ..Tokens::default() });
        let cost = Money(1_200_000_000);
        assert_eq!(counted.cost(cost), "$0.00120");
        assert_eq!(estimated.cost(cost), "≤ $0.00120");
        assert_eq!(estimated.cost(Money(1)), "≤ $0.0001");
        assert_eq!(estimated.cost(Money::ZERO), Money::ZERO.to_string(), "what is free is free");
    }
}
