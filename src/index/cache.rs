//! The cache file: stamps of files and records of outlines in SQLite, one file a root.
//!
//! It holds nothing that cannot be made again, and so it never fails: what cannot be read is read from the source once
//! more, what cannot be written is kept in memory, and a file that is damaged or of another format is set aside. Each of
//! these is said once. Two processes may use one file: a row is right by itself, whoever wrote it.

use crate::domain::listing::FileEntry;
use crate::domain::outline::{Oddity, Tier};
use crate::map::ContentHash;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, TransactionBehavior, params};
use serde::{Deserialize, Serialize};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Changes when the tables change, or the meaning of what is in them.
const FORMAT: i64 = 2;
/// How long another process's write is waited for.
const BUSY: Duration = Duration::from_secs(5);
/// Records of contents that no file has any more are kept for branches to come back to, until they are this many times
/// as many as the others.
const DEAD_RECORDS: i64 = 4;

const TABLES: &str = "
    CREATE TABLE file(
        path TEXT PRIMARY KEY, size INTEGER NOT NULL, modified INTEGER NOT NULL, changed INTEGER NOT NULL,
        inode INTEGER NOT NULL, hash BLOB, oddity TEXT, lines INTEGER, scan INTEGER, exact INTEGER
    ) WITHOUT ROWID;
    CREATE TABLE record(
        id INTEGER PRIMARY KEY AUTOINCREMENT, hash BLOB NOT NULL, tier INTEGER NOT NULL, bytes BLOB NOT NULL,
        UNIQUE(hash, tier)
    );";

/// What a file was when it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Known {
    /// Of no language that is outlined, or odd; and its lines.
    Plain(Option<Oddity>, u32),
    /// Outlined: by its content the record is found.
    Outlined(ContentHash),
}

/// A file as it is written down.
pub(super) struct Row {
    pub entry: FileEntry,
    pub known: Known,
}

/// A file's record as it is written down.
pub(super) struct Kept<'a> {
    pub bytes: &'a [u8],
    pub tier: Tier,
}

/// A record to be written down.
pub(super) struct NewRecord {
    pub hash: ContentHash,
    pub tier: Tier,
    pub bytes: Vec<u8>,
}

/// The file, or nothing when it cannot be had.
pub(super) struct Cache {
    path: PathBuf,
    open: Option<Open>,
    notices: Vec<String>,
}

struct Open {
    connection: Connection,
    /// A share of the lock: whoever sets the file aside holds it alone.
    lock: File,
}

/// Why the file cannot be used as it is.
enum Fault {
    /// Damaged or of another format: it may be set aside. Holds the reason.
    Unusable(String),
    /// Not to be had now.
    Refused(String),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Fault {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Fault::Unusable(format!("damaged ({error})")),
            _ => Fault::Refused(error.to_string()),
        }
    }
}

impl From<std::io::Error> for Fault {
    fn from(error: std::io::Error) -> Fault {
        Fault::Refused(error.to_string())
    }
}

impl Cache {
    /// A cache that forgets everything.
    pub fn none() -> Cache {
        Cache { path: PathBuf::new(), open: None, notices: Vec::new() }
    }

    /// Opens the file, makes it, or does without.
    pub fn open(path: &Path) -> Cache {
        let mut cache = Cache { path: path.to_owned(), ..Cache::none() };
        match Open::new(path) {
            Ok(open) => cache.open = Some(open),
            Err(fault) => cache.give_up(fault),
        }
        cache
    }

    /// What has to be said, once.
    pub fn take_notices(&mut self) -> Vec<String> {
        std::mem::take(&mut self.notices)
    }

    /// Sets an unusable file aside and begins anew; else goes on without.
    fn give_up(&mut self, fault: Fault) {
        let held = self.open.take().map(|open| open.lock);
        let path = self.path.display();
        let why = match fault {
            Fault::Refused(why) => why,
            Fault::Unusable(why) => match set_aside(&self.path, held).and_then(|()| Open::new(&self.path)) {
                Ok(open) => {
                    self.open = Some(open);
                    let notice = format!("The repository map's cache was {why}: it was set aside and is made anew.");
                    return self.notices.push(notice);
                }
                Err(Fault::Unusable(more) | Fault::Refused(more)) => format!("{why}; {more}"),
            },
        };
        self.notices.push(format!("The repository map is not kept for the next start: {path}: {why}."));
    }

    /// Does something with the file. When it fails, that is dealt with, and there is nothing.
    fn with<T>(&mut self, work: impl FnOnce(&mut Connection) -> Result<T, rusqlite::Error>) -> Option<T> {
        let open = self.open.as_mut()?;
        match work(&mut open.connection) {
            Ok(value) => Some(value),
            Err(error) => {
                self.give_up(error.into());
                None
            }
        }
    }

    /// Gives every file by path, with its record: the exact one, if there is one and `most` allows it, else the scanned one.
    pub fn load(&mut self, most: Tier, mut take: impl FnMut(Row, Option<Kept>)) {
        let sql = format!("{} ORDER BY path", select(most));
        self.with(|connection| {
            let mut statement = connection.prepare(&sql)?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                give(row, &mut take)?;
            }
            Ok(())
        });
    }

    /// Gives the files at these paths, as far as they are known, like [`Cache::load`].
    pub fn load_some<'p>(
        &mut self,
        most: Tier,
        paths: impl IntoIterator<Item = &'p str>,
        mut take: impl FnMut(Row, Option<Kept>),
    ) {
        let sql = format!("{} WHERE path = ?", select(most));
        self.with(|connection| {
            let mut statement = connection.prepare(&sql)?;
            for path in paths {
                let mut rows = statement.query([path])?;
                if let Some(row) = rows.next()? {
                    give(row, &mut take)?;
                }
            }
            Ok(())
        });
    }

    /// Whether there is any record.
    pub fn has_records(&mut self) -> bool {
        self.with(|connection| connection.query_row("SELECT EXISTS(SELECT 1 FROM record)", [], |row| row.get(0)))
            .unwrap_or(false)
    }

    /// The record of a content.
    pub fn record(&mut self, hash: ContentHash, tier: Tier) -> Option<Vec<u8>> {
        self.with(|connection| {
            let mut statement = connection.prepare_cached("SELECT bytes FROM record WHERE hash = ? AND tier = ?")?;
            statement.query_row(params![hash, number(tier)], |row| row.get(0)).optional()
        })
        .flatten()
    }

    /// Writes down files and records and forgets files, in one transaction.
    pub fn save(&mut self, rows: &[Row], records: &[NewRecord], gone: &[String]) {
        if rows.is_empty() && records.is_empty() && gone.is_empty() {
            return;
        }
        self.with(|connection| {
            let work = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            {
                let mut insert = work.prepare_cached(
                    "INSERT INTO record(hash, tier, bytes) VALUES (?, ?, ?) \
                     ON CONFLICT(hash, tier) DO UPDATE SET bytes = excluded.bytes",
                )?;
                for record in records {
                    insert.execute(params![record.hash, number(record.tier), record.bytes])?;
                }
                let mut replace = work.prepare_cached(
                    "INSERT OR REPLACE INTO file VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, \
                     (SELECT id FROM record WHERE hash = ?6 AND tier = 0), \
                     (SELECT id FROM record WHERE hash = ?6 AND tier = 1))",
                )?;
                for Row { entry, known } in rows {
                    let (hash, odd, lines) = match known {
                        Known::Outlined(hash) => (Some(hash), None, None),
                        Known::Plain(odd, lines) => (None, odd.map(name), Some(lines)),
                    };
                    let FileEntry { path, modified_ns, changed_ns, .. } = entry;
                    let (size, inode) = (entry.size.cast_signed(), entry.inode.cast_signed());
                    replace.execute(params![path, size, modified_ns, changed_ns, inode, hash, odd, lines])?;
                }
                let mut delete = work.prepare_cached("DELETE FROM file WHERE path = ?")?;
                for path in gone {
                    delete.execute([path])?;
                }
            }
            work.commit()
        });
    }

    /// Forgets the oldest records that no file has, when there are far more of them than of others.
    pub fn tidy(&mut self) {
        const DEAD: &str = "hash NOT IN (SELECT hash FROM file WHERE hash IS NOT NULL)";
        self.with(|connection| {
            let count = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
            let dead = count(&format!("SELECT count(*) FROM record WHERE {DEAD}"))?;
            let live = count("SELECT count(*) FROM record")? - dead;
            if dead > DEAD_RECORDS * live.max(1000) {
                let oldest = format!("SELECT id FROM record WHERE {DEAD} ORDER BY id LIMIT ?");
                connection.execute(&format!("DELETE FROM record WHERE id IN ({oldest})"), [dead - live.max(1000)])?;
            }
            Ok(())
        });
    }
}

/// Asks for files with their records.
fn select(most: Tier) -> String {
    let exact = match most {
        Tier::Scan => "NULL",
        Tier::Exact => "exact",
    };
    format!(
        "SELECT path, size, modified, changed, inode, f.hash, oddity, lines, r.bytes, r.tier FROM file f \
         LEFT JOIN record r ON r.id = coalesce({exact}, scan) AND r.hash = f.hash"
    )
}

/// Hands over what a row of [`select`] says.
fn give(row: &rusqlite::Row, take: &mut impl FnMut(Row, Option<Kept>)) -> rusqlite::Result<()> {
    let entry = FileEntry {
        path: row.get(0)?,
        size: row.get::<_, i64>(1)?.cast_unsigned(),
        modified_ns: row.get(2)?,
        changed_ns: row.get(3)?,
        inode: row.get::<_, i64>(4)?.cast_unsigned(),
    };
    let hash: Option<ContentHash> = row.get(5)?;
    let known = match hash {
        Some(hash) => Known::Outlined(hash),
        None => Known::Plain(row.get::<_, Option<String>>(6)?.and_then(|name| oddity(&name)), row.get(7)?),
    };
    let kept = match row.get_ref(8)?.as_blob_or_null()? {
        Some(bytes) => Some(Kept { bytes, tier: tier(row.get(9)?) }),
        None => None,
    };
    take(Row { entry, known }, kept);
    Ok(())
}

impl Open {
    fn new(path: &Path) -> Result<Open, Fault> {
        if let Some(parent) = path.parent() {
            DirBuilder::new().recursive(true).mode(0o700).create(parent)?;
        }
        let lock = private().open(beside(path, ".lock"))?;
        lock.lock_shared()?;
        // Made for the user alone: names and comments of the code are in there.
        private().open(path)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(BUSY)?;
        connection.execute_batch(
            "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY; PRAGMA page_size = 16384;",
        )?;
        wal(&connection)?;
        connection.execute_batch("PRAGMA synchronous = NORMAL;")?;
        make(&mut connection)?;
        Ok(Open { connection, lock })
    }
}

/// Changes to the write-ahead log. SQLite does not wait by itself for the moment alone with the file that this takes.
pub(super) fn wal(connection: &Connection) -> rusqlite::Result<()> {
    for _ in 0..200 {
        match connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get::<_, String>(0)) {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) => {}
            other => return other.map(drop),
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

/// Makes the tables, or checks that they are of this format. Two processes may race here: it is asked within the
/// transaction.
fn make(connection: &mut Connection) -> Result<(), Fault> {
    let ask = |connection: &Connection| {
        let sql = "SELECT user_version, (SELECT count(*) FROM sqlite_schema) FROM pragma_user_version";
        connection.query_row(sql, [], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)))
    };
    if let (version, 1..) = ask(connection)? {
        return match version {
            FORMAT => Ok(()),
            _ => Err(Fault::Unusable(format!("of another version (format {version}, this program has {FORMAT})"))),
        };
    }
    let work = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if let (_, 0) = ask(&work)? {
        work.execute_batch(TABLES)?;
        work.pragma_update(None, "user_version", FORMAT)?;
    }
    Ok(work.commit()?)
}

/// Renames the file, unless another process uses it.
fn set_aside(path: &Path, held: Option<File>) -> Result<(), Fault> {
    let lock = match held {
        Some(lock) => lock,
        None => private().open(beside(path, ".lock"))?,
    };
    let _ = lock.unlock();
    if lock.try_lock().is_err() {
        return Err(Fault::Refused("another instance uses it".to_owned()));
    }
    for suffix in ["-wal", "-shm"] {
        let _ = fs::remove_file(beside(path, suffix));
    }
    fs::rename(path, beside(path, ".old"))?;
    Ok(())
}

/// Opens for the user alone, and makes what is not there.
pub(super) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    options
}

/// `path` with `suffix` appended to its file name.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn tier(number: i64) -> Tier {
    if number == 0 { Tier::Scan } else { Tier::Exact }
}

fn number(tier: Tier) -> i64 {
    match tier {
        Tier::Scan => 0,
        Tier::Exact => 1,
    }
}

const ODDITIES: [(Oddity, &str); 7] = [
    (Oddity::Minified, "minified"),
    (Oddity::Generated, "generated"),
    (Oddity::Vendored, "vendored"),
    (Oddity::Large, "large"),
    (Oddity::Binary, "binary"),
    (Oddity::NotUtf8, "not UTF-8"),
    (Oddity::Unreadable, "unreadable"),
];

fn name(oddity: Oddity) -> &'static str {
    ODDITIES.iter().find(|(odd, _)| *odd == oddity).map_or("unreadable", |(_, name)| name)
}

fn oddity(name: &str) -> Option<Oddity> {
    ODDITIES.iter().find(|(_, known)| *known == name).map(|(odd, _)| *odd)
}
