//! A frame as SVG: one rectangle a run of background, one text a run of style.

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use std::fmt::Write;
use vibe_tui::ui::Look;
use vibe_tui::ui::theme::Role;

const CELL: (f64, f64) = (8.4, 18.0);
const MARGIN: f64 = 12.0;

pub fn svg(buffer: &Buffer, look: Look) -> String {
    let base = look.style(Role::Text);
    let (front, back) = (hex(base.fg, "#d5d9e0"), hex(base.bg, "#16181d"));
    let (columns, rows) = (f64::from(buffer.area.width), f64::from(buffer.area.height));
    let (width, height) = (columns * CELL.0 + 2.0 * MARGIN, rows * CELL.1 + 2.0 * MARGIN);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.1} {height:.1}\" width=\"{width:.0}\" height=\"{height:.0}\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{back}\"/>\n\
         <g font-family=\"ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace\" font-size=\"14\" xml:space=\"preserve\">\n"
    );
    for (y, row) in buffer.content.chunks(usize::from(buffer.area.width)).enumerate() {
        let mut at = 0;
        while at < row.len() {
            let length = row[at..].iter().take_while(|c| same(c, &row[at])).count();
            run(&mut svg, (at, y), &row[at..at + length], (&front, &back));
            at += length;
        }
    }
    svg.push_str("</g>\n</svg>\n");
    svg
}

fn same(a: &Cell, b: &Cell) -> bool {
    (a.fg, a.bg, a.modifier) == (b.fg, b.bg, b.modifier)
}

fn run(svg: &mut String, (column, row): (usize, usize), cells: &[Cell], (front, back): (&str, &str)) {
    let (mut fg, mut bg) = (hex(Some(cells[0].fg), front), hex(Some(cells[0].bg), back));
    let modifier = cells[0].modifier;
    if modifier.contains(Modifier::REVERSED) {
        std::mem::swap(&mut fg, &mut bg);
    }
    let (x, y) = (MARGIN + column as f64 * CELL.0, MARGIN + row as f64 * CELL.1);
    let width = cells.len() as f64 * CELL.0;
    if bg != back {
        let _ = writeln!(
            svg,
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{:.1}\" fill=\"{bg}\"/>",
            CELL.1
        );
    }
    let text = symbols(cells);
    let blank = text.len() - text.trim_start_matches(' ').len();
    let text = text.trim_matches(' ');
    if text.is_empty() {
        return;
    }
    let mut more = String::new();
    for (bit, attribute) in [
        (Modifier::BOLD, " font-weight=\"bold\""),
        (Modifier::ITALIC, " font-style=\"italic\""),
        (Modifier::DIM, " opacity=\"0.6\""),
        (Modifier::UNDERLINED, " text-decoration=\"underline\""),
        (Modifier::CROSSED_OUT, " text-decoration=\"line-through\""),
    ] {
        if modifier.contains(bit) {
            more.push_str(attribute);
        }
    }
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let length = unicode_width::UnicodeWidthStr::width(text) as f64 * CELL.0;
    let _ = writeln!(
        svg,
        "<text x=\"{:.1}\" y=\"{:.1}\" textLength=\"{length:.1}\" lengthAdjust=\"spacingAndGlyphs\" fill=\"{fg}\"{more}>{escaped}</text>",
        x + blank as f64 * CELL.0,
        y + CELL.1 * 0.75
    );
}

/// The cells' text; the cell behind a wide character is no character of its own.
fn symbols(cells: &[Cell]) -> String {
    let (mut text, mut skip) = (String::new(), 0);
    for cell in cells {
        if skip == 0 {
            text.push_str(cell.symbol());
            skip = unicode_width::UnicodeWidthStr::width(cell.symbol());
        }
        skip = skip.saturating_sub(1);
    }
    text
}

fn hex(color: Option<Color>, otherwise: &str) -> String {
    match color {
        Some(Color::Rgb(r, g, b)) => format!("#{r:02x}{g:02x}{b:02x}"),
        _ => otherwise.to_owned(),
    }
}
