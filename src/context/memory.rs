//! Which memories a request recalls: pinned ones always, others by what they share with it, by age and by what became of
//! them before. Deterministic; each says why it is there.
//!
//! It refuses to recall what shares nothing with the request, however new, and to let the memory push the conversation out.

use super::lexicon::Lexicon;
use super::room::Room;
use crate::domain::clock::Timestamp;
use crate::domain::context::{ContextItem, ContextKind};
use crate::domain::memory::{Memory, MemoryKind, Remark, RemarkKind};
use crate::domain::path::on_one_line;

/// Days after which a memory that led to nothing weighs half. A working figure of our own: repositories change their
/// conventions over months, not days.
pub const HALF_LIFE_DAYS: f64 = 45.0;
/// What a memory has to weigh to be recalled: one shared word is enough for some 78 days, a shared name for 117.
const LEAST: f64 = 0.1;
/// Memories that are recalled for one request, pinned ones not counted.
const MOST: usize = 12;
/// Remarks that are shown of one file.
const MOST_REMARKS: usize = 8;

/// A memory and how much it weighs for a request.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Recalled<'a> {
    /// The memory.
    pub(super) memory: &'a Memory,
    /// Its weight, from 0 to 2; pinned ones stand first whatever theirs is.
    pub(super) weight: f64,
    /// Why it is recalled, as a phrase.
    pub(super) reason: String,
}

/// The memories that a request recalls, most needed first: pinned ones, oldest first, then at most twelve others.
///
/// A weight is likeness × 0.5^(age ÷ half-life) × (1 + trust). Likeness is what the words, symbols and paths of the request
/// share with the text; the age counts from when it was said, or from when a change was last accepted after it; trust
/// is the part of its recalls after which one was, as if it had been recalled twice more in vain.
pub(super) fn recall<'a>(lexicon: &Lexicon, memories: &'a [Memory], now: Timestamp) -> Vec<Recalled<'a>> {
    let weighed = |memory: &'a Memory| {
        let shared = lexicon.shared(&memory.text);
        let days = age(memory, now);
        let trust = f64::from(memory.accepted) / (f64::from(memory.recalled.max(memory.accepted)) + 2.0);
        let weight = shared.likeness() * 0.5f64.powf(days / HALF_LIFE_DAYS) * (1.0 + trust);
        let mut reason = match (memory.pinned, shared.is_empty()) {
            (true, _) => "pinned".to_owned(),
            (false, _) => format!("shares {} with the request; {} d old", shared.phrase(), days.floor()),
        };
        if memory.recalled > 0 {
            reason.push_str(&format!("; recalled {} times, {} accepted", memory.recalled, memory.accepted));
        }
        Recalled { memory, weight, reason }
    };
    let (pinned, mut others): (Vec<_>, Vec<_>) = memories.iter().map(weighed).partition(|r| r.memory.pinned);
    others.retain(|r| r.weight >= LEAST);
    others.sort_by(|a, b| b.weight.total_cmp(&a.weight).then(a.memory.id.cmp(&b.memory.id)));
    others.truncate(MOST);
    pinned.into_iter().chain(others).collect()
}

/// Days since it was said, or since it was last of use.
fn age(memory: &Memory, now: Timestamp) -> f64 {
    let last = memory.accepted_at.map_or(memory.at, |used| used.max(memory.at));
    now.millis_since(last) as f64 / 86_400_000.0
}

/// Puts what is recalled into the room, within `limit` tokens; what does not fit is left out, and smaller ones tried.
pub(super) fn fill(room: &mut Room, recalled: &[Recalled<'_>], limit: u32, count: &dyn Fn(&str) -> u32) {
    let mut left = limit;
    for Recalled { memory, reason, .. } in recalled {
        let text = match memory.kind {
            MemoryKind::Fact => format!("Remembered: {}\n", memory.text),
            MemoryKind::Lesson => format!("Learned from an earlier correction: {}\n", memory.text),
        };
        let tokens = count(&text);
        let kind = ContextKind::Memory;
        let item = ContextItem { kind, label: memory.label(), lines: Vec::new(), text, tokens, reason: reason.clone() };
        if tokens <= left && room.take(item) {
            left -= tokens;
        }
    }
}

/// Puts what the wanted files remark about themselves into the room, within `limit` tokens: an item a file, in the order
/// in which the files are wanted, each file's remarks by line.
pub(super) fn remark(room: &mut Room, wanted: &[&str], remarks: &[Remark], limit: u32, count: &dyn Fn(&str) -> u32) {
    let mut left = limit;
    for path in wanted {
        let mut own: Vec<&Remark> = remarks.iter().filter(|r| r.path == *path).collect();
        own.sort();
        own.sort_by_key(|r| r.line);
        let all = own.len();
        own.truncate(MOST_REMARKS);
        while let Some(shown) = Some(own.len()).filter(|n| *n > 0) {
            let lines: String = own.iter().map(|r| format!("- line {}: {}\n", r.line, r.text.trim())).collect();
            let text = format!("### REMARKS IN {}\n{lines}", on_one_line(path));
            let tokens = count(&text);
            if tokens <= left {
                let todo = own.iter().filter(|r| r.kind == RemarkKind::Todo).count();
                let reason =
                    format!("{shown} of {all} remarks of a wanted file: {todo} to do, {} complex", shown - todo);
                let label = format!("remarks in {path}");
                let kind = ContextKind::Memory;
                if room.take(ContextItem { kind, label, lines: Vec::new(), text, tokens, reason }) {
                    left -= tokens;
                }
                break;
            }
            own.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::MemoryId;
    use crate::domain::intent::{Action, Complexity, Intent};
    use crate::domain::memory::MemorySource;

    const DAY: i64 = 86_400_000_000;

    fn intent(text: &str, paths: &[&str], symbols: &[&str]) -> Intent {
        let own = |list: &[&str]| list.iter().map(|s| (*s).to_owned()).collect();
        Intent {
            text: text.to_owned(),
            action: Action::Modify,
            targets: Vec::new(),
            language: None,
            frameworks: Vec::new(),
            complexity: Complexity::Simple,
            confidence: 1.0,
            token_budget: 0,
            paths: own(paths),
            symbols: own(symbols),
        }
    }

    fn memory(id: u64, text: &str, day: i64) -> Memory {
        Memory {
            id: MemoryId(id),
            kind: MemoryKind::Fact,
            text: text.to_owned(),
            source: MemorySource::User,
            at: Timestamp(day * DAY),
            pinned: false,
            recalled: 0,
            accepted: 0,
            accepted_at: None,
        }
    }

    fn recalled(intent: &Intent, memories: &[Memory], day: i64) -> Vec<u64> {
        let lexicon = Lexicon::of(intent, &[]);
        recall(&lexicon, memories, Timestamp(day * DAY)).iter().map(|r| r.memory.id.0).collect()
    }

    #[test]
    fn what_shares_names_comes_before_what_shares_words_and_what_shares_nothing_stays_away() {
        let asked = intent("retry failed uploads in src/upload.rs", &["src/upload.rs"], &["Uploader"]);
        let memories = [
            memory(1, "Deployments happen on Fridays.", 100),
            memory(2, "Failed jobs are logged.", 100),
            memory(3, "Uploader must stay free of locks; see upload.rs.", 100),
        ];
        assert_eq!(recalled(&asked, &memories, 100), [3, 2]);
    }

    #[test]
    fn a_memory_fades_with_age_and_a_pinned_one_does_not() {
        let asked = intent("retry failed uploads", &[], &[]);
        let old = memory(1, "Uploads go to the archive.", 0);
        assert_eq!(recalled(&asked, std::slice::from_ref(&old), 70), [1]);
        assert_eq!(recalled(&asked, std::slice::from_ref(&old), 90), [0u64; 0]);
        assert_eq!(recalled(&asked, &[Memory { pinned: true, ..old.clone() }], 9_000), [1]);
        let used = Memory { accepted: 1, recalled: 1, accepted_at: Some(Timestamp(60 * DAY)), ..old };
        assert_eq!(recalled(&asked, &[used], 90), [1], "it was of use later");
    }

    #[test]
    fn of_two_alike_the_one_that_was_followed_by_accepted_changes_comes_first() {
        let asked = intent("retry failed uploads", &[], &[]);
        let (a, b) = (memory(1, "Uploads are slow.", 10), memory(2, "Uploads are large.", 10));
        assert_eq!(recalled(&asked, &[a.clone(), b.clone()], 10), [1, 2]);
        assert_eq!(recalled(&asked, &[a, Memory { recalled: 4, accepted: 3, ..b }], 10), [2, 1]);
    }

    #[test]
    fn pinned_ones_come_first_and_each_says_why_it_is_there() {
        let asked = intent("retry failed uploads", &[], &[]);
        let memories = [memory(1, "Uploads are slow.", 7), Memory { pinned: true, ..memory(2, "Use tabs.", 0) }];
        let lexicon = Lexicon::of(&asked, &[]);
        let found = recall(&lexicon, &memories, Timestamp(10 * DAY));
        let reasons: Vec<&str> = found.iter().map(|r| r.reason.as_str()).collect();
        assert_eq!(reasons, ["pinned", "shares `upload` with the request; 3 d old"]);
    }

    #[test]
    fn at_most_twelve_are_recalled_however_many_fit() {
        let memories: Vec<Memory> = (0..40).map(|n| memory(n, &format!("Upload number {n}."), 5)).collect();
        assert_eq!(recalled(&intent("retry failed uploads", &[], &[]), &memories, 5).len(), MOST);
    }

    #[test]
    fn what_does_not_fit_is_left_out_and_smaller_ones_are_tried() {
        let memories = [memory(1, &"upload ".repeat(40), 1), memory(2, "Uploads are slow.", 1)];
        let lexicon = Lexicon::of(&intent("retry failed uploads", &[], &[]), &[]);
        let found = recall(&lexicon, &memories, Timestamp(DAY));
        let mut room = Room::new(1_000);
        fill(&mut room, &found, 60, &|text| text.len() as u32);
        let labels: Vec<&str> = room.items.iter().map(|i| i.label.as_str()).collect();
        assert_eq!(labels, ["memory 2"]);
    }

    #[test]
    fn remarks_are_shown_of_wanted_files_only_in_their_order_and_as_many_as_fit() {
        let remark_of =
            |path: &str, line, kind| Remark { path: path.to_owned(), line, kind, text: format!("text {line}") };
        let remarks = [
            remark_of("b.rs", 9, RemarkKind::Complexity),
            remark_of("a.rs", 30, RemarkKind::Todo),
            remark_of("a.rs", 4, RemarkKind::Todo),
            remark_of("c.rs", 1, RemarkKind::Todo),
        ];
        let shown = |limit| {
            let mut room = Room::new(10_000);
            remark(&mut room, &["a.rs", "b.rs"], &remarks, limit, &|text| text.len() as u32);
            room.items.iter().map(|i| i.text.clone()).collect::<Vec<_>>()
        };
        let (a, b) =
            ("### REMARKS IN a.rs\n- line 4: text 4\n- line 30: text 30\n", "### REMARKS IN b.rs\n- line 9: text 9\n");
        assert_eq!(shown(1_000), [a, b]);
        assert_eq!(shown(40), ["### REMARKS IN a.rs\n- line 4: text 4\n"]);
        assert!(shown(10).is_empty());
    }
}
