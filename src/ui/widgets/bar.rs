//! A bar that fills from the left.

use crate::ui::Look;
use crate::ui::theme::Role;
use ratatui::text::Span;

/// A bar of `room` columns, `part` of `whole` of it filled in the role's look.
pub fn bar(part: u64, whole: u64, room: usize, role: Role, look: &Look) -> [Span<'static>; 2] {
    let filled = match whole {
        0 => 0,
        whole => usize::try_from(u128::from(part.min(whole)) * room as u128 / u128::from(whole)).unwrap_or(room),
    };
    // What has begun is seen to have begun.
    let filled = if part > 0 { filled.max(1).min(room) } else { 0 };
    [
        Span::styled("━".repeat(filled), look.style(role)),
        Span::styled("─".repeat(room - filled), look.style(Role::GaugeEmpty)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::look::tests::plain_look;

    #[test]
    fn it_is_full_at_the_end_and_never_longer_than_its_room() {
        let shown = |part, whole, room| {
            let spans = bar(part, whole, room, Role::GaugeLow, &plain_look());
            spans.iter().map(|s| s.content.to_string()).collect::<String>()
        };
        assert_eq!(shown(5, 10, 4), "━━──");
        assert_eq!(shown(1, 1000, 4), "━───");
        assert_eq!(shown(0, 1000, 4), "────");
        assert_eq!(shown(99, 10, 4), "━━━━");
        assert_eq!(shown(1, 0, 4), "━───");
        assert_eq!(shown(u64::MAX, u64::MAX, 0), "");
    }
}
