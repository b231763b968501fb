//! What lies on top of the panes.

pub mod context;
pub mod editor;
pub mod help;
pub mod pause;
pub mod picker;

use crate::ui::View;
use crate::ui::theme::Role;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::widgets::{Block, BorderType, Clear};

/// A cleared box in the middle of the screen, at most this large. Returns what is inside.
fn draw_box(frame: &mut Frame, screen: Rect, size: (u16, u16), title: &str, view: &View) -> Rect {
    let (width, height) = (size.0.min(screen.width.saturating_sub(2)), size.1.min(screen.height.saturating_sub(2)));
    let rect =
        Rect { x: screen.x + (screen.width - width) / 2, y: screen.y + (screen.height - height) / 2, width, height };
    let block = Block::bordered()
        .style(view.look.style(Role::Text))
        .border_type(BorderType::Thick)
        .border_style(view.look.style(Role::BorderFocused))
        .title_style(view.look.style(Role::Title))
        .title(format!(" {title} "));
    let inner = block.inner(rect);
    frame.render_widget(Clear, rect);
    frame.render_widget(block, rect);
    inner
}
