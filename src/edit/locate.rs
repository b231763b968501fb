//! Finds the lines an edit means in a file, and says how sure that is.
//!
//! Four ways, the strictest first: exact, but for blanks at line ends, but for one common indentation, and by
//! similarity between two lines that are exact. A way that finds two places ends the search: nothing is guessed.

use super::document::{Document, Key};
use super::line::{content, indent};
use crate::domain::word;
use serde::{Deserialize, Serialize};
use similar::{Algorithm, DiffOp, TextDiff, capture_diff_slices};
use std::collections::HashMap;

/// Least similarity that is accepted for lines that are not the same.
pub(super) const MIN_SCORE: f64 = 0.9;
/// How much better than the next best place a similar one has to be.
const MARGIN: f64 = 0.05;
/// Share of words a place must have in common with the search lines to be named as "did you mean".
const MIN_HINT: f64 = 0.5;
/// At most this many places are named.
const MAX_HINTS: usize = 3;
/// At most this many places are scored by similarity; with more, the anchors are too common to tell anything.
const MAX_SCORED: usize = 64;
/// Longer searches are not scored by similarity (characters times places would take too long).
const MAX_SCORED_LINES: usize = 400;
/// Lines longer than this (bytes) count as wholly different where they differ.
const MAX_SCORED_LINE: usize = 500;
/// Bytes compared character by character for one edit; what lies beyond counts as different.
const MAX_COMPARED: usize = 100_000;

/// How a place was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Match {
    /// Every line is the same.
    Exact,
    /// The same but for blanks at the ends of lines.
    TrailingBlanks,
    /// The same but for one indentation common to all lines.
    Indentation,
    /// First and last line are the same, those between nearly.
    Similar,
}

/// Where and how one edit was placed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Located {
    /// The file.
    pub path: String,
    /// Which of the file's edits, from 1.
    pub block: usize,
    /// How it was found.
    pub how: Match,
    /// 1 unless `how` is `Similar`: then the share of characters that agree, at least 0.9.
    pub score: f64,
    /// 1-based first and last line, in the text as the edits before it left it.
    pub lines: (u32, u32),
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Place {
    /// First line, from 0.
    pub start: usize,
    /// `bounds[i]..bounds[i + 1]`, counted from `start`, are the file's lines for search line `i`.
    pub bounds: Vec<usize>,
    pub how: Match,
    pub score: f64,
    pub shift: Shift,
}

impl Place {
    fn aligned(start: usize, length: usize, how: Match, shift: Shift) -> Self {
        Place { start, bounds: (0..=length).collect(), how, score: 1.0, shift }
    }

    /// Lines of the file it covers.
    pub(super) fn length(&self) -> usize {
        self.bounds.last().copied().unwrap_or(0)
    }
}

/// What to do to the indentation of lines that are put in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Shift {
    #[default]
    None,
    /// The file has this more.
    Add(String),
    /// The search lines have this too much.
    Remove(String),
}

impl Shift {
    /// `line` with the file's indentation; `None` if it is not indented as far as it would have to be.
    pub(super) fn apply(&self, line: &str) -> Option<String> {
        if line.trim().is_empty() {
            return Some(line.to_owned());
        }
        match self {
            Shift::None => Some(line.to_owned()),
            Shift::Add(more) => Some(format!("{more}{line}")),
            Shift::Remove(less) => line.strip_prefix(less.as_str()).map(str::to_owned),
        }
    }
}

/// Why no place was found. Line ranges are 1-based, first and last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Miss {
    /// Two or more places fit equally.
    Many(Vec<(u32, u32)>),
    /// None fits.
    None,
}

/// What an edit says of its place beside the lines. Decides between exact places only.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Stated<'a> {
    /// The 1-based first line.
    pub line: Option<u32>,
    /// Lines that stand above it, outermost first.
    pub anchors: &'a [String],
    /// Whether it ends with the file.
    pub at_end: bool,
}

/// Finds `search`, lines with their ends, in a file.
pub(super) fn locate(file: &Document, search: &[&str], stated: Stated) -> Result<Place, Miss> {
    let search: Vec<&str> = search.iter().map(|l| content(l)).collect();
    let exact = file.windows(&search, Key::Content);
    if !exact.is_empty() {
        let places = meant(file, exact, search.len(), stated);
        return only(places.into_iter().map(|s| Place::aligned(s, search.len(), Match::Exact, Shift::None)).collect());
    }
    let (mut loose, mut shifted) = (Vec::new(), Vec::new());
    for start in file.windows(&search, Key::Trimmed) {
        let window = file.contents(start..start + search.len());
        if window.iter().zip(&search).all(|(a, b)| a.trim_end() == b.trim_end()) {
            loose.push(Place::aligned(start, search.len(), Match::TrailingBlanks, Shift::None));
        } else if let Some(shift) = shift(&window, &search) {
            shifted.push(Place::aligned(start, search.len(), Match::Indentation, shift));
        }
    }
    if let Some(places) = [loose, shifted].into_iter().find(|places| !places.is_empty()) {
        return only(places);
    }
    match similar_places(file, &search) {
        places if places.is_empty() => Err(Miss::None),
        places => only(places),
    }
}

/// Of places that fit equally the one that is meant, if something says which; else all.
fn meant(file: &Document, places: Vec<usize>, length: usize, stated: Stated) -> Vec<usize> {
    let named = |place: &usize| stated.line.is_some_and(|line| place + 1 == line as usize);
    let last = |place: &usize| stated.at_end && place + length == file.len();
    if let Some(place) = places.iter().find(|place| named(place)).or(places.iter().find(|place| last(place))) {
        return vec![*place];
    }
    let Some((own, outer)) = stated.anchors.split_last().filter(|_| places.len() > 1) else { return places };
    // An anchor below which it may stand: the whole chain is above it, each below the one before.
    let mut above = 0;
    for anchor in outer {
        match file.windows(&[anchor], Key::Trimmed).into_iter().find(|at| *at >= above) {
            Some(at) => above = at + 1,
            None => return places,
        }
    }
    let owners: Vec<usize> = file.windows(&[own], Key::Trimmed).into_iter().filter(|at| *at >= above).collect();
    let [owner] = owners.as_slice() else { return places };
    let end = block_end(file, *owner);
    let inside: Vec<usize> = places.iter().copied().filter(|place| *place >= *owner && place + length <= end).collect();
    if inside.len() == 1 { inside } else { places }
}

/// The first line behind the block that a line heads: not blank, indented no further than the line, no closing bracket.
fn block_end(file: &Document, head: usize) -> usize {
    let deep = indent(file.line(head)).len();
    let ends = |at: &usize| {
        let line = content(file.line(*at));
        let closing = line.trim_start().starts_with(['}', ')', ']']);
        !line.trim().is_empty() && indent(line).len() <= deep && !closing
    };
    (head + 1..file.len()).find(ends).unwrap_or(file.len())
}

fn only(mut places: Vec<Place>) -> Result<Place, Miss> {
    match places.len() {
        1 => Ok(places.remove(0)),
        _ => Err(Miss::Many(places.iter().map(|p| range(p.start, p.length())).collect())),
    }
}

/// 1-based first and last line.
pub(super) fn range(start: usize, length: usize) -> (u32, u32) {
    let line = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    (line(start + 1), line(start + length.max(1)))
}

/// The one indentation by which all lines of `search` differ from `window`, whose trimmed lines are the same.
fn shift(window: &[&str], search: &[&str]) -> Option<Shift> {
    let mut found: Option<Shift> = None;
    for (file, wanted) in window.iter().zip(search).filter(|(f, _)| !f.trim().is_empty()) {
        let (file, wanted) = (indent(file), indent(wanted));
        let this = if let Some(more) = file.strip_suffix(wanted) {
            Shift::Add(more.to_owned())
        } else if let Some(less) = wanted.strip_suffix(file) {
            Shift::Remove(less.to_owned())
        } else {
            return None;
        };
        match &found {
            None => found = Some(this),
            Some(shift) if *shift == this => {}
            Some(_) => return None,
        }
    }
    found
}

/// The place between the search's first and last line (exact but for trailing blanks) whose lines between are nearly the
/// same, with those that come too near to it: of overlapping places only the best counts.
fn similar_places(file: &Document, search: &[&str]) -> Vec<Place> {
    let solid = search.iter().filter(|l| !l.trim().is_empty()).count();
    let (Some(first), Some(last)) = (search.first(), search.last()) else { return Vec::new() };
    if solid < 3 || search.len() > MAX_SCORED_LINES || first.trim().is_empty() || last.trim().is_empty() {
        return Vec::new();
    }
    let slack = (search.len() / 5).max(2);
    let at = |anchor: &str| -> Vec<usize> {
        let mut places = file.windows(&[anchor], Key::Trimmed);
        places.retain(|at| content(file.line(*at)).trim_end() == anchor.trim_end());
        places
    };
    let (starts, ends) = (at(first), at(last));
    if starts.len() > MAX_SCORED || ends.len() > MAX_SCORED {
        return Vec::new();
    }
    let mut places: Vec<Place> = Vec::new();
    let mut left = MAX_COMPARED;
    for start in starts {
        for end in ends.iter().filter(|e| **e > start && (*e - start + 1).abs_diff(search.len()) <= slack) {
            let (score, bounds) = score(&file.contents(start..end + 1), search, &mut left);
            if score < MIN_SCORE - MARGIN {
                continue;
            }
            let place = Place { start, bounds, how: Match::Similar, score, shift: Shift::None };
            match places.iter_mut().find(|p| p.start <= *end && start < p.start + p.length()) {
                Some(other) if other.score < score => *other = place,
                Some(_) => {}
                None => places.push(place),
            }
        }
    }
    let best = places.iter().map(|p| p.score).fold(0.0, f64::max);
    if best < MIN_SCORE {
        return Vec::new();
    }
    places.retain(|p| p.score >= MIN_SCORE || p.score > best - MARGIN);
    places
}

/// The share of characters that agree, and which lines of the window stand for which search line.
/// `left` is what may still be compared character by character.
fn score(window: &[&str], search: &[&str], left: &mut usize) -> (f64, Vec<usize>) {
    let trimmed = |lines: &[&str]| lines.iter().map(|l| l.trim_end().to_owned()).collect::<Vec<_>>();
    let (ours, wanted) = (trimmed(window), trimmed(search));
    let weight = |l: &String| l.len() as f64 + 1.0;
    let total: f64 = ours.iter().chain(&wanted).map(weight).sum();
    let mut agreed = 0.0;
    let mut bounds = vec![0; search.len() + 1];
    for op in capture_diff_slices(Algorithm::Myers, &wanted, &ours) {
        let (old, new) = (op.old_range(), op.new_range());
        for (i, s) in old.clone().enumerate() {
            bounds[s + 1] = if s + 1 == old.end { new.end } else { (new.start + i + 1).min(new.end) };
        }
        match op {
            DiffOp::Equal { .. } => agreed += 2.0 * wanted[old].iter().map(weight).sum::<f64>(),
            DiffOp::Replace { .. } => {
                for (a, b) in wanted[old].iter().zip(&ours[new]) {
                    let bytes = a.len() + b.len();
                    if a.len().max(b.len()) <= MAX_SCORED_LINE && bytes <= *left {
                        *left -= bytes;
                        agreed += f64::from(TextDiff::from_chars(a, b).ratio()) * (weight(a) + weight(b));
                    }
                }
            }
            // Lines only the file has belong to the search line before them.
            DiffOp::Insert { .. } => bounds[old.start] = new.end,
            DiffOp::Delete { .. } => {}
        }
    }
    (agreed / total, bounds)
}

/// The places that share most words with the search lines, best first: for the message only.
pub(super) fn nearest(file: &[&str], search: &[&str]) -> Vec<(u32, u32)> {
    let mut wanted: HashMap<&str, i64> = HashMap::new();
    for word in search.iter().flat_map(|l| word::all(l)) {
        *wanted.entry(word).or_default() += 1;
    }
    let total: i64 = wanted.values().sum();
    if total == 0 || file.is_empty() {
        return Vec::new();
    }
    let length = search.len().min(file.len());
    let (mut common, mut words) = (0i64, 0i64);
    let mut scored = Vec::new();
    for (i, line) in file.iter().enumerate() {
        for word in word::all(line) {
            words += 1;
            if let Some(left) = wanted.get_mut(word) {
                common += i64::from(*left > 0);
                *left -= 1;
            }
        }
        if i >= length {
            for word in word::all(file[i - length]) {
                words -= 1;
                if let Some(left) = wanted.get_mut(word) {
                    *left += 1;
                    common -= i64::from(*left > 0);
                }
            }
        }
        if i + 1 >= length {
            scored.push((2.0 * common as f64 / (total + words) as f64, i + 1 - length));
        }
    }
    scored.retain(|(score, _)| *score >= MIN_HINT);
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let mut chosen: Vec<usize> = Vec::new();
    for (_, start) in scored {
        if chosen.len() == MAX_HINTS {
            break;
        }
        if chosen.iter().all(|c| c.abs_diff(start) >= length) {
            chosen.push(start);
        }
    }
    chosen.into_iter().map(|s| range(s, length)).collect()
}
