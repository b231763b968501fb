//! Key notation, keymaps and the chord resolver.
