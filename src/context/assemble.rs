//! Fills a token budget: 40 % code, 30 % patterns, 30 % memory, unused shares handed on, code first.
//!
//! Keeps three promises whatever the counter says: the items together never pass the budget, the same input gives the same
//! bundle, and a file is listed for whole-file edits only if all of it is shown. Reads nothing and summarises nothing.

use super::conversation::{Conversation, Truncation};
use super::excerpt::{Excerpt, excerpt};
use super::lexicon::Lexicon;
use super::memory;
use super::tree;
use super::want::{Wanted, wanted};
use crate::domain::change::{FileContent, FileSnapshot};
use crate::domain::clock::Timestamp;
use crate::domain::context::{ContextBundle, ContextItem, ContextKind};
use crate::domain::intent::Intent;
use crate::domain::language::Language;
use crate::domain::memory::{Memory, Remark};
use crate::domain::message::{Author, Message, PastRun};
use std::collections::BTreeSet;

/// Per cent of the budget for code and for patterns; memory has the rest.
const SHARES: (u64, u64) = (40, 30);
/// The layout's part of the code share, in per cent.
const LAYOUT_SHARE: u32 = 20;
/// Paths kept in `ContextBundle::listing`.
const MAX_LISTING: usize = 4000;

/// Everything there is to choose from.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// All paths of the repository, sorted.
    pub listing: Vec<String>,
    /// The files that were read, as [`super::wanted`] named them.
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
    let wanted = wanted(intent, &sources.listing);
    let share = |per_cent: u64| u32::try_from(u64::from(budget) * per_cent / 100).unwrap_or(u32::MAX);
    let (code_share, pattern_share) = (share(SHARES.0), share(SHARES.1));
    let memory_share = budget - code_share - pattern_share;

    let chooser = Chooser { intent, sources, wanted: &wanted, count };
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
        listing: short_listing(&sources.listing, &wanted),
        budget,
        exact: false,
        per_mille: 0,
    }
}

const AGENTS: &str = "AGENTS.md";

/// Items that fit a limit.
#[derive(Default)]
pub(super) struct Room {
    limit: u32,
    used: u32,
    pub(super) items: Vec<ContextItem>,
}

impl Room {
    pub(super) fn new(limit: u32) -> Room {
        Room { limit, ..Room::default() }
    }

    pub(super) fn left(&self) -> u32 {
        self.limit - self.used
    }

    /// Takes the item if it fits.
    pub(super) fn take(&mut self, item: ContextItem) -> bool {
        let fits = item.tokens <= self.left();
        if fits {
            self.used += item.tokens;
            self.items.push(item);
        }
        fits
    }
}

struct Code {
    room: Room,
    files: Vec<FileSnapshot>,
}

struct Chooser<'a> {
    intent: &'a Intent,
    sources: &'a Sources,
    wanted: &'a [Wanted],
    count: &'a dyn Fn(&str) -> u32,
}

impl Chooser<'_> {
    fn item(&self, kind: ContextKind, label: &str, text: String, reason: String) -> ContextItem {
        let tokens = (self.count)(&text);
        ContextItem { kind, label: label.to_owned(), lines: None, text, tokens, reason }
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
        let lexicon = Lexicon::of(self.intent, self.wanted);
        let most = |room: &Room| if turns.is_empty() { room.left() } else { room.left() / 2 };
        let limit = most(&room);
        memory::fill(&mut room, &memory::recall(&lexicon, &sources.memory, sources.now), limit, self.count);
        let wanted: Vec<&str> = self.wanted.iter().map(|w| w.path.as_str()).collect();
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
        let part = excerpt(text, &[], |part| (self.count)(&shown(part)) <= most)?;
        let reason = format!("the repository's rules for agents, cut to {} of {} lines", part.shown, part.total);
        let mut item = self.item(ContextKind::Memory, AGENTS, shown(&part), reason);
        item.lines = Some(part.lines);
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
        let mut code = Code { room: Room::new(limit), files: Vec::new() };
        let most = u32::try_from(u64::from(share.min(limit)) * u64::from(LAYOUT_SHARE) / 100).unwrap_or(0);
        let titled = |layout: &str| format!("### FILES OF THE REPOSITORY\n{layout}");
        if let Some(layout) = tree::layout(&self.sources.listing, |layout| (self.count)(&titled(layout)) <= most) {
            let reason = format!("where things are: {} files", self.sources.listing.len());
            code.room.take(self.item(ContextKind::Code, "layout", titled(&layout), reason));
        }
        let mut omitted = Vec::new();
        for snapshot in self.in_order() {
            if !self.file(snapshot, &mut code) {
                omitted.push(format!("`{}`", snapshot.path));
            }
        }
        if !omitted.is_empty() {
            let text = format!("Not shown for lack of room: {}.\n", omitted.join(", "));
            let reason = format!("{} wanted files do not fit the budget", omitted.len());
            code.room.take(self.item(ContextKind::Code, "omitted files", text, reason));
        }
        code
    }

    /// The snapshots, once each: as wanted, then what else was read, as it was read.
    fn in_order(&self) -> Vec<&FileSnapshot> {
        let place =
            |snapshot: &FileSnapshot| self.wanted.iter().position(|w| w.path == snapshot.path).unwrap_or(usize::MAX);
        let mut seen = BTreeSet::new();
        let mut snapshots: Vec<_> = self.sources.snapshots.iter().filter(|s| seen.insert(s.path.as_str())).collect();
        snapshots.sort_by_key(|snapshot| place(snapshot));
        snapshots
    }

    /// Adds a file whole, or cut, or a line that says why it is not shown. Whether anything was added.
    fn file(&self, snapshot: &FileSnapshot, code: &mut Code) -> bool {
        let path = &snapshot.path;
        let wanted = self.wanted.iter().find(|w| w.path == *path);
        let reason = wanted.map_or("read for this run", |w| w.reason.as_str());
        let text = match &snapshot.content {
            FileContent::Text { text } => text,
            FileContent::Absent => {
                let item = self.item(ContextKind::Code, path, format!("`{path}` does not exist.\n"), reason.to_owned());
                let taken = code.room.take(item);
                if taken {
                    code.files.push(snapshot.clone());
                }
                return taken;
            }
            FileContent::Opaque { reason: why } => {
                let line = format!("`{path}` is not shown: {why}.\n");
                return code.room.take(self.item(ContextKind::Code, path, line, format!("{reason}; not text: {why}")));
            }
        };
        // A file that was only guessed leaves half of what is left to those after it.
        let room = code.room.left();
        let most = if wanted.is_none_or(|w| w.named) { room } else { room / 2 };
        let whole = self.item(ContextKind::Code, path, block("FILE", path, text), reason.to_owned());
        if whole.tokens <= most {
            code.files.push(snapshot.clone());
            return code.room.take(whole);
        }
        let fits =
            |part: &Excerpt| part.shown < part.total && (self.count)(&block("EXCERPT", path, &part.text)) <= most;
        let Some(part) = excerpt(text, &self.intent.symbols, fits) else { return false };
        let cut = format!("{reason}; cut to {} of {} lines, so no whole-file edit", part.shown, part.total);
        let mut item = self.item(ContextKind::Code, path, block("EXCERPT", path, &part.text), cut);
        item.lines = Some(part.lines);
        code.room.take(item)
    }
}

/// A titled, fenced text; the fence is longer than any in it.
fn block(title: &str, path: &str, text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    let language = Language::from_path(path).map_or("", Language::name);
    let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    format!("### {title}: {path}\n{fence}{language}\n{text}{end}{fence}\n")
}

/// At most [`MAX_LISTING`] paths, sorted: those beside wanted files first, then the shallow ones.
fn short_listing(listing: &[String], wanted: &[Wanted]) -> Vec<String> {
    if listing.len() <= MAX_LISTING {
        return listing.to_vec();
    }
    let folder = |path: &str| path.rsplit_once('/').map_or(String::new(), |(folder, _)| folder.to_owned());
    let near: BTreeSet<String> = wanted.iter().map(|w| folder(&w.path)).collect();
    let mut paths: Vec<&String> = listing.iter().collect();
    paths.sort_by_cached_key(|path| (!near.contains(&folder(path)), path.matches('/').count()));
    let mut short: Vec<String> = paths.into_iter().take(MAX_LISTING).cloned().collect();
    short.sort();
    short
}
