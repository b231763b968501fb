//! Lines of a text one below another; one that is cut at the edge ends in `…`. Else does what a paragraph does for lines that are
//! wrapped already, without looking for graphemes where there can be none: most text is ASCII, where a byte is a cell. Wraps and
//! aligns nothing.

use super::fit::columns;
use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

/// Draws as many of the lines as there are rows.
pub fn draw_lines(frame: &mut Frame, rect: Rect, lines: &[Line]) {
    let buffer = frame.buffer_mut();
    let rect = rect.intersection(buffer.area);
    for (y, line) in (rect.y..rect.bottom()).zip(lines) {
        let mut x = rect.x;
        for span in &line.spans {
            x = draw_text(buffer, (x, y), rect.right(), &span.content, line.style.patch(span.style));
        }
        if rect.width > 0 && is_longer(line, usize::from(rect.width)) {
            mark_cut(buffer, (rect.right() - 1, y), rect.x);
        }
    }
}

/// Whether more than blanks of a line finds no room. No character has more columns than bytes.
fn is_longer(line: &Line, room: usize) -> bool {
    if line.spans.iter().map(|span| span.content.len()).sum::<usize>() <= room {
        return false;
    }
    let (mut used, mut said) = (0, 0);
    for span in &line.spans {
        let text = span.content.trim_end();
        said = if text.is_empty() { said } else { used + columns(text) };
        used += columns(&span.content);
    }
    said > room
}

/// Puts the mark into the last cell of a row that begins at `first`; of a wide character that reaches into it nothing is left.
fn mark_cut(buffer: &mut Buffer, (x, y): (u16, u16), first: u16) {
    if x > first && columns(buffer[(x - 1, y)].symbol()) > 1 {
        buffer[(x - 1, y)].set_char(' ');
    }
    buffer[(x, y)].set_char('…');
}

/// Draws up to the column `end`; returns the column after the text.
fn draw_text(buffer: &mut Buffer, (x, y): (u16, u16), end: u16, text: &str, style: Style) -> u16 {
    let room = usize::from(end.saturating_sub(x));
    if room == 0 || !text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return buffer.set_stringn(x, y, text, room, style).0;
    }
    let start = buffer.index_of(x, y);
    let used = text.len().min(room);
    for (cell, byte) in buffer.content[start..start + used].iter_mut().zip(text.bytes()) {
        cell.set_char(char::from(byte)).set_style(style);
    }
    x + used as u16
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;
    use ratatui::style::Color;
    use ratatui::text::Span;
    use ratatui::widgets::Paragraph;

    fn drawn(draw: impl FnOnce(&mut Frame)) -> Buffer {
        let mut screen = Terminal::new(TestBackend::new(12, 4)).unwrap();
        screen.draw(draw).unwrap().buffer.clone()
    }

    #[test]
    fn lines_look_as_a_paragraph_draws_them() {
        let red = Style::new().fg(Color::Red);
        let lines = [
            Line::from(vec![Span::raw("plain, "), Span::styled("red", red)]),
            Line::from(vec![Span::styled("日本", red), Span::raw("語 e\u{301}a"), Span::raw("   ")]),
            Line::from("\x1b[2J\tx").style(red),
            Line::from("below the end"),
        ];
        for rect in [Rect::new(1, 1, 10, 3), Rect::new(0, 0, 12, 2), Rect::new(2, 3, 19, 9), Rect::new(2, 2, 0, 2)] {
            let clipped = rect.intersection(Rect::new(0, 0, 12, 4));
            let paragraph = drawn(|frame| frame.render_widget(Paragraph::new(lines.to_vec()), clipped));
            assert_eq!(drawn(|frame| draw_lines(frame, rect, &lines)), paragraph, "{rect:?}");
        }
    }

    #[test]
    fn a_line_that_is_cut_ends_in_a_mark_and_one_that_loses_blanks_only_does_not() {
        let row = |line: Line<'static>, width: u16| {
            let buffer = drawn(|frame| draw_lines(frame, Rect::new(0, 0, width, 1), &[line]));
            (0..12).map(|x| buffer[(x, 0)].symbol().to_owned()).collect::<String>().trim_end().to_owned()
        };
        let two = || Line::from(vec![Span::raw("one "), Span::raw("two   ")]);
        assert_eq!([row(two(), 7), row(two(), 6), row(two(), 1)], ["one two", "one t…", "…"]);
        assert_eq!([row(Line::from("日本語"), 6), row(Line::from("日本語"), 4)], ["日 本 語", "日  …"]);
        assert_eq!(row(Line::from("é…é"), 3), "é…é");
    }
}
