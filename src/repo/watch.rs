//! What changed in the directories that were walked, as the kernel tells it. Linux only: elsewhere [`Watcher::start`]
//! refuses, and its caller looks at the stamps before each use.
//!
//! Watches only the directories it is given, so that a build in an ignored folder wakes nobody; its thread sleeps in the
//! kernel until something happens. Names places, not what happened there: whoever is told looks there anew. Never forgets a change:
//! what it cannot name is "everything".

#[cfg(target_os = "linux")]
mod inotify;
#[cfg(not(target_os = "linux"))]
mod none;

#[cfg(target_os = "linux")]
use inotify::Backend;
#[cfg(not(target_os = "linux"))]
use none::Backend;

use super::Root;
use super::walk::is_ignore_file;
use crate::domain::failure::Failure;
use crate::domain::listing::Places;

/// Places kept apart; of more it is said that everything changed.
const MAX_PLACES: usize = 4096;

/// Watches until it is dropped.
#[derive(Debug)]
pub struct Watcher(Backend);

impl Watcher {
    /// Begins to watch nothing yet. `wake` is called on another thread when there is something to [`take`](Self::take),
    /// once until it is taken; it must not block.
    ///
    /// # Errors
    /// `Io` where the system cannot watch.
    pub fn start(root: &Root, wake: impl Fn() + Send + 'static) -> Result<Watcher, Failure> {
        Backend::start(root.path(), Box::new(wake)).map(Watcher)
    }

    /// Watches these directories (relative to the root) from now on, and at `places` no others. Returns those that were
    /// not watched before: what happened in them until now is unknown, so they have to be looked at once more.
    ///
    /// # Errors
    /// `Io` when the system's limit of watches is reached: not all of them are watched then.
    pub fn follow(&self, places: &Places, directories: &[String]) -> Result<Places, Failure> {
        self.0.follow(places, directories)
    }

    /// The places where something changed since the last time.
    pub fn take(&self) -> Places {
        self.0.take()
    }
}

/// Adds the place that has to be looked at after something happened to `path`.
fn note(changed: &mut Places, path: &str) {
    if changed.len() >= MAX_PLACES {
        *changed = Places::everything();
    }
    if changed.is_everything() {
        return;
    }
    let above = path.rfind('/').map_or("", |at| &path[..at]);
    changed.insert(if is_ignore_file(path) { above } else { path }.to_owned());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ignore_file_concerns_its_directory_and_too_many_places_are_everything() {
        let mut changed = Places::default();
        note(&mut changed, "src/a.rs");
        note(&mut changed, "lib/.gitignore");
        assert_eq!(changed, ["src/a.rs", "lib"].map(str::to_owned).into_iter().collect());
        for n in 0..=MAX_PLACES {
            note(&mut changed, &format!("x{n}"));
        }
        assert_eq!(changed, Places::everything());
    }
}
