//! The tools that validate: how their reports are read (from recordings of the real ones, and from garbage), and the real
//! ones on small projects of four languages, in the sandbox.
#![cfg(unix)]

mod probe;
mod project;
mod real;
mod recorded;
