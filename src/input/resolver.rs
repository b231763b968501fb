//! Key presses to actions: a chord is followed key by key until it means something, or nothing.
//!
//! Time plays no part: a chord waits for its next key as long as it takes, so that the same keys always mean the same.

use super::key::Key;
use super::keymap::{Found, Keymap, in_reach};
use crate::app::{Action, Scope};

/// What a key press came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// Do this.
    Action(Action),
    /// A chord has begun.
    Pending {
        /// The keys so far.
        keys: Vec<Key>,
        /// What may come next.
        continuations: Vec<Continuation>,
    },
    /// The key belongs to the text field.
    Type(Key),
    /// These keys mean nothing here.
    Unbound(Vec<Key>),
}

/// One way on from a chord that has begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Continuation {
    /// The next key.
    pub key: Key,
    /// The action it leads to; `None` when more keys follow.
    pub action: Option<Action>,
}

/// A keymap and the chord under way.
#[derive(Clone, Debug)]
pub struct Resolver {
    keymap: Keymap,
    pending: Vec<Key>,
}

impl Resolver {
    /// A resolver with no chord under way.
    pub fn new(keymap: Keymap) -> Resolver {
        Resolver { keymap, pending: Vec::new() }
    }

    /// The keymap, for hints and help.
    pub fn keymap(&self) -> &Keymap {
        &self.keymap
    }

    /// Forgets the chord under way (the mouse was used, something was pasted).
    pub fn reset(&mut self) {
        self.pending.clear();
    }

    /// What `key` means in `scopes`, innermost first. A chord that leads nowhere ends; its last key is typed where text is typed,
    /// but never means an action of its own, since it was not meant alone.
    pub fn resolve(&mut self, scopes: &[Scope], key: Key) -> Resolution {
        let mut keys = std::mem::take(&mut self.pending);
        keys.push(key);
        match self.keymap.lookup(scopes, &keys) {
            Found::Action(action) => Resolution::Action(action),
            Found::Prefix => {
                self.pending.clone_from(&keys);
                Resolution::Pending { continuations: self.continuations(scopes, &keys), keys }
            }
            Found::Nothing => {
                let types = scopes.iter().any(|s| s.types());
                match types && (keys.len() == 1 || key.text().is_some()) {
                    true => Resolution::Type(key),
                    false => Resolution::Unbound(keys),
                }
            }
        }
    }

    fn continuations(&self, scopes: &[Scope], keys: &[Key]) -> Vec<Continuation> {
        let mut found: Vec<Continuation> = Vec::new();
        for scope in in_reach(scopes, keys) {
            for binding in self.keymap.scope(*scope).iter().filter(|b| b.keys.starts_with(keys)) {
                let Some(key) = binding.keys.get(keys.len()).copied() else { continue };
                if found.iter().all(|c| c.key != key) {
                    let action = (binding.keys.len() == keys.len() + 1).then_some(binding.action);
                    found.push(Continuation { key, action });
                }
            }
        }
        found
    }
}
