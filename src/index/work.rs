//! Reading and outlining many files with all cores. Holds no table: what was seen is handed over one by one.

use super::Priority;
use super::cache::Cache;
use crate::domain::language::Language;
use crate::domain::listing::{FileEntry, Unread};
use crate::domain::outline::{Oddity, Tier};
use crate::domain::path;
use crate::map::{self, ContentHash, Draft, Drafter};
use crate::syntax;
use memchr::memchr;
use sha2::{Digest, Sha256};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, mpsc};

/// Puts the bytes of a file, of which so many were listed, in place of what the room holds. Called from several threads; must
/// not wait for a pipe.
pub type Source<'a> = dyn Fn(&str, u64, &mut Vec<u8>) -> Result<(), Unread> + Sync + 'a;

/// Files that may have been seen and not yet been taken.
const AHEAD: usize = 256;
/// Most files that are handed over together: waking the other thread for each costs as much as a small file, and what they
/// name alike is looked up once.
const TOGETHER: usize = 64;

/// What was seen of a file.
pub(super) enum Seen {
    /// It is not there (any more).
    Gone,
    /// Of no language that is outlined, or odd; and its lines.
    Plain(Option<Oddity>, u32),
    /// Outlined.
    Outlined(Record),
    /// Scanned.
    Scanned(Box<Draft>),
    /// It holds something else than what it was to be outlined for.
    Other,
}

/// A file's record.
pub(super) struct Record {
    pub hash: ContentHash,
    pub bytes: Vec<u8>,
    /// Under which it is kept: the exact one of a text that no grammar can read is the scanned one.
    pub tier: Tier,
    /// Whether the cache has it already.
    pub is_kept: bool,
}

/// Which record is wanted of a content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Plan {
    /// The best one that is kept, up to this tier; else a scan.
    Soon(Tier),
    /// The exact one.
    Exact,
}

/// What all threads share.
pub(super) struct Work<'a> {
    pub source: &'a Source<'a>,
    pub stop: &'a AtomicBool,
    pub priority: Priority,
    /// Asked for records of contents that were seen before, if there are any.
    pub cache: Option<&'a Mutex<Cache>>,
    pub plan: Plan,
}

/// A file to look at.
pub(super) struct Wanted<'a> {
    pub path: &'a str,
    /// Bytes, by its stamp.
    pub size: u64,
    /// What it must hold to be of use.
    pub hash: Option<ContentHash>,
}

impl<'a> Wanted<'a> {
    /// Some of the files that were found.
    pub fn of(found: &'a [FileEntry], numbers: &[usize]) -> Vec<Wanted<'a>> {
        let wanted = |&at: &usize| Wanted { path: &found[at].path, size: found[at].size, hash: None };
        numbers.iter().map(wanted).collect()
    }
}

/// What a thread keeps from one file to the next.
#[derive(Default)]
struct Desk {
    drafter: Drafter,
    /// What is read.
    bytes: Vec<u8>,
}

impl Work<'_> {
    /// Looks at every file and hands over what was seen, with its number. Ends early when told to.
    pub fn run(&self, wanted: &[Wanted], mut take: impl FnMut(usize, Seen)) {
        let threads = std::thread::available_parallelism().map_or(2, |n| n.get().min(8)).min(wanted.len());
        if threads < 2 {
            let all = wanted.iter().enumerate().take_while(|_| !self.is_stopped());
            let mut desk = Desk::default();
            return all.for_each(|(number, wanted)| {
                let seen = self.look(wanted, &mut desk);
                desk.drafter.finish();
                take(number, seen);
            });
        }
        let together = (wanted.len() / (threads * 16)).clamp(1, TOGETHER);
        let (next, (sender, seen)) = (AtomicUsize::new(0), mpsc::sync_channel(AHEAD / TOGETHER));
        std::thread::scope(|scope| {
            for _ in 0..threads {
                let (next, sender) = (&next, sender.clone());
                scope.spawn(move || {
                    if self.priority == Priority::Background {
                        give_way();
                    }
                    let mut desk = Desk::default();
                    while !self.is_stopped() {
                        let start = next.fetch_add(together, Ordering::Relaxed).min(wanted.len());
                        let some = &wanted[start..(start + together).min(wanted.len())];
                        let some = some.iter().zip(start..).take_while(|_| !self.is_stopped());
                        let seen: Vec<(usize, Seen)> =
                            some.map(|(wanted, number)| (number, self.look(wanted, &mut desk))).collect();
                        desk.drafter.finish();
                        if seen.is_empty() || sender.send(seen).is_err() {
                            break;
                        }
                    }
                });
            }
            drop(sender);
            seen.into_iter().flatten().for_each(|(number, seen)| take(number, seen));
        });
    }

    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    fn record(&self, hash: ContentHash, tier: Tier) -> Option<Vec<u8>> {
        let mut cache = self.cache?.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        cache.record(hash, tier)
    }

    fn look(&self, wanted: &Wanted, desk: &mut Desk) -> Seen {
        let path = wanted.path;
        let odd = |oddity| Seen::Plain(Some(oddity), 0);
        let Some(language) = Language::from_path(path) else { return Seen::Plain(None, 0) };
        // What the path and the size say needs no reading.
        if let Some(oddity) = syntax::oddity_of_place(path, wanted.size) {
            return odd(oddity);
        }
        let Desk { drafter, bytes } = desk;
        match (self.source)(path, wanted.size, bytes) {
            Ok(()) => {}
            Err(Unread::Absent) => return Seen::Gone,
            Err(Unread::Large) => return odd(Oddity::Large),
            Err(Unread::Refused(_)) => return odd(Oddity::Unreadable),
        }
        let text = std::str::from_utf8(bytes).ok().filter(|text| memchr(0, text.as_bytes()).is_none());
        // It may have grown since it was listed.
        let grown = (bytes.len() as u64 > syntax::MOST_BYTES).then_some(Oddity::Large);
        let oddity = grown.or_else(|| match text {
            Some(text) => syntax::oddity_of_text(path, Some(language), text),
            None => syntax::oddity_of_head(path, bytes),
        });
        if let Some(oddity) = oddity {
            let lines = bytes.iter().filter(|byte| **byte == b'\n').count();
            return Seen::Plain(Some(oddity), u32::try_from(lines).unwrap_or(u32::MAX));
        }
        let Some(text) = text else {
            // What is wrong with it stands behind its head.
            return odd(if memchr(0, bytes).is_some() { Oddity::Binary } else { Oddity::NotUtf8 });
        };
        let hash = hash(path, text);
        if wanted.hash.is_some_and(|other| other != hash) {
            return Seen::Other;
        }
        self.outline(language, path, text, hash, drafter)
    }

    /// The outline of a text: from the cache, or made.
    fn outline(&self, language: Language, path: &str, text: &str, hash: ContentHash, drafter: &mut Drafter) -> Seen {
        let tiers: &[Tier] = match self.plan {
            Plan::Soon(Tier::Scan) => &[Tier::Scan],
            Plan::Soon(Tier::Exact) => &[Tier::Exact, Tier::Scan],
            Plan::Exact => &[Tier::Exact],
        };
        for &tier in tiers {
            if let Some(bytes) = self.record(hash, tier).filter(|bytes| map::decode(bytes).is_ok()) {
                return Seen::Outlined(Record { hash, bytes, tier, is_kept: true });
            }
        }
        if self.plan != Plan::Exact {
            return Seen::Scanned(Box::new(drafter.scan(path, hash, language, text)));
        }
        let outline = syntax::outline(language, path, text).unwrap_or_else(|| syntax::scan(language, text));
        Seen::Outlined(Record { hash, bytes: map::encode(&outline), tier: Tier::Exact, is_kept: false })
    }
}

/// Lets every other thread of the machine go before this one. Elsewhere than on Linux that would be the whole process.
pub fn give_way() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::setpriority_process(None, 19);
}

/// The identity of a content: what its outline is found by again, whatever the file is called and on whichever branch it is.
/// The ending belongs to it, because it decides on the language.
fn hash(path: &str, text: &str) -> ContentHash {
    let name = path::name(path);
    let ending = name.rsplit('.').next().unwrap_or(name);
    Sha256::new().chain_update(ending).chain_update([0]).chain_update(text).finalize().into()
}
