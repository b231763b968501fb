//! Where each pane stands. At 80×24 the pane with the keys gets the room; from 140 columns everything has its own; on a
//! very small terminal only the pane with the keys is there.

use crate::app::{Area, Layout};
use ratatui::layout::{Constraint, Layout as Split, Rect};

/// The screen cut into its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrangement {
    /// One line at the top.
    pub header: Rect,
    /// Two lines at the bottom: what is to be told, and the keys.
    pub footer: Rect,
    /// The panes that are shown.
    pub panes: Vec<(Area, Rect)>,
}

impl Arrangement {
    /// The pane at a cell, and the row within its content.
    pub fn pane_at(&self, column: u16, row: u16) -> Option<(Area, u16)> {
        let (area, rect) = self.panes.iter().find(|(_, r)| r.contains((column, row).into()))?;
        Some((*area, (row - rect.y).saturating_sub(1)))
    }
}

/// Columns from which there are three columns of panes.
const WIDE: u16 = 140;

/// Columns and rows of panes below which five of them would show nothing but their borders.
const FEWEST: (u16, u16) = (60, 14);

/// Cuts the screen.
pub fn arrange(screen: Rect, layout: &Layout) -> Arrangement {
    let [header, body, footer] =
        Split::vertical([Constraint::Length(1), Constraint::Min(3), Constraint::Length(2)]).areas(screen);
    let tiny = body.width < FEWEST.0 || body.height < FEWEST.1;
    let panes = if layout.zoomed || tiny {
        vec![(layout.focus, body)]
    } else if body.width >= WIDE {
        wide(body, layout)
    } else {
        narrow(body, layout)
    };
    Arrangement { header, footer, panes }
}

/// How much room a pane asks for: its base, what the user added, and what the focus adds.
fn weight(layout: &Layout, area: Area, base: u16, focus: u16) -> Option<(Area, u16)> {
    if layout.hidden.contains(&area) {
        return None;
    }
    let focused = if layout.focus == area || layout.busy == Some(area) { focus } else { 0 };
    let steps = i32::from(layout.steps[area as usize]) * 4;
    Some((area, (i32::from(base + focused) + steps).max(4) as u16))
}

/// Rows a pane keeps as long as there are enough for all: its border and a line.
const LEAST: u16 = 3;

/// Cuts a column of panes: each its least, and what is left by weight.
fn cut(rect: Rect, parts: Vec<(Area, u16)>) -> Vec<(Area, Rect)> {
    let least = LEAST.min(rect.height / parts.len().max(1) as u16);
    let mut left = rect.height - least * parts.len() as u16;
    let mut weights: u32 = parts.iter().map(|(_, w)| u32::from(*w)).sum();
    let mut y = rect.y;
    let mut panes = Vec::with_capacity(parts.len());
    for (area, weight) in parts {
        // The last one takes what rounding left over.
        let extra = (u32::from(left) * u32::from(weight) + weights / 2) / weights.max(1);
        let extra = u16::try_from(extra).unwrap_or(left).min(left);
        (left, weights) = (left - extra, weights - u32::from(weight));
        panes.push((area, Rect { y, height: least + extra, ..rect }));
        y += least + extra;
    }
    panes
}

/// Chat | stream over review | budget over sessions.
fn wide(body: Rect, layout: &Layout) -> Vec<(Area, Rect)> {
    let columns: Vec<Vec<(Area, u16)>> = vec![
        [weight(layout, Area::Chat, 30, 0)].into_iter().flatten().collect(),
        [weight(layout, Area::Stream, 30, 20), weight(layout, Area::Review, 60, 20)].into_iter().flatten().collect(),
        [weight(layout, Area::Budget, 30, 10), weight(layout, Area::Sessions, 30, 10)].into_iter().flatten().collect(),
    ];
    columns_of(body, layout, columns, [32, 48, 20])
}

/// Chat over sessions | stream over review; the side with the keys is the wider one, and the budget is on the right unless
/// what is done there needs all of it.
fn narrow(body: Rect, layout: &Layout) -> Vec<(Area, Rect)> {
    let left = matches!(layout.focus, Area::Chat | Area::Sessions);
    let mut columns = vec![
        vec![weight(layout, Area::Chat, 70, 10), weight(layout, Area::Sessions, 22, 30)],
        vec![weight(layout, Area::Stream, 20, 120), weight(layout, Area::Review, 34, 200)],
    ];
    let beside = matches!(layout.focus, Area::Stream | Area::Review);
    columns[usize::from(!beside)].push(weight(layout, Area::Budget, if beside { 22 } else { 14 }, 80));
    let columns = columns.into_iter().map(|column| column.into_iter().flatten().collect()).collect();
    columns_of(body, layout, columns, if left { [52, 48, 0] } else { [34, 66, 0] })
}

fn columns_of(body: Rect, layout: &Layout, columns: Vec<Vec<(Area, u16)>>, widths: [u16; 3]) -> Vec<(Area, Rect)> {
    let shown: Vec<(Vec<(Area, u16)>, u16)> =
        columns.into_iter().zip(widths).filter(|(column, _)| !column.is_empty()).collect();
    let constraints: Vec<Constraint> = shown
        .iter()
        .map(|(column, width)| {
            let steps: i32 = column.iter().map(|(a, _)| i32::from(layout.steps[*a as usize])).sum();
            Constraint::Fill((i32::from(*width) + steps * 2).max(10) as u16)
        })
        .collect();
    let rects = Split::horizontal(constraints).split(body);
    shown.into_iter().zip(rects.iter()).flat_map(|((column, _), rect)| cut(*rect, column)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pane_is_usable_at_80_by_24_and_the_focused_one_gets_the_room() {
        for focus in Area::ALL {
            let layout = Layout { focus, ..Layout::default() };
            let panes = arrange(Rect::new(0, 0, 80, 24), &layout).panes;
            assert_eq!(panes.len(), 5);
            for (area, rect) in &panes {
                assert!(rect.width >= 24 && rect.height >= 3, "{area:?} with the keys on {focus:?}: {rect:?}");
            }
        }
        let review = Layout { focus: Area::Review, ..Layout::default() };
        let panes = arrange(Rect::new(0, 0, 80, 24), &review).panes;
        let rect = panes.iter().find(|(a, _)| *a == Area::Review).unwrap().1;
        assert!(rect.width >= 50 && rect.height >= 16, "{rect:?}");
    }

    #[test]
    fn on_a_tiny_terminal_the_pane_with_the_keys_has_all_of_it() {
        for (width, height) in [(40, 10), (59, 30), (80, 14)] {
            let panes = arrange(Rect::new(0, 0, width, height), &Layout::default()).panes;
            assert_eq!(panes, [(Area::Chat, Rect::new(0, 1, width, height - 3))]);
        }
    }

    #[test]
    fn a_pane_in_which_something_is_done_gets_room_while_the_keys_are_elsewhere() {
        let height = |busy| {
            let layout = Layout { busy, ..Layout::default() };
            let panes = arrange(Rect::new(0, 0, 80, 24), &layout).panes;
            panes.iter().find(|(a, _)| *a == Area::Stream).unwrap().1.height
        };
        assert!(height(Some(Area::Stream)) >= 11 && height(None) < 8);
    }

    #[test]
    fn panes_never_overlap_at_any_size() {
        for (width, height) in [(20, 6), (80, 24), (139, 40), (140, 40), (200, 60), (500, 200)] {
            let panes = arrange(Rect::new(0, 0, width, height), &Layout::default()).panes;
            for (i, (_, a)) in panes.iter().enumerate() {
                for (_, b) in &panes[i + 1..] {
                    assert!(a.intersection(*b).is_empty(), "{width}×{height}: {a:?} and {b:?}");
                }
            }
        }
    }

    #[test]
    fn a_hidden_pane_leaves_its_room_to_the_others() {
        let mut layout = Layout::default();
        layout.hidden.insert(Area::Budget);
        layout.hidden.insert(Area::Sessions);
        let panes = arrange(Rect::new(0, 0, 200, 60), &layout).panes;
        assert_eq!(panes.len(), 3);
        assert_eq!(panes.iter().map(|(_, r)| r.right()).max(), Some(200));
    }
}
