//! A text being written on top of the panes: a comment on a line of the proposal, or a hunk changed in place.

use super::draw_box;
use crate::app::{Editor, State, Subject};
use crate::ui::View;
use crate::ui::theme::Role;
use crate::ui::widgets::fit::{fit, fit_middle, one_line};
use crate::ui::widgets::input::{Cursor, Input};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

/// Columns of the box, where there is room: a comment is prose, a hunk is code.
const PROSE: u16 = 84;
const CODE: u16 = 124;
/// Rows of a comment.
const COMMENT: u16 = 5;

/// Draws the text over everything.
pub fn draw_editor(frame: &mut Frame, screen: Rect, editor: &Editor, state: &State, view: &View) {
    let look = &view.look;
    let attempt = state.session.run().and_then(|run| run.attempt());
    let (title, quote, size) = match &editor.subject {
        Subject::Comment(comment) => {
            let title = format!("On {} line {}", comment.path, comment.line());
            (title, Some(comment.quote.as_str()), (PROSE, COMMENT + 3))
        }
        Subject::Hunk { hunk, .. } => {
            let path = attempt.and_then(|a| a.diff.get(hunk.file)).map_or("", |file| file.path.as_str());
            let rows = u16::try_from(editor.area.lines().len()).unwrap_or(u16::MAX);
            (format!("Change hunk {} of {path}", hunk.hunk + 1), None, (CODE, rows.saturating_add(4).clamp(8, 22)))
        }
    };
    let inner = draw_box(frame, screen, size, &fit_middle(&one_line(&title), 76), view);
    let [above, text] =
        Layout::vertical([Constraint::Length(u16::from(quote.is_some())), Constraint::Min(1)]).areas(inner);
    if let Some(quote) = quote {
        let line = fit(&one_line(quote.trim_start()), usize::from(above.width));
        frame.render_widget(Line::from(Span::styled(line, look.style(Role::Dim))), above);
    }
    let cursor = editor.area.cursor();
    let input = Input::lay_out(editor.area.lines(), (cursor.0, cursor.1), usize::from(text.width));
    frame.render_widget(Paragraph::new(input.lines(usize::from(text.height), Cursor::Shown, look)), text);
}
