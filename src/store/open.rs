//! Opening: which file, in which journal mode, at which schema, and what to do when it cannot be had as it should.
//!
//! It refuses to fail: a program without a database still works, in memory, and says that nothing is being saved. It
//! refuses to write to a newer schema and to a file of another program, and to begin anew without saying so.

use super::database::Database;
use super::error::StoreError;
use super::filesystem;
use super::migrations::{APPLICATION_ID, MIGRATIONS};
use super::owner::Owner;
use super::salvage::{self, Salvage};
use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// SQLite before 3.51.3 could corrupt a database whose WAL was reset while another process read it.
const OLDEST_SQLITE: i32 = 3_051_003;
/// How long a write waits for another process.
const BUSY: Duration = Duration::from_secs(5);
/// Files up to this size are checked at each start; larger ones only after damage was met.
const ALWAYS_CHECKED: u64 = 64 * 1024 * 1024;

/// What becomes of what is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// It is saved.
    Saved,
    /// Nothing can be written; what is there can be read.
    ReadOnly,
    /// It is kept until the program ends.
    Memory,
}

/// What the user has to be told about the database, loudly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// One or two sentences: what is the matter, what it means, what to do.
    pub message: String,
    /// What was taken over from a damaged file, if there was one.
    pub salvage: Option<Salvage>,
}

/// A database in any state, and what is to be said about it.
pub(super) struct Opened {
    pub database: Database,
    pub notice: Option<Notice>,
}

/// Opens the database at `path`, or the next best thing.
pub(super) fn open(path: &Path) -> Opened {
    match open_file(path) {
        Ok(opened) => opened,
        Err(error) => in_memory(path, error),
    }
}

/// The mark that a process leaves when it meets damage, so that the next start checks the whole file.
pub(super) fn damage_mark(path: &Path) -> PathBuf {
    beside(path, ".damaged")
}

/// `path` with `suffix` appended to its file name.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}

fn open_file(path: &Path) -> Result<Opened, StoreError> {
    let version = rusqlite::version_number();
    if version < OLDEST_SQLITE {
        return Err(io(path, format!("SQLite {} is older than 3.51.3 and may corrupt it", rusqlite::version())));
    }
    let fail = |e: std::io::Error| io(path, e.to_string());
    make_directory(path).map_err(fail)?;
    let lock = lock(path).map_err(fail)?;
    if !path.exists() {
        // Whoever set a damaged file aside was killed before it put this one in its place.
        let _ = fs::rename(salvage::fresh(path), path);
    }
    make_file(path).map_err(fail)?;
    match connect(path).and_then(|conn| check(&conn, path).map(|()| conn)) {
        Ok(conn) => adopt(conn, path, lock),
        Err(error @ StoreError::Damaged { .. }) => replace(path, lock, &error),
        Err(error) => Err(error),
    }
}

fn io(path: &Path, detail: String) -> StoreError {
    StoreError::Io { path: path.display().to_string(), detail }
}

/// Makes the directory, for the user alone: prompts and code are in there.
fn make_directory(path: &Path) -> std::io::Result<()> {
    if let Some(parent) = path.parent().filter(|p| !p.as_os_str().is_empty() && !p.exists()) {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(parent)?;
    }
    Ok(())
}

/// Makes the file, for the user alone.
fn make_file(path: &Path) -> std::io::Result<()> {
    let made = !path.exists();
    private().open(path)?;
    if made {
        sync_names(path);
    }
    Ok(())
}

/// Makes the names of a new file and of its directory survive a power cut. SQLite syncs the directory of its log, but
/// not the one above; where directories cannot be synced there is nothing more to do.
fn sync_names(path: &Path) {
    for directory in path.ancestors().skip(1).take(2).filter(|d| !d.as_os_str().is_empty()) {
        let _ = File::open(directory).and_then(|opened| opened.sync_all());
    }
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Waits for a share of the lock. Whoever sets a damaged file aside holds it alone for that moment.
fn lock(path: &Path) -> std::io::Result<Option<File>> {
    let file = private().open(beside(path, ".lock"))?;
    Ok(file.lock_shared().is_ok().then_some(file))
}

fn connect(path: &Path) -> Result<Connection, StoreError> {
    // No shared cache, no URI names, no mutex: one thread owns it.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags).map_err(|e| StoreError::from_sqlite(&e, path))?;
    configure(&conn).map_err(|e| StoreError::from_sqlite(&e, path))?;
    Ok(conn)
}

fn configure(conn: &Connection) -> rusqlite::Result<()> {
    conn.busy_timeout(BUSY)?;
    conn.set_prepared_statement_cache_capacity(64);
    conn.execute_batch("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY;")
}

/// Whether the pages are what they should be.
fn check(conn: &Connection, path: &Path) -> Result<(), StoreError> {
    let fail = |e: rusqlite::Error| StoreError::from_sqlite(&e, path);
    conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0)).map_err(fail)?;
    let small = fs::metadata(path).is_ok_and(|m| m.len() <= ALWAYS_CHECKED);
    if !small && !damage_mark(path).exists() {
        return Ok(());
    }
    let verdict: String = conn.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(fail)?;
    if verdict != "ok" {
        return Err(StoreError::Damaged { path: path.display().to_string(), detail: verdict });
    }
    let _ = fs::remove_file(damage_mark(path));
    Ok(())
}

/// What a file says of itself.
struct Stamp {
    application: i64,
    version: i64,
    tables: i64,
}

/// Reads the stamp in one statement, so that an instance that is just making the tables is not taken for a stranger.
fn stamp(conn: &Connection) -> rusqlite::Result<Stamp> {
    conn.query_row(
        "SELECT application_id, user_version, (SELECT count(*) FROM sqlite_schema)
           FROM pragma_application_id, pragma_user_version",
        [],
        |row| Ok(Stamp { application: row.get(0)?, version: row.get(1)?, tables: row.get(2)? }),
    )
}

/// Takes a sound file into use: journal mode, then schema.
fn adopt(conn: Connection, path: &Path, lock: Option<File>) -> Result<Opened, StoreError> {
    let stamp = stamp(&conn).map_err(|e| StoreError::from_sqlite(&e, path))?;
    if stamp.application != APPLICATION_ID && stamp.tables > 0 {
        return Err(io(path, "it is a database of another program; it was left as it is".to_owned()));
    }
    if stamp.version > MIGRATIONS.len() as i64 {
        return read_only(path, lock, stamp.version);
    }
    let network = filesystem::is_network(path.parent().unwrap_or(Path::new(".")));
    let database = take_into_use(conn, path, lock, if network { "DELETE" } else { "WAL" })?;
    Ok(Opened { database, notice: None })
}

/// Changes the journal mode. SQLite does not wait by itself for the moment alone with the file that this takes.
fn set_journal_mode(conn: &Connection, mode: &str) -> rusqlite::Result<String> {
    let mut tries = 0;
    loop {
        let result = conn.pragma_update_and_check(None, "journal_mode", mode, |row| row.get(0));
        match result {
            Err(e) if e.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy) && tries < 200 => tries += 1,
            other => return other,
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn take_into_use(mut conn: Connection, path: &Path, lock: Option<File>, mode: &str) -> Result<Database, StoreError> {
    let fail = |e: rusqlite::Error| StoreError::from_sqlite(&e, path);
    let mode = set_journal_mode(&conn, mode).map_err(fail)?;
    migrate(&mut conn).map_err(fail)?;
    Ok(Database {
        conn,
        path: path.to_owned(),
        access: Access::Saved,
        reason: String::new(),
        owner: Owner::current(),
        wal: mode.eq_ignore_ascii_case("wal"),
        synchronous: None,
        broken: None,
        lock,
    })
}

/// Brings the schema up to date. Two instances may race here: the version is read again inside the transaction.
fn migrate(conn: &mut Connection) -> rusqlite::Result<()> {
    conn.pragma_update(None, "synchronous", "FULL")?;
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version: i64 = tx.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    for sql in MIGRATIONS.iter().skip(usize::try_from(version).unwrap_or(0)) {
        tx.execute_batch(sql)?;
    }
    if version < MIGRATIONS.len() as i64 {
        tx.pragma_update(None, "user_version", MIGRATIONS.len() as i64)?;
        tx.pragma_update(None, "application_id", APPLICATION_ID)?;
    }
    tx.commit()
}

fn read_only(path: &Path, lock: Option<File>, version: i64) -> Result<Opened, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags).map_err(|e| StoreError::from_sqlite(&e, path))?;
    configure(&conn).map_err(|e| StoreError::from_sqlite(&e, path))?;
    let reason = format!(
        "{} was written by a newer vibe-tui (schema {version}, this one knows {}); use that version, or set another data directory",
        path.display(),
        MIGRATIONS.len()
    );
    let notice = Notice { message: format!("Nothing can be saved: {reason}."), salvage: None };
    let database = Database {
        conn,
        path: path.to_owned(),
        access: Access::ReadOnly,
        reason,
        owner: Owner::current(),
        wal: true,
        synchronous: None,
        broken: None,
        lock,
    };
    Ok(Opened { database, notice: Some(notice) })
}

/// Takes what can still be read of a damaged file over into a new one, sets it aside and puts the new one in its place. If
/// that cannot be done now (the disk is full), the damaged file stays, and the next start tries again.
fn replace(path: &Path, lock: Option<File>, error: &StoreError) -> Result<Opened, StoreError> {
    let fail = |e: std::io::Error| io(path, e.to_string());
    if let Some(held) = &lock
        && held.try_lock().is_err()
    {
        return Err(io(path, format!("{error}; it is open in another vibe-tui: close that one, then start again")));
    }
    let fresh = salvage::fresh(path);
    let _ = fs::remove_file(&fresh);
    make_file(&fresh).map_err(fail)?;
    // Without a WAL there is one file to move.
    let mut database = take_into_use(connect(&fresh)?, &fresh, None, "DELETE")?;
    let salvage = salvage::take_over(path, &mut database)?;
    drop(database);
    let aside = salvage::set_aside(path).map_err(fail)?;
    fs::rename(&fresh, path).map_err(fail)?;
    sync_names(path);
    let _ = fs::remove_file(damage_mark(path));
    let mut opened = adopt(connect(path)?, path, None)?;
    if let Some(held) = &lock {
        let _ = held.lock_shared();
    }
    opened.database.lock = lock;
    opened.notice = Some(Notice { message: salvage.sentence(path, &aside), salvage: Some(salvage) });
    Ok(opened)
}

/// The store of last resort.
fn in_memory(path: &Path, error: StoreError) -> Opened {
    let mut conn = Connection::open_in_memory().expect("an in-memory database needs nothing but memory");
    migrate(&mut conn).expect("the schema is our own and tested");
    let message = format!("Nothing is being saved: {error}. What you do now is lost when vibe-tui ends.");
    let database = Database {
        conn,
        path: path.to_owned(),
        access: Access::Memory,
        reason: error.to_string(),
        owner: Owner::current(),
        wal: true,
        synchronous: None,
        broken: None,
        lock: None,
    };
    Opened { database, notice: Some(Notice { message, salvage: None }) }
}

#[cfg(test)]
mod tests {
    use super::super::database::Durability;
    use super::*;
    use crate::domain::clock::Timestamp;

    /// What a network file system gets, on a local one: none can be mounted in a test.
    #[test]
    fn without_wal_a_database_works_and_one_that_was_in_wal_is_converted() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("vibe.db");
        for (mode, wal) in [("WAL", true), ("DELETE", false), ("DELETE", false), ("WAL", true)] {
            let mut database = take_into_use(connect(&path).unwrap(), &path, None, mode).unwrap();
            assert_eq!(database.wal, wal);
            database.history_add(mode, Timestamp(1)).unwrap();
            database.write(Durability::Durable, |_| Ok(())).unwrap();
            assert_eq!(beside(&path, "-wal").exists(), wal);
        }
    }
}
