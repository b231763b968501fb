//! Text that a model left out behind a remark ("… existing code …"), put in again from where it stands.
//!
//! Only where the lines around each remark leave no doubt: each has to stand exactly once in the base, in the same order.
//! Anything else is refused; text is never invented and never lost.

use std::ops::Range;

/// Words of a remark that stands for text left out.
const LEFT_OUT: &[&str] = &["existing", "unchanged", "remaining", "rest of", "same as", "previous code", "as before"];
/// Signs a comment begins with.
const COMMENTS: &[&str] = &["#", "//", "/*", "<!--", "--", ";", "...", "{/*", "…"];
/// Most lines beside a remark that are looked for together.
const MOST_BESIDE: usize = 12;

/// Whether a line is a remark that stands for text left out.
fn is_remark(line: &str) -> bool {
    let line = line.trim();
    let dots = line.contains("...") || line.contains('…');
    if !dots || !COMMENTS.iter().any(|mark| line.starts_with(mark)) {
        return false;
    }
    let lower = line.to_ascii_lowercase();
    LEFT_OUT.iter().any(|words| lower.contains(words))
}

/// The first remark of a text for something left out, unless the base has the very line.
pub(super) fn remark<'t>(text: &'t str, base: &[&str]) -> Option<&'t str> {
    text.lines().map(str::trim).find(|line| is_remark(line) && !base.iter().any(|known| known.trim() == *line))
}

/// Whether a text may have a remark: cheap, and wrong only by saying yes.
pub(super) fn suspects(text: &str) -> bool {
    text.contains("...") || text.contains('…')
}

/// The text with what its remarks stand for in the base; both without line ends. `None` where that is not beyond doubt.
pub(super) fn expand(text: &[&str], base: &[&str]) -> Option<Vec<String>> {
    let parts = parts(text, base);
    let mut whole: Vec<String> = Vec::new();
    let mut from = 0;
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            // What stands between the part before and this one.
            let start = match parts[at - 1] {
                [] if at == 1 => 0,
                before => above(before, base)?.end,
            };
            let end = match part {
                [] if at + 1 == parts.len() => base.len(),
                behind => below(behind, base)?.start,
            };
            if start < from || end < start {
                return None;
            }
            whole.extend(base[start..end].iter().map(|line| (*line).to_owned()));
            from = end;
        }
        whole.extend(part.iter().map(|line| (*line).to_owned()));
    }
    Some(whole)
}

/// A block's lines to find and their replacement, with what their remarks stand for in the file: both have to leave out the
/// same, or the replacement alone leaves out some of the lines to find.
pub(super) fn expand_block(search: &[&str], replace: &[&str], file: &[&str]) -> Option<(Vec<String>, Vec<String>)> {
    let (wanted, new) = (parts(search, file), parts(replace, file));
    if wanted.len() == 1 {
        return Some((search.iter().map(|l| (*l).to_owned()).collect(), expand(replace, search)?));
    }
    if wanted.len() != new.len() {
        return None;
    }
    // Each part where it stands, one behind the other; what lies between is what was left out.
    let places: Vec<Range<usize>> = wanted.iter().map(|part| once(part, file)).collect::<Option<_>>()?;
    if places.windows(2).any(|pair| pair[1].start < pair[0].end) {
        return None;
    }
    let between: Vec<&[&str]> = places.windows(2).map(|pair| &file[pair[0].end..pair[1].start]).collect();
    let joined = |parts: &[&[&str]]| {
        let mut all: Vec<String> = Vec::new();
        for (at, part) in parts.iter().enumerate() {
            let gap = at.checked_sub(1).map_or(&[][..], |before| between[before]);
            all.extend(gap.iter().chain(*part).map(|line| (*line).to_owned()));
        }
        all
    };
    Some((joined(&wanted), joined(&new)))
}

/// What stands between the remarks, without blank lines beside one: those belong to what it stands for.
fn parts<'a, 't>(text: &'a [&'t str], base: &[&str]) -> Vec<&'a [&'t str]> {
    let is_known = |line: &str| base.iter().any(|known| known.trim() == line.trim());
    let mut parts: Vec<&[&str]> = text.split(|line| is_remark(line) && !is_known(line)).collect();
    let last = parts.len() - 1;
    for (at, part) in parts.iter_mut().enumerate() {
        while at > 0 && part.first().is_some_and(|line| line.trim().is_empty()) {
            *part = &part[1..];
        }
        while at < last && part.last().is_some_and(|line| line.trim().is_empty()) {
            *part = &part[..part.len() - 1];
        }
    }
    parts
}

/// The place of the last lines of a part: as few as stand only once, at least one with something on it.
fn above(part: &[&str], base: &[&str]) -> Option<Range<usize>> {
    let most = part.len().min(MOST_BESIDE);
    (1..=most).find_map(|length| once(&part[part.len() - length..], base))
}

/// The place of the first lines of a part, likewise.
fn below(part: &[&str], base: &[&str]) -> Option<Range<usize>> {
    let most = part.len().min(MOST_BESIDE);
    (1..=most).find_map(|length| once(&part[..length], base))
}

/// Where lines stand if that is exactly one place.
fn once(lines: &[&str], base: &[&str]) -> Option<Range<usize>> {
    if lines.iter().all(|line| line.trim().is_empty()) {
        return None;
    }
    let same = |window: &[&str]| window.iter().zip(lines).all(|(a, b)| a.trim_end() == b.trim_end());
    let mut places = base.windows(lines.len()).enumerate().filter(|(_, window)| same(window)).map(|(at, _)| at);
    let first = places.next()?;
    places.next().is_none().then(|| first..first + lines.len())
}
