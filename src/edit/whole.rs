//! A whole new text with the habits of the old one.

use super::line::{BOM, content, dominant_ending, ending, lines};
use similar::{Algorithm, DiffOp, capture_diff_slices};

/// A whole new text with the habits of the old one: line ends, byte order mark, no last newline.
pub(super) fn whole(text: &str, old: Option<&str>) -> String {
    let Some(old) = old.filter(|o| !o.is_empty()) else { return text.to_owned() };
    let body = text.strip_prefix(BOM).unwrap_or(text);
    let mut new = String::with_capacity(text.len() + 3);
    if old.starts_with(BOM) {
        new.push(BOM);
    }
    if dominant_ending(old) == "\r\n" {
        new.push_str(&body.replace('\n', "\r\n"));
    } else {
        new.push_str(body);
    }
    if !old.ends_with('\n') {
        new.truncate(content(&new).len());
    }
    keep_mixed_endings(old, new)
}

/// In a file of mixed line ends, lines that stay keep theirs.
fn keep_mixed_endings(old: &str, new: String) -> String {
    let crlf = old.matches("\r\n").count();
    if crlf == 0 || crlf == old.matches('\n').count() {
        return new;
    }
    let (ours, theirs) = (lines(old), lines(&new));
    let bare = |all: &[&str]| all.iter().map(|l| content(l).to_owned()).collect::<Vec<_>>();
    let mut kept = String::with_capacity(new.len());
    for op in capture_diff_slices(Algorithm::Myers, &bare(&ours), &bare(&theirs)) {
        match op {
            DiffOp::Equal { old_index, new_index, len } => {
                for i in 0..len {
                    let line = theirs[new_index + i];
                    let has_end = !ending(line).is_empty() && !ending(ours[old_index + i]).is_empty();
                    kept.push_str(if has_end { ours[old_index + i] } else { line });
                }
            }
            op => kept.extend(theirs[op.new_range()].iter().copied()),
        }
    }
    kept
}
