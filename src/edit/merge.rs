//! Two texts that come from one, put together line by line: the three-way merge of diff3 (Khanna, Kunal, Pierce, "A formal
//! investigation of diff3", 2007), where changes that touch are a conflict, as in git.
//!
//! Never writes conflict markers: what does not agree is returned with its lines, and nothing is guessed.

use super::compare::compare;
use super::line::lines;
use similar::DiffTag;
use std::ops::Range;

/// Lines that both sides changed, differently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clash {
    /// Lines of the base, 0-based.
    pub base: Range<usize>,
    /// Lines of our side, 0-based.
    pub ours: Range<usize>,
    /// Lines of their side, 0-based.
    pub theirs: Range<usize>,
}

/// Puts what `ours` and `theirs` each made of `base` together, byte for byte.
///
/// # Errors
/// Every place where both changed the same or touching lines to something different, in order.
pub fn merge3(base: &str, ours: &str, theirs: &str) -> Result<String, Vec<Clash>> {
    if ours == theirs || theirs == base {
        return Ok(ours.to_owned());
    }
    if ours == base {
        return Ok(theirs.to_owned());
    }
    let (base, ours, theirs) = (lines(base), lines(ours), lines(theirs));
    let (mine, other) = (changes(&base, &ours), changes(&base, &theirs));
    let (mut mine, mut other) = (Side::new(&mine), Side::new(&other));
    let (mut text, mut clashes, mut at) = (String::new(), Vec::new(), 0);
    while let Some(start) = [mine.next_start(), other.next_start()].into_iter().flatten().min() {
        // The region grows until neither side has a change that touches it.
        let mut region = start..start;
        while mine.take(&mut region) || other.take(&mut region) {}
        text.extend(base[at..region.start].iter().copied());
        at = region.end;
        let (here, there) = (mine.lines_of(&region), other.lines_of(&region));
        match (mine.close(), other.close()) {
            (true, false) => text.extend(ours[here].iter().copied()),
            (false, true) => text.extend(theirs[there].iter().copied()),
            _ if ours[here.clone()] == theirs[there.clone()] => text.extend(ours[here].iter().copied()),
            _ => clashes.push(Clash { base: region, ours: here, theirs: there }),
        }
    }
    text.extend(base[at..].iter().copied());
    if clashes.is_empty() { Ok(text) } else { Err(clashes) }
}

/// One change: lines of the base, and the lines that took their place.
type Change = (Range<usize>, Range<usize>);

/// What one side changed, in order.
fn changes(base: &[&str], side: &[&str]) -> Vec<Change> {
    let ops = compare(base, side);
    ops.iter().filter(|op| op.tag() != DiffTag::Equal).map(|op| (op.old_range(), op.new_range())).collect()
}

/// The walk over one side's changes.
struct Side<'a> {
    changes: &'a [Change],
    /// The next change that is in no region yet.
    next: usize,
    /// The first change of the region under way.
    first: usize,
    /// How much further this side's lines are than the base's, before the region under way.
    shift: isize,
}

impl<'a> Side<'a> {
    fn new(changes: &'a [Change]) -> Side<'a> {
        Side { changes, next: 0, first: 0, shift: 0 }
    }

    fn next_start(&self) -> Option<usize> {
        self.changes.get(self.next).map(|(base, _)| base.start)
    }

    /// Takes the next change into the region if it touches it. Whether it did.
    fn take(&mut self, region: &mut Range<usize>) -> bool {
        let Some((base, _)) = self.changes.get(self.next).filter(|(base, _)| base.start <= region.end) else {
            return false;
        };
        region.end = region.end.max(base.end);
        self.next += 1;
        true
    }

    /// This side's lines of the region.
    fn lines_of(&self, region: &Range<usize>) -> Range<usize> {
        let grown: isize = self.changes[self.first..self.next].iter().map(growth).sum();
        region.start.saturating_add_signed(self.shift)..region.end.saturating_add_signed(self.shift + grown)
    }

    /// Ends the region. Whether this side changed something in it.
    fn close(&mut self) -> bool {
        let region = &self.changes[self.first..self.next];
        self.shift += region.iter().map(growth).sum::<isize>();
        let changed = !region.is_empty();
        self.first = self.next;
        changed
    }
}

fn growth((base, side): &Change) -> isize {
    side.len() as isize - base.len() as isize
}
