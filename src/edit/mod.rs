//! From a model's text to a proposal, and from a proposal to hunks. Pure.
