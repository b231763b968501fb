//! The files that an answer is writing, while it streams: path, what happens to it, how much has come.

use crate::app::{Fate, Written};
use crate::ui::Look;
use crate::ui::theme::Role;
use crate::ui::widgets::fit::{columns, fit_middle, one_line, padded};
use ratatui::text::{Line, Span};

/// Columns of the mark before the file that is being written.
const MARK: usize = 2;
/// Columns of the word for what happens to a file, with the blank before it.
const FATE: usize = 8;
/// Columns that a path keeps before that word gives way.
const PATH: usize = 12;
/// Most rows, however much room there is: the text is what is read.
const MOST: usize = 8;

/// One line for each file, at most `room` of them and so wide; the one that is being written is always among them.
/// `again` marks the figures: the answer goes on where it was cut and may say a line twice.
pub fn lines(files: &[Written], again: bool, width: usize, room: usize, look: &Look) -> Vec<Line<'static>> {
    let room = room.min(MOST);
    if files.is_empty() || room == 0 {
        return Vec::new();
    }
    let current = files.iter().position(|f| f.current).unwrap_or(files.len() - 1);
    // The line that says how many are not shown takes the place of one of them.
    let shown = if files.len() <= room { files.len() } else { (room - 1).max(1) };
    let first = (current + 1).saturating_sub(shown);
    let rows: Vec<(&Written, String)> = files[first..first + shown].iter().map(|f| (f, count(f, again))).collect();
    let wide = |of: &dyn Fn(&(&Written, String)) -> usize| rows.iter().map(of).max().unwrap_or(0);
    let (counts, paths) =
        (wide(&|(_, count)| columns(count)), wide(&|(file, _)| columns(&one_line(&file.progress.path))));
    let left = width.saturating_sub(MARK + counts + 1);
    let fate = left >= PATH + FATE && rows.iter().any(|(file, _)| file.fate.is_some());
    let table = Table { path: paths.min(left - if fate { FATE } else { 0 }), fate, counts };
    let mut lines = Vec::with_capacity(room);
    if shown < files.len() && room > 1 {
        let (more, others) = (files.len() - shown, if files.len() - shown == 1 { "file" } else { "files" });
        lines.push(Line::from(Span::styled(format!("  and {more} more {others}"), look.style(Role::Dim))));
    }
    lines.extend(rows.iter().map(|(file, count)| row(file, count, &table, look)));
    lines
}

/// How the columns are cut.
struct Table {
    path: usize,
    /// Whether there is room for what happens to a file.
    fate: bool,
    counts: usize,
}

fn row(file: &Written, count: &str, table: &Table, look: &Look) -> Line<'static> {
    let (mark, role) = if file.current { ("▶ ", Role::Accent) } else { ("  ", Role::Text) };
    let path = padded(&fit_middle(&file.progress.path, table.path), table.path);
    let mut spans = vec![Span::styled(mark, look.style(Role::Accent)), Span::styled(path, look.style(role))];
    if table.fate {
        let word = match file.fate {
            Some(Fate::New) => "new",
            Some(Fate::Changed) => "changed",
            Some(Fate::Deleted) => "deleted",
            None => "",
        };
        spans.push(Span::styled(format!(" {word:<7}"), look.style(Role::Dim)));
    }
    spans.push(Span::raw(" ".repeat(1 + table.counts.saturating_sub(columns(count)))));
    for (i, part) in count.split(' ').enumerate() {
        let role = match part.chars().find(|c| *c != '~') {
            Some('+') => Role::Success,
            Some('−') => Role::Error,
            _ => Role::Dim,
        };
        let gap = if i == 0 { "" } else { " " };
        spans.push(Span::styled(format!("{gap}{part}"), look.style(role)));
    }
    Line::from(spans)
}

/// What has come: added and removed lines where they are known, else complete lines.
fn count(file: &Written, again: bool) -> String {
    let mark = if again { "~" } else { "" };
    match (file.progress.counted, file.fate, file.progress.lines) {
        (_, Some(Fate::Deleted), _) => String::new(),
        (Some((added, removed)), ..) => format!("{mark}+{added} −{removed}"),
        (None, Some(Fate::New), lines) => format!("{mark}+{lines}"),
        (None, _, 1) => format!("{mark}1 line"),
        (None, _, lines) => format!("{mark}{lines} lines"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::{EditForm, EditProgress};
    use crate::ui::look::tests::plain_look;

    fn progress(path: &str, lines: u32, counted: Option<(u32, u32)>) -> EditProgress {
        EditProgress { path: path.into(), form: EditForm::Whole, lines, counted }
    }

    fn text(files: &[Written], width: usize, room: usize) -> Vec<String> {
        lines(files, false, width, room, &plain_look()).iter().map(|l| l.to_string()).collect()
    }

    #[test]
    fn a_file_is_named_with_its_fate_and_what_has_come() {
        let files = [progress("shop/price.py", 9, Some((4, 3))), progress("tests/test_price.py", 7, None)];
        let of = |i: usize, fate, current| Written { progress: &files[i], fate, current };
        let written = [of(0, Some(Fate::Changed), false), of(1, Some(Fate::New), true)];
        let expected = ["  shop/price.py       changed +4 −3", "▶ tests/test_price.py new        +7"];
        assert_eq!(text(&written, 35, 4), expected);
        assert_eq!(text(&written, 120, 4), text(&written, 90, 4), "figures stay beside their paths");
        let narrow = text(&written, 22, 4);
        assert!(narrow.iter().all(|l| columns(l) == 22 && !l.contains("new")), "{narrow:?}");
        assert_eq!(text(&[of(1, None, true)], 36, 4), ["▶ tests/test_price.py 7 lines"]);
    }

    #[test]
    fn of_many_files_the_one_that_is_written_is_shown() {
        let files: Vec<EditProgress> = (0..20).map(|i| progress(&format!("part{i}.py"), i, None)).collect();
        for current in [0, 7, 19] {
            let of = |(i, progress)| Written { progress, fate: None, current: i == current };
            let written: Vec<Written> = files.iter().enumerate().map(of).collect();
            for room in 1..12 {
                let shown = text(&written, 40, room);
                assert!(shown.len() <= room, "{shown:?}");
                assert!(shown.iter().any(|l| l.starts_with(&format!("▶ part{current}.py "))), "{shown:?}");
            }
        }
    }
}
