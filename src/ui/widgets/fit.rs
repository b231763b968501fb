//! Text that has to fit a number of columns. Everything here is safe to draw and has no line ends.

use crate::domain::safe_text::SafeText;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Text longer than this (characters) is cut before anything else looks at it: no line of a terminal is wider.
const LONGEST: usize = 2000;

/// The text on one line, with nothing in it that a terminal would obey.
pub fn one_line(text: &str) -> String {
    let short = match text.char_indices().nth(LONGEST) {
        Some((end, _)) => &text[..end],
        None => text,
    };
    SafeText::new(short).into_string().replace('\n', " ")
}

/// Columns of a text.
pub fn columns(text: &str) -> usize {
    text.width()
}

/// The text on one line of at most `room` columns; what is too long ends in `…`.
pub fn fit(text: &str, room: usize) -> String {
    let text = one_line(text);
    if text.width() <= room {
        return text;
    }
    let mut kept = head(&text, room.saturating_sub(1)).to_owned();
    if room > 0 {
        kept.push('…');
    }
    kept
}

/// The same, with the `…` in the middle: for paths and model names, whose end says most.
pub fn fit_middle(text: &str, room: usize) -> String {
    let text = one_line(text);
    if text.width() <= room {
        return text;
    }
    if room < 5 {
        return fit(&text, room);
    }
    let first = (room - 1) / 3;
    format!("{}…{}", head(&text, first), tail(&text, room - 1 - first))
}

/// Exactly `room` columns: cut, or filled up with blanks.
pub fn padded(text: &str, room: usize) -> String {
    let mut text = fit(text, room);
    let missing = room.saturating_sub(text.width());
    text.extend(std::iter::repeat_n(' ', missing));
    text
}

fn head(text: &str, room: usize) -> &str {
    let mut used = 0;
    for (at, grapheme) in text.grapheme_indices(true) {
        used += grapheme.width();
        if used > room {
            return &text[..at];
        }
    }
    text
}

fn tail(text: &str, room: usize) -> &str {
    let (mut used, mut from) = (0, text.len());
    for (at, grapheme) in text.grapheme_indices(true).rev() {
        used += grapheme.width();
        if used > room {
            break;
        }
        from = at;
    }
    &text[from..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_wider_than_its_room() {
        for text in ["src/app/routers/user_registration.py", "日本語日本語日本語", "👩‍💻👩‍💻👩‍💻👩‍💻", "a\u{1b}[31m\nb", ""]
        {
            for room in 0..40 {
                assert!(columns(&fit(text, room)) <= room, "{text:?} in {room}");
                assert!(columns(&fit_middle(text, room)) <= room, "{text:?} in {room}");
                assert_eq!(columns(&padded(text, room)), room, "{text:?} in {room}");
            }
        }
    }

    #[test]
    fn a_path_keeps_its_beginning_and_more_of_its_end() {
        assert_eq!(fit_middle("src/app/routers/user_registration.py", 20), "src/ap…gistration.py");
        assert_eq!(fit("a sentence that is long", 10), "a sentenc…");
        assert_eq!(fit("short", 10), "short");
    }

    #[test]
    fn a_very_long_text_is_cut_before_it_costs_anything() {
        assert_eq!(one_line(&"x".repeat(1_000_000)).len(), LONGEST);
    }
}
