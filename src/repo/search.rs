//! Text in files, by a regular expression, with the library of ripgrep.
//!
//! Reads the files it is given and no others, beneath the root; skips what is not text; never waits for a pipe. The same
//! files give the same hits in the same order, also where there are more than asked for.

use super::{Root, read};
use crate::domain::failure::{Failure, FailureKind};
use grep_regex::{RegexMatcher, RegexMatcherBuilder};
use grep_searcher::{BinaryDetection, Searcher, SearcherBuilder, Sink, SinkMatch};
use rustix::fs::FileType;
use std::fs::File;
use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Characters of a line that are kept.
const MAX_LINE: usize = 300;
/// Files searched before it is asked whether that is enough.
const BLOCK: usize = 1024;
/// Bytes of the longest line that is searched, and about what a search needs of memory a thread.
const MAX_HEAP: usize = 8 << 20;
/// Bytes of a compiled expression, so that `(a{1000}){1000}` is refused instead of made.
const MAX_EXPRESSION: usize = 8 << 20;

/// A line that fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextHit {
    /// The file.
    pub path: String,
    /// 1-based.
    pub line: u32,
    /// The line without its end, at most 300 characters, what is not UTF-8 replaced.
    pub text: String,
}

/// Lines that fit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextHits {
    /// By path and line.
    pub hits: Vec<TextHit>,
    /// Whether there were more than asked for, or it was told to stop.
    pub truncated: bool,
}

/// Searches `paths` for lines that `expression` fits: the syntax of the `regex` crate, case ignored unless a capital
/// letter is in it. Gives at most `limit` hits and ends soon after `stop` becomes true.
///
/// # Errors
/// `Config` when the expression is none.
pub fn search(
    root: &Root,
    paths: &[String],
    expression: &str,
    limit: usize,
    stop: &AtomicBool,
) -> Result<TextHits, Failure> {
    let matcher = RegexMatcherBuilder::new()
        .case_smart(true)
        .line_terminator(Some(b'\n'))
        .size_limit(MAX_EXPRESSION)
        .dfa_size_limit(MAX_EXPRESSION)
        .nest_limit(200)
        .build(expression)
        .map_err(|error| {
            // The whole message shows the expression as the library has rewritten it; its last line says what is wrong.
            let error = error.to_string();
            let why = error.lines().last().unwrap_or_default().trim_start_matches("error: ");
            let message = format!("`{expression}` is no regular expression: {why}");
            Failure::fatal(FailureKind::Config, message)
        })?;
    let mut found = TextHits::default();
    for block in paths.chunks(BLOCK) {
        found.hits.extend(search_block(root, block, &matcher, limit.saturating_add(1), stop));
        found.truncated = found.hits.len() > limit || stop.load(Ordering::Relaxed);
        if found.truncated {
            found.hits.truncate(limit);
            break;
        }
    }
    Ok(found)
}

/// Searches some files with all cores.
fn search_block(
    root: &Root,
    paths: &[String],
    matcher: &RegexMatcher,
    limit: usize,
    stop: &AtomicBool,
) -> Vec<TextHit> {
    let (next, found) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let threads = std::thread::available_parallelism().map_or(2, |n| n.get().min(8)).min(paths.len());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut searcher = SearcherBuilder::new()
                    .binary_detection(BinaryDetection::quit(0))
                    .heap_limit(Some(MAX_HEAP))
                    .line_number(true)
                    .build();
                let mut own = Vec::new();
                while let Some(path) = paths.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if stop.load(Ordering::Relaxed) {
                        break;
                    }
                    search_file(root, path, matcher, &mut searcher, limit, stop, &mut own);
                }
                found.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).append(&mut own);
            });
        }
    });
    let mut found: Vec<TextHit> = found.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
    found.sort_unstable_by(|a, b| (&a.path, a.line).cmp(&(&b.path, b.line)));
    found
}

fn search_file(
    root: &Root,
    path: &str,
    matcher: &RegexMatcher,
    searcher: &mut Searcher,
    limit: usize,
    stop: &AtomicBool,
    hits: &mut Vec<TextHit>,
) {
    let Ok(fd) = read::open(root, path) else { return };
    if !rustix::fs::fstat(&fd).is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode).is_file()) {
        return;
    }
    let before = hits.len();
    let mut lines = Lines { path, hits, left: limit, stop, binary: false };
    // A line that is too long or a read that fails ends this file; what was found before that stands.
    let _ = searcher.search_file(matcher, &File::from(fd), &mut lines);
    if lines.binary {
        hits.truncate(before);
    }
}

/// Takes the lines of one file.
struct Lines<'a> {
    path: &'a str,
    hits: &'a mut Vec<TextHit>,
    left: usize,
    stop: &'a AtomicBool,
    binary: bool,
}

impl Sink for Lines<'_> {
    type Error = io::Error;

    fn matched(&mut self, _searcher: &Searcher, found: &SinkMatch<'_>) -> io::Result<bool> {
        let line = String::from_utf8_lossy(found.bytes());
        let text = line.trim_end_matches(['\n', '\r']).chars().take(MAX_LINE).collect();
        let line = u32::try_from(found.line_number().unwrap_or(0)).unwrap_or(u32::MAX);
        self.hits.push(TextHit { path: self.path.to_owned(), line, text });
        self.left -= 1;
        Ok(self.left > 0 && !self.stop.load(Ordering::Relaxed))
    }

    fn binary_data(&mut self, _searcher: &Searcher, _offset: u64) -> io::Result<bool> {
        self.binary = true;
        Ok(false)
    }
}
