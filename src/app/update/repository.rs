//! What the map of the repository says of itself.

use super::Step;
use crate::app::event::RepositoryEvent;
use crate::domain::outline::Tier;

impl Step<'_> {
    pub(super) fn repository_event(&mut self, event: &RepositoryEvent) {
        let view = &mut self.state.repository;
        match *event {
            RepositoryEvent::Progress { tier, done, total } => {
                view.progress = Some((tier, done, total)).filter(|_| done < total);
                // A grammar finds names that a scan does not.
                if tier == Tier::Exact {
                    self.complete_again();
                }
            }
            RepositoryEvent::Ready { files, symbols, millis } => {
                view.progress = None;
                view.ready = Some((files, symbols, millis));
                self.complete_again();
            }
            // Before it is complete nothing is said of what it holds.
            RepositoryEvent::Changed { files, symbols } => {
                view.ready = view.ready.map(|(_, _, millis)| (files, symbols, millis));
                self.complete_again();
            }
        }
    }
}
