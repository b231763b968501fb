//! A long file cut down: its beginning and the lines around the named symbols, with marks where lines are left out.

use std::collections::BTreeSet;

/// Lines around a symbol, and half the lines of the beginning, in the widest excerpt.
const MAX_RADIUS: usize = 400;
/// Places a symbol may stand at that are shown, counted from the top.
const MAX_PLACES: usize = 60;

/// Part of a file.
pub(super) struct Excerpt {
    /// The lines shown, with marks such as `… 12 lines omitted …` between them.
    pub text: String,
    /// 1-based first and last line shown.
    pub lines: (u32, u32),
    /// How many lines are shown.
    pub shown: usize,
    /// How many lines the file has.
    pub total: usize,
}

/// The widest excerpt of `text` that `fits`; `None` if not even one line does.
pub(super) fn excerpt(text: &str, symbols: &[String], fits: impl Fn(&Excerpt) -> bool) -> Option<Excerpt> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let places = places(&lines, symbols);
    let (mut low, mut high, mut best) = (0, MAX_RADIUS + 1, None);
    // Wider excerpts cost more; should a counter disagree, what is kept has been seen to fit.
    while low < high {
        let radius = (low + high) / 2;
        let candidate = cut(&lines, &places, radius);
        if candidate.shown > 0 && fits(&candidate) {
            best = Some(candidate);
            low = radius + 1;
        } else {
            high = radius;
        }
    }
    best
}

/// Lines that hold a symbol as a whole word.
fn places(lines: &[&str], symbols: &[String]) -> Vec<usize> {
    let symbols: Vec<&str> =
        symbols.iter().map(|s| s.rsplit(['.', ':']).next().unwrap_or(s)).filter(|s| !s.is_empty()).collect();
    let holds = |line: &str| symbols.iter().any(|symbol| is_word_of(line, symbol));
    lines.iter().enumerate().filter(|(_, line)| holds(line)).map(|(at, _)| at).take(MAX_PLACES).collect()
}

fn is_word_of(line: &str, symbol: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(symbol).any(|(at, _)| {
        !line[..at].chars().next_back().is_some_and(inside)
            && !line[at + symbol.len()..].chars().next().is_some_and(inside)
    })
}

/// The beginning (`2 * radius` lines, fewer where symbols are found) and `radius` lines either side of each place.
fn cut(lines: &[&str], places: &[usize], radius: usize) -> Excerpt {
    let head = if places.is_empty() { 2 * radius + 1 } else { radius };
    let mut shown: BTreeSet<usize> = (0..head.min(lines.len())).collect();
    for place in places {
        shown.extend(place.saturating_sub(radius)..(place + radius + 1).min(lines.len()));
    }
    let (mut text, mut next) = (String::new(), 0);
    for at in &shown {
        omit(&mut text, at - next);
        text.push_str(lines[*at]);
        next = at + 1;
    }
    omit(&mut text, lines.len() - next);
    let number = |at: Option<&usize>| u32::try_from(at.map_or(0, |at| at + 1)).unwrap_or(u32::MAX);
    Excerpt { text, lines: (number(shown.first()), number(shown.last())), shown: shown.len(), total: lines.len() }
}

fn omit(text: &mut String, lines: usize) {
    if lines > 0 {
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        text.push_str(&format!("… {lines} {} omitted …\n", if lines == 1 { "line" } else { "lines" }));
    }
}
