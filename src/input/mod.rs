//! Key notation, keymaps and the chord resolver.
//!
//! [`Resolver`] is the only place where a key becomes an [`crate::app::Action`]; footer, palette and help read the same
//! [`Keymap`]. Nothing here performs an action.

mod hint;
mod key;
mod keymap;
mod resolver;

pub use hint::{PALETTE_ONLY, hints, label};
pub use key::{Key, compact_chord, format_chord, parse_chord};
pub use keymap::{Binding, Found, Keymap, PRESETS, schema};
pub use resolver::{Continuation, Resolution, Resolver};
