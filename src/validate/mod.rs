//! Runs validators on a scratch copy, sandboxed and bounded, and reads their reports.
