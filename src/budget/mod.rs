//! Money and tokens before they are spent: prices, counts, limits, and which model to offer instead.
//!
//! Everything here is pure. It refuses to keep books (the store's ledger does), to choose a model silently (it
//! suggests, with the reason), and to show an unknown price as nothing. `docs/BUDGET.md` explains the figures.

pub mod bill;
pub mod choice;
pub mod ledger;
pub mod limit;
pub mod price;
pub mod token;
