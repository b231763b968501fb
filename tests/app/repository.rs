//! What the state knows of the repository's map.

use super::desk::*;
use vibe_tui::app::{Event, RepositoryEvent, RepositoryView};
use vibe_tui::domain::outline::Tier;

#[test]
fn the_map_is_under_way_until_it_is_ready_and_asks_for_nothing() {
    let mut desk = Desk::new(World::new());
    let mut view = |event| {
        assert!(desk.event(Event::Repository(event)).is_empty());
        desk.state.repository
    };
    let under_way = view(RepositoryEvent::Progress { tier: Tier::Scan, done: 3, total: 10 });
    assert_eq!(under_way, RepositoryView { progress: Some((Tier::Scan, 3, 10)), ready: None });
    let early = view(RepositoryEvent::Changed { files: 3, symbols: 9 });
    assert_eq!(early.ready, None, "it is not complete yet");
    let ready = view(RepositoryEvent::Ready { files: 10, symbols: 40, millis: 7 });
    assert_eq!(ready, RepositoryView { progress: None, ready: Some((10, 40, 7)) });
    let changed = view(RepositoryEvent::Changed { files: 12, symbols: 41 });
    assert_eq!(changed.ready, Some((12, 41, 7)), "what the map holds now");
    let done = view(RepositoryEvent::Progress { tier: Tier::Exact, done: 10, total: 10 });
    assert_eq!((done.progress, done.ready), (None, Some((12, 41, 7))));
}
