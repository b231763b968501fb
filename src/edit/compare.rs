//! What two lists of lines have in common, as operations that turn one into the other.
//!
//! A function of the lines alone: no deadline by the clock. Many lines are first cut where both sides have a line that each
//! has only once, and where that leaves many, where both have a few lines in a row that each has only once; so that what is
//! left to compare are short gaps. Within them, and for few lines, it is Myers' algorithm; of a gap it gets only the lines that
//! both sides of the gap have, since it takes longest over those that nothing answers to.

use foldhash::fast::{FixedState, RandomState};
use similar::algorithms::{self, Capture, Compact, DiffHook, NoFinishHook, Replace};
use similar::{Algorithm, DiffOp};
use std::collections::HashMap;
use std::convert::Infallible;
use std::hash::BuildHasher;
use std::ops::Range;

/// Lines of both sides together from which on they are cut first. Below it takes no time that could be saved.
const MANY: usize = 2_000;
/// Lines of a gap from which on rows of lines are looked for in it.
const SOME: usize = 400;
/// Lines in a row that have to be there once: one, and where those leave many lines, rows. Six kinds of lines make 1.6 million
/// rows of eight, and 1,296 of four.
const LENGTHS: [usize; 3] = [1, 8, 4];

/// The operations, in order, equal runs included.
pub(super) fn compare<'a>(old: &[&'a str], new: &[&'a str]) -> Vec<DiffOp> {
    let prefix = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let rest = old[prefix..].iter().rev().zip(new[prefix..].iter().rev());
    let suffix = rest.take_while(|(a, b)| a == b).count();
    let (old_end, new_end) = (old.len() - suffix, new.len() - suffix);
    let (olds, news, numbers) = numbered(old, prefix..old_end, new, prefix..new_end);
    let mut captured = Compact::new(Replace::new(Capture::new()), old, new);
    if prefix > 0 {
        let Ok(()) = captured.equal(0, 0, prefix);
    }
    let gap = (prefix..old_end, prefix..new_end);
    if gap.0.len() + gap.1.len() >= MANY {
        let mut shared = Shared { olds: &olds, news: &news, gaps: vec![[0; 2]; numbers + 1], gap: 0 };
        shared.cut(&mut captured, gap, &LENGTHS);
    } else if !gap.0.is_empty() || !gap.1.is_empty() {
        let mut hook = NoFinishHook::new(&mut captured);
        let Ok(()) = algorithms::diff(Algorithm::Myers, &mut hook, &olds, gap.0, &news, gap.1);
    }
    if suffix > 0 {
        let Ok(()) = captured.equal(old_end, new_end, suffix);
    }
    let Ok(()) = captured.finish();
    captured.into_inner().into_inner().into_ops()
}

/// The lines of both sides as numbers from 1, the same for the same line, and how many there are: what follows compares each many
/// times. What is outside of the ranges is 0.
fn numbered<'a>(
    old: &[&'a str],
    old_range: Range<usize>,
    new: &[&'a str],
    new_range: Range<usize>,
) -> (Vec<u32>, Vec<u32>, usize) {
    let mut numbers: HashMap<&str, u32, RandomState> =
        HashMap::with_capacity_and_hasher(old_range.len(), RandomState::default());
    let (start, end) = (old_range.start, old_range.end);
    // By number, where it was seen last on the old side.
    let mut places = vec![0];
    let (mut olds, mut news) = (vec![0; old.len()], vec![0; new.len()]);
    for at in old_range {
        let next = places.len() as u32;
        let number = *numbers.entry(old[at]).or_insert(next);
        if number == next {
            places.push(at)
        } else {
            places[number as usize] = at
        }
        olds[at] = number;
    }
    let mut all = places.len() as u32;
    // Most lines follow the same line as on the old side, and need not be looked up.
    let (mut follows, old) = (start, &old[..end]);
    for at in new_range {
        let is_next = old.get(follows) == Some(&new[at]);
        let number = if is_next { olds[follows] } else { *numbers.entry(new[at]).or_insert(all) };
        follows = match places.get(number as usize) {
            Some(place) if !is_next => place + 1,
            _ => follows + 1,
        };
        all += u32::from(number == all);
        news[at] = number;
    }
    (olds, news, all as usize - 1)
}

/// Lines of the old side and of the new one.
type Gap = (Range<usize>, Range<usize>);

/// What is compared, by numbers of lines, and which lines both sides of a gap have.
struct Shared<'a> {
    olds: &'a [u32],
    news: &'a [u32],
    /// By a line's number, the last gap in which it is on the old side and on the new one.
    gaps: Vec<[u32; 2]>,
    gap: u32,
}

impl Shared<'_> {
    /// Cuts a gap where so many lines in a row are there once on either side, and what is left with the next of `lengths`.
    fn cut<H: DiffHook<Error = Infallible>>(&mut self, hook: &mut H, gap: Gap, lengths: &[usize]) {
        let Some((length, lengths)) = lengths.split_first().filter(|_| gap.0.len() + gap.1.len() >= SOME) else {
            return self.diff(hook, gap);
        };
        let (olds, news) = (self.olds, self.news);
        let (mut o, mut n) = (gap.0.start, gap.1.start);
        let (old_end, new_end) = (gap.0.end, gap.1.end);
        let mut anchors = anchors_of(&olds[gap.0], &news[gap.1], *length);
        anchors.iter_mut().for_each(|(a, b)| (*a, *b) = (*a + o, *b + n));
        anchors.push((old_end, new_end));
        for (mut a, mut b) in anchors {
            // An anchor within the last run was taken with it.
            if a < o || b < n {
                continue;
            }
            let mut length = olds[a..old_end].iter().zip(&news[b..new_end]).take_while(|(x, y)| x == y).count();
            while a > o && b > n && olds[a - 1] == news[b - 1] {
                (a, b, length) = (a - 1, b - 1, length + 1);
            }
            if a > o || b > n {
                self.cut(hook, (o..a, n..b), lengths);
            }
            if length > 0 {
                let Ok(()) = hook.equal(a, b, length);
            }
            (o, n) = (a + length, b + length);
        }
    }

    /// Compares a gap: the lines that only one side has go or come, the others are what Myers' algorithm is asked about. What
    /// the two have in common is as long as it would be with all lines.
    fn diff<H: DiffHook<Error = Infallible>>(&mut self, hook: &mut H, (old, new): Gap) {
        self.gap += 1;
        old.clone().for_each(|at| self.gaps[self.olds[at] as usize][0] = self.gap);
        new.clone().for_each(|at| self.gaps[self.news[at] as usize][1] = self.gap);
        let kept = |lines: &[u32], range: Range<usize>| -> (Vec<usize>, Vec<u32>) {
            let is_shared = |at: &usize| self.gaps[lines[*at] as usize] == [self.gap; 2];
            range.filter(is_shared).map(|at| (at, lines[at])).unzip()
        };
        let ((old_places, old_kept), (new_places, new_kept)) =
            (kept(self.olds, old.clone()), kept(self.news, new.clone()));
        let mut runs = Capture::new();
        let (all_old, all_new) = (0..old_kept.len(), 0..new_kept.len());
        let Ok(()) = algorithms::diff(Algorithm::Myers, &mut runs, &old_kept, all_old, &new_kept, all_new);
        let (mut o, mut n) = (old.start, new.start);
        for op in runs.into_ops() {
            let DiffOp::Equal { old_index, new_index, len } = op else { continue };
            for at in 0..len {
                let (a, b) = (old_places[old_index + at], new_places[new_index + at]);
                replace(hook, (o, a), (n, b));
                let Ok(()) = hook.equal(a, b, 1);
                (o, n) = (a + 1, b + 1);
            }
        }
        replace(hook, (o, old.end), (n, new.end));
    }
}

/// What goes and what comes between two lines that stay.
fn replace<H: DiffHook<Error = Infallible>>(hook: &mut H, (o, a): (usize, usize), (n, b): (usize, usize)) {
    if a > o {
        let Ok(()) = hook.delete(o, a - o, n);
    }
    if b > n {
        let Ok(()) = hook.insert(a, n, b - n);
    }
}

/// Pairs of places from which on so many lines in a row are the same and are on either side once, as many as keep their order
/// on both.
fn anchors_of(old: &[u32], new: &[u32], length: usize) -> Vec<(usize, usize)> {
    if length == 1 {
        let numbers = old.iter().chain(new).copied().max().unwrap_or(0);
        return anchors(old, new, numbers as usize);
    }
    // Two that have the same hash and are not the same make an anchor of no line, which is no harm.
    let hasher = FixedState::with_seed(length as u64);
    let mut numbers: HashMap<u64, u32, RandomState> = HashMap::default();
    let mut numbered = |lines: &[u32]| -> Vec<u32> {
        let number = |lines: &[u32]| {
            let next = numbers.len() as u32 + 1;
            *numbers.entry(hasher.hash_one(lines)).or_insert(next)
        };
        lines.windows(length).map(number).collect()
    };
    let (olds, news) = (numbered(old), numbered(new));
    anchors(&olds, &news, numbers.len())
}

/// Pairs of places of numbers that both sides have exactly once, as many as keep their order on both. `numbers` is the largest.
fn anchors(old: &[u32], new: &[u32], numbers: usize) -> Vec<(usize, usize)> {
    let once = |lines: &[u32]| {
        // 0: nowhere; from 1: there; the largest: more than once.
        let mut places = vec![0u32; numbers + 1];
        for (at, line) in lines.iter().enumerate() {
            let place = &mut places[*line as usize];
            *place = if *place == 0 { at as u32 + 1 } else { u32::MAX };
        }
        places
    };
    let (olds, news) = (once(old), once(new));
    let single = |place: u32| (place != 0 && place != u32::MAX).then(|| place - 1);
    let pairs: Vec<(u32, u32)> =
        old.iter().filter_map(|line| Some((single(olds[*line as usize])?, single(news[*line as usize])?))).collect();
    // The longest increasing run of the second places: the least last place of a run of each length, and whom each follows.
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = vec![None; pairs.len()];
    for (at, (_, place)) in pairs.iter().enumerate() {
        let length = match ends.last() {
            Some(last) if pairs[*last].1 < *place => ends.len(),
            _ => ends.partition_point(|end| pairs[*end].1 < *place),
        };
        before[at] = length.checked_sub(1).map(|shorter| ends[shorter]);
        if length == ends.len() { ends.push(at) } else { ends[length] = at }
    }
    let at = |at: usize| (pairs[at].0 as usize, pairs[at].1 as usize);
    let mut chain: Vec<(usize, usize)> =
        std::iter::successors(ends.last().copied(), |at| before[*at]).map(at).collect();
    chain.reverse();
    chain
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What the operations make of the old lines.
    fn applied<'a>(ops: &[DiffOp], old: &[&'a str], new: &[&'a str]) -> Vec<&'a str> {
        let side = |op: &DiffOp| match op {
            DiffOp::Equal { .. } => old[op.old_range()].to_vec(),
            _ => new[op.new_range()].to_vec(),
        };
        ops.iter().flat_map(side).collect()
    }

    fn covers(ops: &[DiffOp], old: usize, new: usize) -> bool {
        let mut at = (0, 0);
        for op in ops {
            if (op.old_range().start, op.new_range().start) != at {
                return false;
            }
            at = (op.old_range().end, op.new_range().end);
        }
        at == (old, new)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn many_lines_are_turned_into_the_others_whatever_they_are(
            seed in any::<u64>(), kinds in 1usize..6000, edits in 0usize..400, lines in 900usize..2500,
        ) {
            let mut dice = seed | 1;
            let mut below = |bound: usize| {
                dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (dice >> 33) as usize % bound.max(1)
            };
            let words: Vec<String> = (0..kinds).map(|n| format!("line {n}\n")).collect();
            let old: Vec<&str> = (0..lines).map(|_| words[below(kinds)].as_str()).collect();
            let mut new = old.clone();
            for _ in 0..edits {
                let (at, word) = (below(new.len()), words[below(kinds)].as_str());
                match below(4) {
                    0 => new.insert(at, word),
                    1 if !new.is_empty() => drop(new.remove(at)),
                    2 if !new.is_empty() => new[at] = word,
                    _ => { let to = below(new.len()); if !new.is_empty() { let moved = new.remove(at); new.insert(to.min(new.len()), moved); } }
                }
            }
            let ops = compare(&old, &new);
            prop_assert!(covers(&ops, old.len(), new.len()));
            prop_assert_eq!(applied(&ops, &old, &new), new);
        }
    }

    #[test]
    fn a_block_that_moved_costs_its_own_lines_and_no_others() {
        let lines: Vec<String> = (0..3000).map(|n| format!("{n}\n")).collect();
        let old: Vec<&str> = lines.iter().map(String::as_str).collect();
        let mut new = old.clone();
        new.rotate_left(100);
        let kept: usize =
            compare(&old, &new).iter().map(|op| if let DiffOp::Equal { len, .. } = op { *len } else { 0 }).sum();
        assert_eq!(kept, 2900);
    }
}
