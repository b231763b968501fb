//! A long text cut down to its beginning, the mark that stands where lines of any excerpt are left out, and the fence around it.

use crate::domain::fence::fenced;
use crate::domain::language::Language;
use crate::domain::path::on_one_line;
use std::collections::BTreeSet;
use std::ops::Range;

/// Gaps of up to this many lines are shown: to say that they are left out costs about as much.
const GAP: u32 = 3;
/// Lines of the longest beginning.
const MAX_LINES: usize = 801;

/// The beginning of a text.
pub(super) struct Excerpt {
    /// The lines shown, and a mark such as `… 12 lines omitted …`.
    pub text: String,
    /// 1-based first and last line shown.
    pub lines: (u32, u32),
    /// How many lines are shown.
    pub shown: usize,
    /// How many lines the text has.
    pub total: usize,
}

/// The longest beginning of `text` that `fits`; `None` if not even one line does.
pub(super) fn beginning(text: &str, fits: impl Fn(&Excerpt) -> bool) -> Option<Excerpt> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let (mut low, mut high, mut best) = (1, lines.len().min(MAX_LINES) + 1, None);
    // More lines cost more; should a counter disagree, what is kept has been seen to fit.
    while low < high {
        let shown = (low + high) / 2;
        let candidate = cut(&lines, shown);
        if fits(&candidate) {
            best = Some(candidate);
            low = shown + 1;
        } else {
            high = shown;
        }
    }
    best
}

/// The longest beginning of a file, cut by characters, that `fits` with its title, fence and mark, and how many bytes of
/// the file that is; `None` if none of these `lengths` fits.
pub(super) fn begun(
    path: &str,
    text: &str,
    lengths: Range<usize>,
    fits: impl Fn(&str) -> bool,
) -> Option<(String, usize)> {
    let shown = |bytes: usize| {
        let part = (0..4).find_map(|back| text.get(..bytes.saturating_sub(back))).unwrap_or("");
        let mark = format!("… {} characters omitted …\n", text[part.len()..].chars().count());
        (block("EXCERPT", path, &format!("{part}\n{mark}")), part.len())
    };
    let (mut low, mut high, mut best) = (lengths.start, lengths.end.min(text.len()), None);
    // More bytes cost more; should a counter disagree, what is kept has been seen to fit.
    while low < high {
        let bytes = low + (high - low) / 2;
        let candidate = shown(bytes);
        if fits(&candidate.0) {
            best = Some(candidate);
            low = bytes + 1;
        } else {
            high = bytes;
        }
    }
    best
}

fn cut(lines: &[&str], shown: usize) -> Excerpt {
    let mut text = lines[..shown].concat();
    omit(&mut text, lines.len() - shown);
    Excerpt { text, lines: (1, u32::try_from(shown).unwrap_or(u32::MAX)), shown, total: lines.len() }
}

/// Says on a line of its own how many lines are left out here, if any are.
fn omit(text: &mut String, lines: usize) {
    if lines > 0 {
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        text.push_str(&format!("… {lines} {} omitted …\n", if lines == 1 { "line" } else { "lines" }));
    }
}

/// These lines of a file, titled and fenced, with marks where lines are left out.
pub(super) fn excerpt(path: &str, lines: &[&str], shown: &BTreeSet<u32>) -> String {
    let (mut text, mut next) = (String::new(), 1);
    for at in shown {
        let gap = at - next;
        if gap <= GAP {
            (next..*at).for_each(|line| text.push_str(lines[line as usize - 1]));
        } else {
            omit(&mut text, gap as usize);
        }
        text.push_str(lines[*at as usize - 1]);
        next = at + 1;
    }
    omit(&mut text, lines.len() + 1 - next as usize);
    block("EXCERPT", path, &text)
}

/// As long as that mark can be.
pub(super) const MARK: &str = "… 100000 lines omitted …\n";

/// A titled, fenced text; the fence is longer than any in it.
pub(super) fn block(title: &str, path: &str, text: &str) -> String {
    let language = Language::from_path(path).map_or("", Language::name);
    format!("### {title}: {}\n{}", on_one_line(path), fenced(language, text))
}

/// These lines, with the gaps between them that are shown all the same.
pub(super) fn closed(mut lines: BTreeSet<u32>) -> BTreeSet<u32> {
    ranges(&lines).into_iter().for_each(|(first, last)| lines.extend(first..=last));
    lines
}

/// The lines shown as ranges; gaps that are shown all the same are closed.
pub(super) fn ranges(shown: &BTreeSet<u32>) -> Vec<(u32, u32)> {
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for at in shown {
        match ranges.last_mut() {
            Some((_, last)) if *at - *last <= GAP + 1 => *last = *at,
            None if *at <= GAP + 1 => ranges.push((1, *at)),
            _ => ranges.push((*at, *at)),
        }
    }
    ranges
}
