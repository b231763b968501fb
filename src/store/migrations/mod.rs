//! The schema's history, forward only. The position in the list is `PRAGMA user_version`.
//!
//! It refuses to change a migration that was ever released, and to go back.

mod v1;
mod v2;
mod v3;
mod v4;

/// Each entry brings the schema from its index to its index + 1.
pub(super) const MIGRATIONS: &[&str] = &[v1::SQL, v2::SQL, v3::SQL, v4::SQL];

/// `PRAGMA application_id` of our files ("vibe" in ASCII): a file of another program is never migrated.
pub(super) const APPLICATION_ID: i64 = 0x7669_6265;
