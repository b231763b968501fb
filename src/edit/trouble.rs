//! Why an edit does not fit, in words that a model can mend it by.

use super::ProblemKind;
use super::document::Document;
use super::line::content;
use super::locate::{Match, Miss, Stated, locate, nearest, range};

/// A problem of one edit.
pub(super) struct Trouble {
    pub kind: ProblemKind,
    pub message: String,
    pub candidates: Vec<(u32, u32)>,
}

/// This problem.
pub(super) fn trouble<T>(kind: ProblemKind, message: impl Into<String>) -> Result<T, Trouble> {
    Err(Trouble { kind, message: message.into(), candidates: Vec::new() })
}

/// Text is left out, and what cannot be told.
pub(super) fn elided<T>(line: &str) -> Result<T, Trouble> {
    let message = format!(
        "the line `{line}` stands for text that is missing, and the lines beside it do not say which; write all lines"
    );
    trouble(ProblemKind::Elided, message)
}

/// The new lines are there.
pub(super) fn applied_before(lines: (u32, u32)) -> Trouble {
    let message = format!("already applied: the new lines are there at {}", named(&[lines]));
    Trouble { kind: ProblemKind::AlreadyApplied, message, candidates: vec![lines] }
}

/// `line 5`, `lines 1-2`, `lines 2, 5`.
fn lines(places: &[(u32, u32)]) -> String {
    let is_one = places.len() == 1 && places.iter().all(|(first, last)| first == last);
    format!("{} {}", if is_one { "line" } else { "lines" }, named(places))
}

fn named(places: &[(u32, u32)]) -> String {
    let one = |(a, b): &(u32, u32)| if a == b { format!("{a}") } else { format!("{a}-{b}") };
    places.iter().take(5).map(one).collect::<Vec<_>>().join(", ")
}

/// The lines stood at `stood` of the file as it was read, until edit `changer` of the same answer.
pub(super) fn overlapping(stood: (u32, u32), changer: usize) -> Trouble {
    let message = format!(
        "the SEARCH lines stand at {} of the file as it was read, but edit {changer} changes them before; SEARCH the lines as \
         edit {changer} leaves them, or make one edit of both",
        lines(&[stood])
    );
    Trouble { kind: ProblemKind::NotFound, message, candidates: vec![stood] }
}

/// The lines fit in several places.
pub(super) fn ambiguous(places: Vec<(u32, u32)>) -> Trouble {
    let message = format!(
        "the SEARCH lines fit in {} places ({}); add lines around them until they fit one only",
        places.len(),
        lines(&places)
    );
    Trouble { kind: ProblemKind::Ambiguous, message, candidates: places }
}

/// The lines fit in none, or in several. `hinted`: whether near places are to be looked for.
pub(super) fn missed(miss: Miss, document: &Document, wanted: &[&str], new: &[&str], hinted: bool) -> Trouble {
    if let Miss::Many(places) = miss {
        return ambiguous(places);
    }
    if let Some(lines) = already_there(document, wanted, new) {
        return applied_before(lines);
    }
    let wanted: Vec<&str> = wanted.iter().map(|l| content(l)).collect();
    let candidates = if hinted { nearest(&document.contents(0..document.len()), &wanted) } else { Vec::new() };
    let hint = match candidates.is_empty() {
        true if hinted => "nothing in it comes near.".to_owned(),
        true => String::new(),
        false => format!("did you mean {}?", lines(&candidates)),
    };
    let message = format!("the SEARCH lines are not in the file; {hint} Repeat whole lines exactly as they are.");
    Trouble { kind: ProblemKind::NotFound, message, candidates }
}

/// Where the new lines stand, if they bring something and stand there without doubt.
pub(super) fn already_there(document: &Document, wanted: &[&str], new: &[&str]) -> Option<(u32, u32)> {
    let brings = new.iter().any(|line| !line.trim().is_empty() && !wanted.contains(line));
    let place = brings.then(|| locate(document, new, Stated::default()))?.ok()?;
    (place.how != Match::Similar).then(|| range(place.start, place.length()))
}
