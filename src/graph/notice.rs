//! What a run says on its own account of how its attempts ended, in words that are found again when they hold no longer.

use super::run::Run;

/// How the notice begins that says why healing ended.
pub(super) const ENDED: &str = "Healing ended";
/// What is said where the user ended it.
pub(super) const STOPPED: &str = "Healing was stopped: the best attempt so far is offered.";
/// How the notice ends that says why nothing came of another attempt.
pub(super) const STANDS: &str = "The proposal before stands.";
/// What a sentence holds on an attempt that was put onto other files.
pub(super) const PUT: &str = "is the same proposal on the files as they are now";

/// The user asks for another attempt: how the ones before ended is not told of it.
pub(super) fn forget_end(run: &mut Run) {
    let tells_of_end = |notice: &str| {
        notice.starts_with(ENDED) || notice == STOPPED || notice.ends_with(STANDS) || notice.contains(PUT)
    };
    run.notices.retain(|notice| !tells_of_end(notice));
}

/// A sentence as what stands behind a colon: without its period, and small where it begins with one of these words. What else is
/// large may be a name.
pub(super) fn clause(sentence: &str) -> String {
    const WORDS: [&str; 8] = ["A", "An", "It", "No", "Nothing", "The", "There", "This"];
    let text = sentence.trim().trim_end_matches('.');
    match text.split_once(' ').filter(|(first, _)| WORDS.contains(first)) {
        Some((first, rest)) => format!("{} {rest}", first.to_lowercase()),
        None => text.to_owned(),
    }
}
