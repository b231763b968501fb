//! Chooses what goes into a prompt, within its token budget, and says why. Pure.
