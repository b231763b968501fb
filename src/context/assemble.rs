//! Fills a token budget: 40 % code, 30 % patterns, 30 % memory, unused shares handed on, code first.
//!
//! Keeps three promises whatever the counter says: the items together never pass the budget, the same input gives the same
//! bundle, and a file is listed for whole-file edits only if all of it is shown. Reads nothing and summarises nothing.

use super::code::{self, Candidate, Code};
use super::conversation::{Conversation, Truncation};
use super::excerpt::{Excerpt, beginning};
use super::lexicon::Lexicon;
use super::memory;
use super::query::Query;
use super::rank::Ranked;
use super::room::Room;
use super::tree;
use crate::domain::change::FileSnapshot;
use crate::domain::clock::Timestamp;
use crate::domain::context::{ContextBundle, ContextItem, ContextKind};
use crate::domain::count::counted;
use crate::domain::intent::{Action, Intent};
use crate::domain::memory::{Memory, Remark};
use crate::domain::message::{Author, Message, PastRun};
use crate::domain::path;
use std::collections::BTreeSet;

/// Per cent of the budget for code and for patterns; memory has the rest.
const SHARES: (u64, u64) = (40, 30);
/// The layout's part of the code share, in per cent.
const LAYOUT_SHARE: u32 = 20;
/// Files from the top of the ranking that memories and remarks are about.
const WANTED: usize = 12;
/// Paths kept in `ContextBundle::listing`.
const MAX_LISTING: usize = 4000;

/// Everything there is to choose from.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// All paths of the repository, sorted.
    pub listing: Vec<String>,
    /// The files that matter, best first, as [`super::rank`] gave them.
    pub ranking: Vec<Ranked>,
    /// Those of them that were read.
    pub snapshots: Vec<FileSnapshot>,
    /// The text of AGENTS.md.
    pub agents: Option<String>,
    /// Names and texts of the patterns that fit, best first.
    pub patterns: Vec<(String, String)>,
    /// What is remembered of the repository.
    pub memory: Vec<Memory>,
    /// What its code says about itself.
    pub remarks: Vec<Remark>,
    /// The conversation so far, oldest first. The request itself, if it stands last, is not repeated.
    pub conversation: Vec<Message>,
    /// The runs of the conversation and what came of them, oldest first.
    pub past: Vec<PastRun>,
    /// Which part of the conversation is repeated.
    pub truncation: Truncation,
    /// The time, from which memories have their age.
    pub now: Timestamp,
}

/// Chooses within `budget` tokens as `count` counts them. Items come most stable first: AGENTS.md, layout, files, patterns,
/// memories, conversation; each says why it is there. A budget of 0 gives an empty bundle. `exact` and `per_mille` are left for the caller to set.
pub fn assemble(intent: &Intent, sources: &Sources, budget: u32, count: &dyn Fn(&str) -> u32) -> ContextBundle {
    if budget == 0 {
        return ContextBundle::default();
    }
    let share = |per_cent: u64| u32::try_from(u64::from(budget) * per_cent / 100).unwrap_or(u32::MAX);
    let (code_share, pattern_share) = (share(SHARES.0), share(SHARES.1));
    let memory_share = budget - code_share - pattern_share;

    let chooser = Chooser { intent, sources, count };
    let mut patterns = chooser.patterns(pattern_share);
    let mut memory = chooser.memory(memory_share);
    let code = chooser.code(budget - patterns.used - memory.used, code_share);
    // What code leaves goes to patterns, then to memory; each is chosen anew within the larger room.
    patterns = chooser.patterns(budget - code.room.used - memory.used);
    memory = chooser.memory(budget - code.room.used - patterns.used);

    let mut agents = memory.items;
    let conversation = agents.split_off(agents.iter().take_while(|item| item.label == AGENTS).count());
    let items: Vec<ContextItem> =
        [agents, code.room.items, patterns.items, conversation].into_iter().flatten().collect();
    ContextBundle {
        tokens: items.iter().map(|item| item.tokens).sum(),
        items,
        files: code.files,
        listing: short_listing(&sources.listing, &sources.ranking),
        budget,
        exact: false,
        per_mille: 0,
        unseen: code.unseen,
    }
}

const AGENTS: &str = "AGENTS.md";

struct Chooser<'a> {
    intent: &'a Intent,
    sources: &'a Sources,
    count: &'a dyn Fn(&str) -> u32,
}

impl Chooser<'_> {
    fn item(&self, kind: ContextKind, label: &str, text: String, reason: String) -> ContextItem {
        let tokens = (self.count)(&text);
        ContextItem { kind, label: label.to_owned(), lines: Vec::new(), text, tokens, reason }
    }

    fn patterns(&self, limit: u32) -> Room {
        let mut room = Room::new(limit);
        for (rank, (name, text)) in self.sources.patterns.iter().enumerate() {
            let reason = format!("pattern {} of {} that fit", rank + 1, self.sources.patterns.len());
            let text = format!("### PATTERN: {name}\n{}\n", text.trim_end());
            room.take(self.item(ContextKind::Pattern, name, text, reason));
        }
        room
    }

    /// AGENTS.md, then what is remembered, then the conversation. What is remembered leaves half to the conversation.
    fn memory(&self, limit: u32) -> Room {
        let mut room = Room::new(limit);
        let (sources, turns) = (self.sources, self.turns());
        if let Some(agents) = &sources.agents {
            let most = if turns.is_empty() { limit } else { limit / 2 };
            if let Some(item) = self.agents(agents, limit, most) {
                room.take(item);
            }
        }
        let wanted: Vec<&str> = sources.ranking.iter().take(WANTED).map(|ranked| ranked.path.as_str()).collect();
        let lexicon = Lexicon::of(self.intent, &wanted);
        let most = |room: &Room| if turns.is_empty() { room.left() } else { room.left() / 2 };
        let limit = most(&room);
        memory::fill(&mut room, &memory::recall(&lexicon, &sources.memory, sources.now), limit, self.count);
        let limit = most(&room);
        memory::remark(&mut room, &wanted, &sources.remarks, limit / 2, self.count);
        let conversation = Conversation { messages: turns, past: &sources.past, lexicon: &lexicon, count: self.count };
        conversation.fill(sources.truncation, &mut room);
        room
    }

    /// AGENTS.md whole, if what it leaves is of use to the conversation, else its beginning.
    fn agents(&self, text: &str, limit: u32, most: u32) -> Option<ContextItem> {
        let whole = format!("### {AGENTS}\n{}\n", text.trim_end());
        let whole = self.item(ContextKind::Memory, AGENTS, whole, "the repository's rules for agents".to_owned());
        let room_after = limit.saturating_sub(whole.tokens);
        if whole.tokens <= most || whole.tokens <= limit && room_after >= limit / 4 {
            return Some(whole);
        }
        let shown = |part: &Excerpt| format!("### {AGENTS}\n{}", part.text);
        let part = beginning(text, |part| (self.count)(&shown(part)) <= most)?;
        let reason = format!("the repository's rules for agents, cut to {} of {} lines", part.shown, part.total);
        let mut item = self.item(ContextKind::Memory, AGENTS, shown(&part), reason);
        item.lines = vec![part.lines];
        Some(item)
    }

    /// The messages worth repeating: all but the request itself.
    fn turns(&self) -> &[Message] {
        match self.sources.conversation.split_last() {
            Some((last, before)) if last.author == Author::User && last.text == self.intent.text => before,
            _ => &self.sources.conversation,
        }
    }

    fn code(&self, limit: u32, share: u32) -> Code {
        let mut room = Room::new(limit);
        let most = |per_cent: u32| u32::try_from(u64::from(share.min(limit)) * u64::from(per_cent) / 100).unwrap_or(0);
        let titled = |layout: &str| format!("### FILES OF THE REPOSITORY\n{layout}");
        let layout_share = if self.intent.action == Action::Create { LAYOUT_SHARE } else { LAYOUT_SHARE / 4 };
        let fits = |layout: &str| (self.count)(&titled(layout)) <= most(layout_share);
        if let Some(layout) = tree::layout(&self.sources.listing, fits) {
            let reason = format!("where things are: {}", counted(self.sources.listing.len(), "file"));
            room.take(self.item(ContextKind::Code, "layout", titled(&layout), reason));
        }
        code::choose(&Query::new(self.intent), self.intent.action, &self.candidates(), room, self.count)
    }

    /// The snapshots, once each: as they rank, then what else was read, as it was read.
    fn candidates(&self) -> Vec<Candidate<'_>> {
        let ranking = &self.sources.ranking;
        let mut seen = BTreeSet::new();
        let candidate = |snapshot: &'_ FileSnapshot| {
            let place = ranking.iter().position(|ranked| ranked.path == snapshot.path);
            (place.unwrap_or(usize::MAX), place.map(|at| &ranking[at]))
        };
        let mut found: Vec<_> = self
            .sources
            .snapshots
            .iter()
            .filter(|s| seen.insert(s.path.as_str()))
            .map(|snapshot| {
                let (place, ranked) = candidate(snapshot);
                let reason = ranked.map_or("read for this run", |r| r.reason.as_str());
                let (named, rank) = ranked.map_or((true, 1.0), |r| (r.named, r.score));
                let alike = ranked.map_or(&[][..], |r| &r.alike);
                (place, Candidate { snapshot, reason, named, rank, alike })
            })
            .collect();
        found.sort_by_key(|(place, _)| *place);
        found.into_iter().map(|(_, candidate)| candidate).collect()
    }
}

/// At most [`MAX_LISTING`] paths, sorted: those beside the files that rank best first, then the shallow ones.
fn short_listing(listing: &[String], ranking: &[Ranked]) -> Vec<String> {
    if listing.len() <= MAX_LISTING {
        return listing.to_vec();
    }
    let near: BTreeSet<&str> = ranking.iter().take(WANTED).map(|r| path::parent(&r.path)).collect();
    let mut paths: Vec<&String> = listing.iter().collect();
    paths.sort_by_cached_key(|path| (!near.contains(path::parent(path)), path.matches('/').count()));
    let mut short: Vec<String> = paths.into_iter().take(MAX_LISTING).cloned().collect();
    short.sort();
    short
}
