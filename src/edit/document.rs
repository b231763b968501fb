//! A file's lines while edits are placed in it, numbered by their content.
//!
//! Hundreds of edits of one long file cost as much as the file is long, not as often: equal lines have equal numbers, and a
//! change exchanges a few of them. Knows nothing of edits.

use super::line::{BOM, content, dominant_ending, ending, lines};
use foldhash::fast::RandomState;
use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

/// How lines are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    /// As they are, line ends aside.
    Content,
    /// Without blanks at both ends.
    Trimmed,
}

impl Key {
    fn of(self, line: &str) -> &str {
        match self {
            Key::Content => content(line),
            Key::Trimmed => line.trim(),
        }
    }
}

/// A line that is put in.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Put {
    /// One that is there, by its place.
    Kept(usize),
    /// A new one, without its end.
    New(String),
}

/// A text of lines.
pub(super) struct Document<'a> {
    marked: bool,
    /// The line end most lines have.
    ending: &'static str,
    /// Every line that is or was there, with its end.
    texts: Vec<Cow<'a, str>>,
    /// What stands where: indices into `texts`.
    slots: Vec<u32>,
    /// The lines' numbers by either key.
    numbers: [Vec<u32>; 2],
    known: HashMap<Cow<'a, str>, u32, RandomState>,
    /// How often each number stands there, by either key.
    counts: [Vec<u32>; 2],
}

/// Places of a line up to which each is tried; beyond it the lines repeat so much that a search by prefix pays.
const FEW: u32 = 32;

impl<'a> Document<'a> {
    pub(super) fn new(text: &'a str) -> Document<'a> {
        let body = text.strip_prefix(BOM).unwrap_or(text);
        let mut document = Document {
            marked: body.len() < text.len(),
            ending: dominant_ending(body),
            texts: Vec::new(),
            slots: Vec::new(),
            numbers: Default::default(),
            known: HashMap::default(),
            counts: Default::default(),
        };
        let all: Vec<Cow<'a, str>> = lines(body).into_iter().map(Cow::Borrowed).collect();
        document.insert(0..0, all.into_iter().map(Line::New).collect());
        document
    }

    /// Of a text that does not live as long.
    pub(super) fn of(text: &str) -> Document<'a> {
        let body = text.strip_prefix(BOM).unwrap_or(text);
        let mut document = Document::new("");
        (document.marked, document.ending) = (body.len() < text.len(), dominant_ending(body));
        document.insert(0..0, lines(body).into_iter().map(|line| Line::New(Cow::Owned(line.to_owned()))).collect());
        document
    }

    /// How many lines there are.
    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// A line with its end.
    pub(super) fn line(&self, at: usize) -> &str {
        &self.texts[self.slots[at] as usize]
    }

    /// Lines without their ends.
    pub(super) fn contents(&self, range: Range<usize>) -> Vec<&str> {
        range.map(|at| content(self.line(at))).collect()
    }

    /// The whole text.
    pub(super) fn text(&self) -> String {
        let mark = if self.marked { BOM.to_string() } else { String::new() };
        (0..self.len()).fold(mark, |text, at| text + self.line(at))
    }

    /// Where `search` stands when lines are compared by `key`.
    pub(super) fn windows(&self, search: &[&str], key: Key) -> Vec<usize> {
        let (numbers, counts) = (&self.numbers[key as usize], &self.counts[key as usize]);
        let wanted: Option<Vec<u32>> = search.iter().map(|line| self.known.get(key.of(line)).copied()).collect();
        let Some(wanted) = wanted.filter(|w| !w.is_empty() && w.len() <= numbers.len()) else { return Vec::new() };
        let Some(rarest) = (0..wanted.len()).min_by_key(|at| counts[wanted[*at] as usize]) else { return Vec::new() };
        if counts[wanted[rarest] as usize] > FEW {
            return by_prefix(numbers, &wanted);
        }
        let last = numbers.len() - wanted.len();
        let places = numbers.iter().enumerate().filter(|(_, number)| **number == wanted[rarest]);
        places
            .filter_map(|(at, _)| at.checked_sub(rarest))
            .filter(|start| *start <= last && numbers[*start..*start + wanted.len()] == wanted)
            .collect()
    }

    /// Puts lines in the place of others. New ones get the line end of those, the last line of the text none if it had none.
    pub(super) fn replace(&mut self, range: Range<usize>, put: Vec<Put>) {
        let at_end = range.end == self.len();
        let open = self.len().checked_sub(1).is_some_and(|last| ending(self.line(last)).is_empty());
        let own = range.clone().map(|at| ending(self.line(at))).find(|end| !end.is_empty());
        let end = own.map_or(self.ending, |end| if end == "\r\n" { "\r\n" } else { "\n" });
        let last = put.len().checked_sub(1);
        let ended = |(at, put): (usize, Put)| {
            let without = at_end && open && Some(at) == last;
            match put {
                Put::Kept(place) if ending(self.line(place)).is_empty() == without => Line::Kept(self.slots[place]),
                Put::Kept(place) => Line::New(Cow::Owned(with_end(content(self.line(place)), end, without))),
                Put::New(line) => Line::New(Cow::Owned(with_end(&line, end, without))),
            }
        };
        let put: Vec<Line<'a>> = put.into_iter().enumerate().map(ended).collect();
        self.insert(range, put);
    }

    fn insert(&mut self, range: Range<usize>, put: Vec<Line<'a>>) {
        for key in 0..2 {
            for number in &self.numbers[key][range.clone()] {
                self.counts[key][*number as usize] -= 1;
            }
        }
        let slots: Vec<u32> = put
            .into_iter()
            .map(|line| match line {
                Line::Kept(slot) => slot,
                Line::New(text) => {
                    self.texts.push(text);
                    self.texts.len() as u32 - 1
                }
            })
            .collect();
        for key in [Key::Content, Key::Trimmed] {
            let numbers: Vec<u32> = slots.iter().map(|slot| self.number(*slot, key)).collect();
            numbers.iter().for_each(|number| self.counts[key as usize][*number as usize] += 1);
            self.numbers[key as usize].splice(range.clone(), numbers);
        }
        self.slots.splice(range, slots);
    }

    fn number(&mut self, slot: u32, key: Key) -> u32 {
        let next = self.counts[0].len() as u32;
        let number = match &self.texts[slot as usize] {
            Cow::Borrowed(line) => *self.known.entry(Cow::Borrowed(key.of(line))).or_insert(next),
            Cow::Owned(line) => match self.known.get(key.of(line)) {
                Some(number) => *number,
                None => *self.known.entry(Cow::Owned(key.of(line).to_owned())).or_insert(next),
            },
        };
        if number == next {
            self.counts.iter_mut().for_each(|counts| counts.push(0));
        }
        number
    }
}

/// A line that is kept or put in, with its end.
enum Line<'a> {
    Kept(u32),
    New(Cow<'a, str>),
}

fn with_end(line: &str, end: &str, without: bool) -> String {
    if without { line.to_owned() } else { format!("{line}{end}") }
}

/// Knuth, Morris and Pratt's search.
fn by_prefix(numbers: &[u32], wanted: &[u32]) -> Vec<usize> {
    let mut failure = vec![0; wanted.len()];
    let mut k = 0;
    for i in 1..wanted.len() {
        while k > 0 && wanted[i] != wanted[k] {
            k = failure[k - 1];
        }
        k += usize::from(wanted[i] == wanted[k]);
        failure[i] = k;
    }
    let mut found = Vec::new();
    let mut k = 0;
    for (i, number) in numbers.iter().enumerate() {
        while k > 0 && (k == wanted.len() || *number != wanted[k]) {
            k = failure[k - 1];
        }
        k += usize::from(*number == wanted[k]);
        if k == wanted.len() {
            found.push(i + 1 - k);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_found_again_by_either_key_and_the_text_is_theirs() {
        let mut document = Document::new("\u{feff}a\r\n  b\r\nc");
        assert_eq!(
            (document.len(), document.windows(&["b"], Key::Content), document.windows(&["b"], Key::Trimmed)),
            (3, vec![], vec![1])
        );
        document.replace(1..3, vec![Put::New("x".into()), Put::Kept(2), Put::New("y".into())]);
        assert_eq!(document.text(), "\u{feff}a\r\nx\r\nc\r\ny");
        assert_eq!(document.windows(&["x\n", "c\n"], Key::Content), [1]);
        assert_eq!(document.windows(&["  b"], Key::Content), [0usize; 0]);
        document.replace(2..4, Vec::new());
        assert_eq!(document.text(), "\u{feff}a\r\nx\r\n");
    }

    #[test]
    fn lines_that_repeat_are_found_at_every_place() {
        let text = "}\n".repeat(100);
        let document = Document::new(&text);
        assert_eq!(document.windows(&["}", "}"], Key::Content).len(), 99);
    }
}
