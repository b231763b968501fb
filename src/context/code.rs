//! Chooses the code of a prompt: of the files that rank best the pieces that answer the request best, then the heads of
//! what stands around them. Never passes its room, and never shows part of a file as if it were whole.

use super::chunk::{Chunk, chunks, head};
use super::excerpt::{MARK, block, closed, excerpt, ranges};
use super::omission;
use super::query::{Hits, Query};
use super::room::Room;
use crate::domain::change::{FileContent, FileSnapshot};
use crate::domain::context::{ContextItem, ContextKind, Unseen};
use crate::domain::intent::Action;
use crate::domain::language::Language;
use crate::domain::outline::{Definition, DefinitionKind, Outline};
use crate::domain::test_file::is_test;
use std::collections::BTreeSet;

/// What a file's rank adds to the score of its pieces (1 for the one whose words fit best), and what its being a test leaves
/// of it, unless tests are asked for.
const RANK: f64 = 0.7;
const TEST: f64 = 0.5;
/// What a function gains, since most of what has to change stands in one, and what a piece loses that defines nothing.
const FUNCTION: f64 = 0.3;
const BETWEEN: f64 = 0.1;
/// What a piece gains that is the likest to the request in meaning.
const MEANING: f64 = 0.3;
/// What a piece gains that the request names as a symbol.
const NAMED_SYMBOL: f64 = 2.0;
/// Files up to this many tokens are shown whole or not at all.
const SMALL_FILE: u32 = 250;
/// Marks that a piece is taken to cost beside its lines: more than it has, as texts count for more joined than apart.
const SEAMS: u32 = 3;
/// Pieces that do not fit before no more are tried.
const MISSES: usize = 40;
/// A piece that does not fit is shortened to no less than this.
const LEAST_LINES: u32 = 8;
/// Rank from which on pieces of a file are shown that answer nothing of the request by themselves.
const TOP: f64 = 0.8;
/// Part of the room, in per cent, that the heads of what is not shown may take.
const HEADS_SHARE: u32 = 4;

/// A file that may be shown.
pub(super) struct Candidate<'a> {
    /// What it holds.
    pub snapshot: &'a FileSnapshot,
    /// Why it is a candidate.
    pub reason: &'a str,
    /// Whether the request names it: it is shown before everything else, whole if there is room.
    pub named: bool,
    /// How well it ranks among the candidates, 0 to 1.
    pub rank: f64,
    /// Its definitions that are like the request in meaning, as in the ranking.
    pub alike: &'a [(u32, f64)],
}

/// The code that was chosen.
pub(super) struct Code {
    /// The items.
    pub room: Room,
    /// The files that are shown whole, and those named that do not exist.
    pub files: Vec<FileSnapshot>,
    /// Those named of which nothing is shown.
    pub unseen: Vec<Unseen>,
}

/// A file cut into pieces.
pub(super) struct Cut<'a> {
    pub path: &'a str,
    pub text: &'a str,
    /// Whether the request names it and it is not told of yet.
    pub named: bool,
    lines: Vec<&'a str>,
    outline: Option<Outline>,
    chunks: Vec<Chunk>,
    /// Tokens of the whole file, with its title.
    whole: u32,
    pub reason: &'a str,
    alike: &'a [(u32, f64)],
    /// 1-based lines to show.
    pub shown: BTreeSet<u32>,
    /// Tokens that these lines take, at most.
    used: u32,
    is_whole: bool,
    /// The names of the pieces chosen, best first.
    because: Vec<String>,
}

/// A piece, where it is and what it is worth.
struct Piece {
    file: usize,
    chunk: usize,
    score: f64,
}

/// Fills `room` from the candidates, best first in each of its steps.
pub(super) fn choose(
    query: &Query,
    action: Action,
    candidates: &[Candidate],
    room: Room,
    count: &dyn Fn(&str) -> u32,
) -> Code {
    let mut code = Code { room, files: Vec::new(), unseen: Vec::new() };
    let withheld = omission::withhold(candidates, &mut code, count);
    let mut cuts = Vec::new();
    let mut ranks = Vec::new();
    for candidate in candidates {
        let path = candidate.snapshot.path.as_str();
        let FileContent::Text { text } = &candidate.snapshot.content else {
            omission::tell(candidate, &mut code, count);
            continue;
        };
        if withheld.contains(&path) {
            continue;
        }
        let whole = count(&block("FILE", path, text));
        if candidate.named && whole <= code.room.left() / 4 * 3 {
            code.room.take(item(path, block("FILE", path, text), whole, candidate.reason.to_owned()));
            code.files.push(candidate.snapshot.clone());
            continue;
        }
        cuts.push(Cut::new(candidate, text, whole));
        ranks.push(if candidate.named { 2.0 } else { candidate.rank });
    }
    let mut pieces = pieces(query, action, &cuts, &ranks);
    loop {
        let left = code.room.left();
        fill(&mut cuts, &pieces, left - left / 100 * HEADS_SHARE, count);
        show_heads(&mut cuts, left, count);
        // More than once: what was kept back for seams turns out to be free.
        (0..3).for_each(|_| fill(&mut cuts, &pieces, left, count));
        // What is named comes before what is not, even if no line of it fits: then the others are chosen anew.
        let begun = omission::begin(&cuts, &mut code, count);
        if begun.is_empty() {
            break;
        }
        begun.iter().for_each(|at| cuts[*at].named = false);
        pieces.retain(|piece| !begun.contains(&piece.file));
        cuts.iter_mut().for_each(Cut::clear);
    }
    write(&cuts, &mut code, candidates, count);
    code
}

impl<'a> Cut<'a> {
    fn new(candidate: &Candidate<'a>, text: &'a str, whole: u32) -> Cut<'a> {
        let path = candidate.snapshot.path.as_str();
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        // A scan: which pieces there are and what they are called is all that is asked here, of every candidate.
        let outline = Language::from_path(path).map(|language| crate::syntax::scan(language, text));
        let chunks = match whole <= SMALL_FILE && !lines.is_empty() {
            true => vec![Chunk { lines: (1, number(lines.len())), heads: Vec::new(), definition: None }],
            false => chunks(outline.as_ref(), &lines),
        };
        let (named, reason, alike) = (candidate.named, candidate.reason, candidate.alike);
        let (shown, because) = (BTreeSet::new(), Vec::new());
        Cut {
            path,
            text,
            named,
            lines,
            outline,
            chunks,
            whole,
            reason,
            alike,
            shown,
            used: 0,
            is_whole: false,
            because,
        }
    }

    /// Nothing of it is chosen yet.
    fn clear(&mut self) {
        (self.shown, self.because, self.used, self.is_whole) = (BTreeSet::new(), Vec::new(), 0, false);
    }

    /// Tokens of an excerpt's title, fence and first mark.
    fn frame(&self, count: &dyn Fn(&str) -> u32) -> u32 {
        count(&block("EXCERPT", self.path, MARK)).saturating_add(SEAMS)
    }

    fn text_of(&self, chunk: &Chunk) -> String {
        self.lines[chunk.lines.0 as usize - 1..chunk.lines.1 as usize].concat()
    }

    /// How like the request in meaning the definition is that begins in a piece.
    fn likeness(&self, chunk: &Chunk) -> f64 {
        let begins = |line: u32| (chunk.lines.0..=chunk.lines.1).contains(&line);
        self.alike.iter().filter(|(line, _)| begins(*line)).map(|(_, worth)| *worth).fold(0.0, f64::max)
    }

    fn definitions(&self) -> &[Definition] {
        self.outline.as_ref().map_or(&[], |outline| &outline.definitions)
    }

    fn definition(&self, chunk: &Chunk) -> Option<&Definition> {
        self.definitions().get(chunk.definition? as usize)
    }

    /// Whether the request names what a piece is: by a symbol, or by a bare word inside a class or file that it names. Of what
    /// has methods only the piece with its head is meant: the others of its body answer by their words.
    fn is_asked_for(&self, chunk: &Chunk, query: &Query) -> bool {
        let Some(own) = self.definition(chunk) else {
            return self.whole <= SMALL_FILE && self.definitions().iter().any(|d| query.names(&d.name));
        };
        if query.names(&own.name) {
            let is_method = |d: &Definition| d.container == chunk.definition && d.kind == DefinitionKind::Method;
            let head = head(own, &self.lines);
            return (chunk.lines.0..=chunk.lines.1).contains(&head) || !self.definitions().iter().any(is_method);
        }
        let around = own.container.and_then(|at| self.definitions().get(at as usize));
        query.speaks_of(&own.name) && (self.named || around.is_some_and(|around| query.names(&around.name)))
    }

    /// The names around a piece and its own.
    fn name(&self, chunk: &Chunk) -> (String, String) {
        let Some(own) = self.definition(chunk) else { return Default::default() };
        let mut place = String::new();
        let mut next = own.container;
        while let Some(around) = next.and_then(|at| self.outline.as_ref()?.definitions.get(at as usize)) {
            place = format!("{} {place}", around.name);
            next = around.container.filter(|at| Some(*at) < next);
        }
        (place, own.name.clone())
    }
}

/// Every piece with its worth, best first.
fn pieces(query: &Query, action: Action, cuts: &[Cut], ranks: &[f64]) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut hits = Vec::new();
    for (file, cut) in cuts.iter().enumerate() {
        for (at, chunk) in cut.chunks.iter().enumerate() {
            let text = cut.text_of(chunk);
            let mut found = Hits::default();
            let (place, name) = cut.name(chunk);
            query.count(&text, &mut found);
            query.count_name(&name, &mut found);
            query.count_place(&place, &mut found);
            query.count_place(cut.path, &mut found);
            hits.push(found);
            pieces.push(Piece { file, chunk: at, score: 0.0 });
        }
    }
    let scores = query.scores(&hits);
    let best = scores.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
    for (piece, score) in pieces.iter_mut().zip(scores) {
        let cut = &cuts[piece.file];
        let chunk = &cut.chunks[piece.chunk];
        let definition = cut.definition(chunk);
        let named = cut.is_asked_for(chunk, query);
        let kind = match definition.map(|d| d.kind) {
            Some(DefinitionKind::Function | DefinitionKind::Method) => FUNCTION,
            other => other.map_or(-BETWEEN, |_| 0.0),
        };
        let rank = ranks[piece.file];
        let worth = if score > 0.0 || named || rank >= TOP {
            score / best + RANK * rank + kind + if named { NAMED_SYMBOL } else { 0.0 }
        } else {
            0.0
        };
        let worth = worth + MEANING * cut.likeness(chunk);
        piece.score = if action != Action::Test && is_test(cut.path) { worth * TEST } else { worth };
    }
    pieces.retain(|piece| piece.score > 0.0);
    pieces.sort_by(|a, b| b.score.total_cmp(&a.score).then((a.file, a.chunk).cmp(&(b.file, b.chunk))));
    pieces
}

/// Chooses pieces while they fit. A file most of which is chosen is shown whole; of a file of which nothing is shown yet at
/// least the beginning of its best piece is.
fn fill(cuts: &mut [Cut], pieces: &[Piece], limit: u32, count: &dyn Fn(&str) -> u32) {
    cuts.iter_mut().filter(|cut| !cut.is_whole && !cut.shown.is_empty()).for_each(|cut| {
        cut.used = count(&excerpt(cut.path, &cut.lines, &cut.shown));
    });
    let (mut used, mut misses, mark) = (used(cuts), 0, count(MARK).saturating_mul(SEAMS));
    for piece in pieces {
        let cut = &mut cuts[piece.file];
        if cut.is_whole {
            continue;
        }
        let chunk = cut.chunks[piece.chunk].clone();
        if (chunk.lines.0..=chunk.lines.1).all(|line| cut.shown.contains(&line)) {
            continue;
        }
        let (first, mut last) = chunk.lines;
        let room = limit.saturating_sub(used.saturating_sub(cut.used));
        let taken = loop {
            let lines = (first..=last).chain(chunk.heads.iter().copied()).chain(cut.shown.iter().copied());
            let lines = closed(lines.collect());
            let fresh: String = lines.difference(&cut.shown).map(|at| cut.lines[*at as usize - 1]).collect();
            let marks = mark.saturating_mul(1 + number(chunk.heads.len()));
            let begun = if cut.shown.is_empty() { cut.frame(count) } else { cut.used };
            let bound = begun.saturating_add(count(&fresh)).saturating_add(marks);
            // Counting the whole excerpt for every piece would cost the square of their number.
            let added = if bound <= room { bound } else { count(&excerpt(cut.path, &cut.lines, &lines)) };
            if added <= room {
                break Some((lines, added));
            }
            let length = last - first + 1;
            let is_kept_whole = chunk.definition.is_some() && !cut.shown.is_empty();
            if is_kept_whole || length < 2 * LEAST_LINES {
                break None;
            }
            last = first + length / 2 - 1;
        };
        let Some((lines, added)) = taken else {
            misses += 1;
            if misses > MISSES {
                break;
            }
            continue;
        };
        cut.is_whole = added.saturating_mul(5) / 4 >= cut.whole && cut.whole <= room;
        let added = if cut.is_whole { cut.whole } else { added };
        used = used.saturating_sub(cut.used).saturating_add(added);
        cut.used = added;
        cut.shown = lines;
        let (_, name) = cut.name(&chunk);
        if !name.is_empty() && !cut.because.contains(&name) {
            cut.because.push(name);
        }
    }
}

/// Tokens of what is chosen so far.
fn used(cuts: &[Cut]) -> u32 {
    cuts.iter().fold(0, |sum, cut| sum.saturating_add(cut.used))
}

/// Adds the heads of definitions that are not shown, to files of which something is shown, while there is room.
fn show_heads(cuts: &mut [Cut], limit: u32, count: &dyn Fn(&str) -> u32) {
    let (mut left, mark) = (limit.saturating_sub(used(cuts)), count(MARK).saturating_mul(2));
    for cut in cuts.iter_mut().filter(|cut| !cut.is_whole && !cut.shown.is_empty()) {
        let heads: Vec<u32> = cut.definitions().iter().map(|d| head(d, &cut.lines)).collect();
        for at in heads.into_iter().filter(|at| *at as usize <= cut.lines.len()) {
            // With the gaps that it closes.
            let lines = closed(cut.shown.iter().copied().chain([at]).collect());
            let fresh: String = lines.difference(&cut.shown).map(|at| cut.lines[*at as usize - 1]).collect();
            if fresh.is_empty() {
                continue;
            }
            let added = count(&fresh).saturating_add(mark);
            if added > left || cut.used.saturating_add(added) >= cut.whole {
                break;
            }
            left -= added;
            cut.used = cut.used.saturating_add(added);
            cut.shown = lines;
        }
    }
}

/// Makes the items, and says which named files there was no room for.
fn write(cuts: &[Cut], code: &mut Code, candidates: &[Candidate], count: &dyn Fn(&str) -> u32) {
    let mut omitted = Vec::new();
    for cut in cuts {
        let snapshot = candidates.iter().find(|c| c.snapshot.path == cut.path).map(|c| c.snapshot);
        if cut.is_whole {
            let taken =
                code.room.take(item(cut.path, block("FILE", cut.path, cut.text), cut.whole, cut.reason.to_owned()));
            code.files.extend(snapshot.filter(|_| taken).cloned());
            continue;
        }
        let mut shown = cut.shown.clone();
        let (text, tokens) = loop {
            let text = excerpt(cut.path, &cut.lines, &shown);
            let tokens = count(&text);
            // Joined, texts may count for more than apart: what is too much goes from the end.
            match ranges(&shown).last() {
                Some((first, _)) if tokens > code.room.left() => drop(shown.split_off(first)),
                _ => break (text, tokens),
            }
        };
        if shown.is_empty() {
            omitted.extend(Some(cut.path).filter(|_| cut.named));
            continue;
        }
        let because = cut.because.iter().take(4).map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ");
        let because = if because.is_empty() { String::new() } else { format!("; {because}") };
        let lines = ranges(&shown);
        let shown: u32 = lines.iter().map(|(first, last)| last - first + 1).sum();
        let reason = format!("{}{because}; {shown} of {} lines", cut.reason, cut.lines.len());
        let mut item = item(cut.path, text, tokens, reason);
        item.lines = lines;
        code.room.take(item);
    }
    omission::omit(&omitted, code, count);
}

pub(super) fn item(label: &str, text: String, tokens: u32, reason: String) -> ContextItem {
    ContextItem { kind: ContextKind::Code, label: label.to_owned(), lines: Vec::new(), text, tokens, reason }
}

fn number(lines: usize) -> u32 {
    u32::try_from(lines).unwrap_or(u32::MAX)
}
