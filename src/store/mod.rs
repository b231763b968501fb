//! The SQLite actor: journal, sessions, ledger, migrations.
