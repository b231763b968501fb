//! What a process printed: its first and its last bytes, the rest counted.
//!
//! Takes any amount in flat memory. Does not decode until the end, so no character is cut at a chunk's edge.

use std::borrow::Cow;
use std::fmt::Write;

/// Bytes kept from each end.
const KEEP: usize = 64 * 1024;
/// Bytes kept from the beginning of a report: its end alone is of no use.
const REPORT: usize = 4 << 20;

/// Printed text, bounded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    head: Vec<u8>,
    tail: Vec<u8>,
    total: u64,
    room: usize,
}

impl Default for Output {
    fn default() -> Output {
        Output { head: Vec::new(), tail: Vec::new(), total: 0, room: KEEP }
    }
}

impl Output {
    /// One that keeps the first 4 MiB.
    pub(super) fn report() -> Output {
        Output { room: REPORT, ..Output::default() }
    }

    /// Takes the next bytes.
    pub fn push(&mut self, mut bytes: &[u8]) {
        self.total += bytes.len() as u64;
        let room = self.room - self.head.len();
        let (first, rest) = bytes.split_at(room.min(bytes.len()));
        let needed = self.head.len() + first.len();
        if needed > self.head.capacity() {
            // Grown as usual, but never beyond what is kept.
            let room = (2 * self.head.capacity()).max(needed).min(self.room);
            self.head.reserve_exact(room - self.head.len());
        }
        self.head.extend_from_slice(first);
        bytes = rest;
        if bytes.len() >= KEEP {
            self.tail.clear();
            bytes = &bytes[bytes.len() - KEEP..];
        }
        self.tail.extend_from_slice(bytes);
        if self.tail.len() > 2 * KEEP {
            self.tail.drain(..self.tail.len() - KEEP);
        }
    }

    /// Bytes printed altogether.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The lines from the beginning that are kept whole, and whether there were more.
    pub fn beginning(&self) -> (Cow<'_, str>, bool) {
        let more = self.total > self.head.len() as u64;
        let end =
            if more { self.head.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1) } else { self.head.len() };
        (String::from_utf8_lossy(&self.head[..end]), more)
    }

    /// The text, with a line that says how much is left out, if any is.
    pub fn text(&self) -> String {
        let tail = &self.tail[self.tail.len().saturating_sub(KEEP)..];
        let left_out = self.total - (self.head.len() + tail.len()) as u64;
        if left_out == 0 {
            return String::from_utf8_lossy(&[&self.head, tail].concat()).into_owned();
        }
        let mut text = String::from_utf8_lossy(&self.head).into_owned();
        // Writing to a String cannot fail.
        let _ = write!(text, "\n[… {left_out} bytes left out …]\n");
        text.push_str(&String::from_utf8_lossy(tail));
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(total: usize, chunk: usize) -> Output {
        fill_into(Output::default(), total, chunk)
    }

    fn fill_into(mut output: Output, total: usize, chunk: usize) -> Output {
        let bytes: Vec<u8> = (0..total).map(|i| b'a' + (i % 26) as u8).collect();
        bytes.chunks(chunk).for_each(|c| output.push(c));
        output
    }

    #[test]
    fn short_output_is_kept_whole_however_it_is_cut() {
        let mut output = Output::default();
        for byte in "grün €\n".bytes() {
            output.push(&[byte]);
        }
        assert_eq!(output.text(), "grün €\n");
        assert_eq!(fill(2 * KEEP, 999).text().len(), 2 * KEEP);
    }

    #[test]
    fn long_output_keeps_both_ends_and_counts_the_rest_in_flat_memory() {
        for chunk in [1000, KEEP + 1, 3 * KEEP] {
            let output = fill(5 * KEEP, chunk);
            let text = output.text();
            assert!(text.contains(&format!("[… {} bytes left out …]", 3 * KEEP)), "{chunk}");
            assert!(text.ends_with(&fill(5 * KEEP, 5 * KEEP).text()[KEEP..]), "{chunk}");
            assert!(output.tail.capacity() + output.head.capacity() < 8 * KEEP, "{chunk}");
        }
    }

    #[test]
    fn of_a_report_the_beginning_is_kept_in_whole_lines() {
        let mut short = Output::report();
        short.push(b"{\"a\": 1}\nrest");
        assert_eq!(short.beginning(), ("{\"a\": 1}\nrest".into(), false));
        let mut long = Output::report();
        long.push(b"first\n");
        let long = fill_into(long, 2 * REPORT, 70_000);
        assert_eq!(long.beginning(), ("first\n".into(), true));
        assert!(long.head.capacity() + long.tail.capacity() <= REPORT + 4 * KEEP);
    }
}
