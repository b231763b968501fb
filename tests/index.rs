//! The index against real directories: what is read again and what is not, what survives which accident, and how soon a
//! change is in the map.

#[path = "index/vector.rs"]
mod vector;
#[path = "index/watch.rs"]
mod watch;

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, RwLock};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use vibe_tui::domain::listing::{Places, Unread};
use vibe_tui::domain::outline::Tier;
use vibe_tui::index::{Index, Job, Priority, Refreshed};
use vibe_tui::map::Map;
use vibe_tui::repo::walk::{MAX_FILES, walk, walk_at};
use vibe_tui::repo::{Root, read};

/// A repository, and a place for its cache.
struct Place {
    dir: TempDir,
}

impl Place {
    fn new(files: &[(&str, &str)]) -> Place {
        let place = Place { dir: tempfile::tempdir().unwrap() };
        fs::create_dir(place.path("")).unwrap();
        for (name, text) in files {
            place.write(name, text);
        }
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join("repository").join(name)
    }

    fn cache(&self) -> PathBuf {
        self.dir.path().join("cache/index.db")
    }

    fn snapshot(&self) -> PathBuf {
        self.dir.path().join("cache/index.db.exact")
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn root(&self) -> Root {
        Root::open(&self.path("")).unwrap()
    }

    /// An index that keeps what it learns.
    fn session(&self) -> Session {
        Session::new(self, Some(&self.cache()))
    }
}

/// An index at work, which notes what is read.
struct Session {
    root: Root,
    index: Index,
    map: RwLock<Map>,
    read: Mutex<Vec<String>>,
}

impl Session {
    fn new(place: &Place, cache: Option<&Path>) -> Session {
        let index = Index::open(cache, Tier::Exact);
        Session { root: place.root(), index, map: RwLock::new(Map::new()), read: Mutex::default() }
    }

    fn work<T>(&mut self, work: impl FnOnce(&mut Index, &RwLock<Map>, &Job) -> T) -> T {
        self.read.lock().unwrap().clear();
        let source = |path: &str, size: u64, bytes: &mut Vec<u8>| -> Result<(), Unread> {
            self.read.lock().unwrap().push(path.to_owned());
            read::listed(&self.root, path, size, bytes)
        };
        let stop = AtomicBool::new(false);
        let job = Job { priority: Priority::Now, source: &source, stop: &stop, progress: &|_, _| () };
        work(&mut self.index, &self.map, &job)
    }

    /// Looks at everything.
    fn refresh(&mut self) -> Refreshed {
        let found = walk(&self.root, MAX_FILES, &AtomicBool::new(false)).entries;
        self.work(|index, map, job| index.refresh(map, &Places::everything(), &found, job))
    }

    /// What was read since the last work began, sorted.
    fn read(&self) -> Vec<String> {
        let mut read = self.read.lock().unwrap().clone();
        read.sort();
        read
    }

    fn paths(&self) -> Vec<String> {
        self.map.read().unwrap().paths().map(str::to_owned).collect()
    }

    /// The names that a file defines, and how well it is known.
    fn names(&self, path: &str) -> Vec<String> {
        self.map.read().unwrap().symbols(path).iter().map(|symbol| symbol.name.to_owned()).collect()
    }

    fn tier(&self, path: &str) -> Tier {
        self.map.read().unwrap().stamp(path).unwrap().1
    }
}

/// Waits until stamps of files that were just written are sure to differ from those of files written from now on.
fn tick() {
    std::thread::sleep(Duration::from_millis(40));
}

const FILES: [(&str, &str); 4] = [
    ("a.py", "def alpha():\n    return beta()\n"),
    ("lib/b.py", "def beta():\n    return 1\n"),
    ("lib/c.go", "package lib\n\nfunc Gamma() int { return 1 }\n"),
    ("notes.txt", "words\n"),
];

#[test]
fn an_unchanged_tree_is_read_once_and_never_again() {
    let place = Place::new(&FILES);
    tick();
    let mut first = place.session();
    assert_eq!(first.refresh(), Refreshed { read: 4, changed: 4, removed: 0 });
    assert_eq!(first.read(), ["a.py", "lib/b.py", "lib/c.go"], "a file of no language is not read");
    assert_eq!(first.refresh(), Refreshed::default());
    drop(first);
    let mut second = place.session();
    assert_eq!(second.refresh(), Refreshed::default());
    assert_eq!(second.read(), [""; 0]);
    assert_eq!(second.paths(), ["a.py", "lib/b.py", "lib/c.go", "notes.txt"]);
    assert_eq!(second.names("a.py"), ["alpha"]);
    assert_eq!(second.names("lib/c.go"), ["Gamma"]);
}

#[test]
fn a_first_look_that_loses_a_file_on_the_way_knows_the_others_by_their_own_stamps() {
    let place = Place::new(&FILES);
    tick();
    let mut session = place.session();
    let found = walk(&session.root, MAX_FILES, &AtomicBool::new(false)).entries;
    fs::remove_file(place.path("a.py")).unwrap();
    let first = session.work(|index, map, job| index.refresh(map, &Places::everything(), &found, job));
    assert_eq!(first, Refreshed { read: 4, changed: 3, removed: 0 });
    assert_eq!(session.paths(), ["lib/b.py", "lib/c.go", "notes.txt"]);
    assert_eq!(session.refresh(), Refreshed::default());
    place.write("lib/c.go", "package lib\n\nfunc Delta() {}\n");
    assert_eq!(session.refresh(), Refreshed { read: 1, changed: 1, removed: 0 });
    assert_eq!(session.read(), ["lib/c.go"]);
}

#[test]
fn a_first_look_that_was_stopped_is_gone_on_with_and_no_file_is_read_twice() {
    let place = Place::new(&FILES);
    tick();
    let mut session = place.session();
    let found = walk(&session.root, MAX_FILES, &AtomicBool::new(false)).entries;
    let stop = AtomicBool::new(false);
    let source = |path: &str, size: u64, bytes: &mut Vec<u8>| {
        stop.store(true, Ordering::Relaxed);
        read::listed(&session.root, path, size, bytes)
    };
    let job = Job { priority: Priority::Now, source: &source, stop: &stop, progress: &|_, _| () };
    let first = session.index.refresh(&session.map, &Places::everything(), &found, &job);
    let rest = session.refresh();
    assert_eq!((first.read + rest.read, first.changed + rest.changed), (4, 4));
    assert_eq!(session.paths(), ["a.py", "lib/b.py", "lib/c.go", "notes.txt"]);
    assert_eq!(session.refresh(), Refreshed::default());
}

#[test]
fn a_changed_file_is_read_and_no_other() {
    let place = Place::new(&FILES);
    tick();
    let mut session = place.session();
    session.refresh();
    place.write("lib/b.py", "def delta():\n    return 1\n");
    assert_eq!(session.refresh(), Refreshed { read: 1, changed: 1, removed: 0 });
    assert_eq!(session.read(), ["lib/b.py"]);
    assert_eq!(session.names("lib/b.py"), ["delta"]);
}

#[test]
fn a_change_that_keeps_size_and_time_is_seen_while_running_and_at_the_next_start() {
    let place = Place::new(&FILES);
    tick();
    let mut session = place.session();
    session.refresh();
    drop(session);
    for (number, name) in ["bete", "beti"].into_iter().enumerate() {
        let path = place.path("lib/b.py");
        let modified = fs::metadata(&path).unwrap().modified().unwrap();
        tick();
        if number == 0 {
            // In place: the same inode.
            fs::write(&path, format!("def {name}():\n    return 1\n")).unwrap();
        } else {
            // By renaming, as editors do: another inode.
            fs::write(place.path("new"), format!("def {name}():\n    return 1\n")).unwrap();
            fs::rename(place.path("new"), &path).unwrap();
        }
        fs::File::options().write(true).open(&path).unwrap().set_modified(modified).unwrap();
        tick();
        let mut next = place.session();
        assert_eq!(next.refresh(), Refreshed { read: 1, changed: 1, removed: 0 }, "{name}");
        assert_eq!(next.names("lib/b.py"), [name]);
    }
}

#[test]
fn a_file_that_was_read_within_a_tick_of_its_change_is_read_again() {
    let place = Place::new(&[]);
    let mut session = place.session();
    // A starved machine may take longer than a tick between the two.
    loop {
        tick();
        let begun = Instant::now();
        place.write("a.py", "def alpha(): pass\n");
        session.refresh();
        if begun.elapsed() < Duration::from_millis(5) {
            break;
        }
    }
    drop(session);
    tick();
    let mut next = place.session();
    assert_eq!(next.refresh().read, 1);
    drop(next);
    let mut after = place.session();
    assert_eq!(after.refresh().read, 0);
}

#[test]
fn files_that_are_renamed_or_deleted_leave_the_map_and_come_back_under_their_new_name() {
    let place = Place::new(&FILES);
    tick();
    let mut session = place.session();
    session.refresh();
    fs::rename(place.path("lib"), place.path("core")).unwrap();
    fs::remove_file(place.path("a.py")).unwrap();
    let done = session.refresh();
    assert_eq!((done.changed, done.removed), (2, 3));
    assert_eq!(session.paths(), ["core/b.py", "core/c.go", "notes.txt"]);
    assert_eq!(session.names("core/b.py"), ["beta"]);
    drop(session);
    assert_eq!(place.session().refresh(), Refreshed::default());
}

#[test]
fn only_the_places_that_are_named_are_compared() {
    let place = Place::new(&FILES);
    tick();
    let mut session = place.session();
    session.refresh();
    fs::remove_file(place.path("a.py")).unwrap();
    fs::remove_file(place.path("lib/b.py")).unwrap();
    let places: Places = ["lib".to_owned()].into_iter().collect();
    let found = walk_at(&session.root, &places, MAX_FILES, &AtomicBool::new(false)).entries;
    let done = session.work(|index, map, job| index.refresh(map, &places, &found, job));
    assert_eq!(done, Refreshed { read: 0, changed: 0, removed: 1 });
    assert_eq!(session.paths(), ["a.py", "lib/c.go", "notes.txt"]);
}

#[test]
fn a_branch_that_was_there_before_is_read_and_not_outlined_again() {
    let place = Place::new(&FILES);
    tick();
    let mut session = place.session();
    session.refresh();
    let shallow = session.index.shallow();
    session.work(|index, map, job| index.deepen(map, &shallow, job));
    assert_eq!(session.tier("lib/b.py"), Tier::Exact);
    let other = "def other():\n    return 1\n";
    place.write("lib/b.py", other);
    session.refresh();
    assert_eq!(session.tier("lib/b.py"), Tier::Scan);
    // Back on the first branch: the exact outline is there at once.
    place.write("lib/b.py", FILES[1].1);
    assert_eq!(session.refresh(), Refreshed { read: 1, changed: 1, removed: 0 });
    assert_eq!(session.tier("lib/b.py"), Tier::Exact);
    assert_eq!(session.names("lib/b.py"), ["beta"]);
}

#[test]
fn outlines_become_exact_once_and_stay_so() {
    let place = Place::new(&FILES);
    tick();
    let mut session = place.session();
    session.refresh();
    assert_eq!(session.index.shallow(), ["a.py", "lib/b.py", "lib/c.go"]);
    let first = ["a.py".to_owned(), "none.py".to_owned()];
    assert!(session.work(|index, map, job| index.deepen(map, &first, job)).is_empty());
    assert_eq!(session.read(), ["a.py"]);
    assert_eq!((session.tier("a.py"), session.tier("lib/b.py")), (Tier::Exact, Tier::Scan));
    assert_eq!(session.index.shallow(), ["lib/b.py", "lib/c.go"]);
    drop(session);
    let mut next = place.session();
    assert_eq!(next.refresh(), Refreshed::default());
    assert_eq!((next.tier("a.py"), next.tier("lib/b.py")), (Tier::Exact, Tier::Scan));
    assert_eq!(next.index.shallow(), ["lib/b.py", "lib/c.go"]);
}

#[test]
fn a_file_that_changed_since_it_was_scanned_is_not_made_exact_from_another_content() {
    let place = Place::new(&FILES);
    tick();
    let mut session = place.session();
    session.refresh();
    place.write("a.py", "def other():\n    pass\n");
    let paths = ["a.py".to_owned()];
    session.work(|index, map, job| index.deepen(map, &paths, job));
    assert_eq!((session.names("a.py"), session.tier("a.py")), (vec!["alpha".to_owned()], Tier::Scan));
    session.refresh();
    assert_eq!(session.names("a.py"), ["other"]);
}

#[test]
fn deepening_that_is_stopped_says_what_it_did_not_come_to() {
    let place = Place::new(&FILES);
    let mut session = Session::new(&place, None);
    session.refresh();
    let shallow = session.index.shallow();
    let stop = AtomicBool::new(true);
    let source = |path: &str, size: u64, bytes: &mut Vec<u8>| read::listed(&session.root, path, size, bytes);
    let job = Job { priority: Priority::Background, source: &source, stop: &stop, progress: &|_, _| () };
    assert_eq!(session.index.deepen(&session.map, &shallow, &job), shallow);
}

#[test]
fn a_map_of_scans_does_not_depend_on_what_was_made_exact_before() {
    let place = Place::new(&FILES);
    tick();
    let mut session = place.session();
    session.refresh();
    let shallow = session.index.shallow();
    session.work(|index, map, job| index.deepen(map, &shallow, job));
    drop(session);
    let mut scans = place.session();
    scans.index = Index::open(Some(&place.cache()), Tier::Scan);
    assert_eq!(scans.refresh(), Refreshed::default());
    assert_eq!(scans.tier("a.py"), Tier::Scan);
}

#[test]
fn what_cannot_be_read_as_text_is_in_the_map_without_an_outline() {
    let place = Place::new(&[("good.py", "def good(): pass\n"), ("gone.py", "def gone(): pass\n")]);
    fs::write(place.path("bytes.py"), b"def \xff(): pass\n").unwrap();
    fs::write(place.path("zero.py"), b"def a\0(): pass\n").unwrap();
    let large = fs::File::create(place.path("large.py")).unwrap();
    large.set_len(1 << 30).unwrap();
    fs::write(place.path("nested.js"), "[".repeat(10_000)).unwrap();
    fs::write(place.path("closed.py"), "def closed(): pass\n").unwrap();
    fs::set_permissions(place.path("closed.py"), fs::Permissions::from_mode(0o000)).unwrap();
    symlink(".", place.path("loop")).unwrap();
    symlink("self.py", place.path("self.py")).unwrap();
    rustix::fs::mknodat(rustix::fs::CWD, place.path("pipe.py"), rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
    let mut session = place.session();
    let found = walk(&session.root, MAX_FILES, &AtomicBool::new(false)).entries;
    // Between the walk and the reading one file goes and one becomes a pipe.
    fs::remove_file(place.path("gone.py")).unwrap();
    fs::remove_file(place.path("zero.py")).unwrap();
    rustix::fs::mknodat(rustix::fs::CWD, place.path("zero.py"), rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
    session.work(|index, map, job| index.refresh(map, &Places::everything(), &found, job));
    assert_eq!(session.paths(), ["bytes.py", "closed.py", "good.py", "large.py", "nested.js", "zero.py"]);
    for path in ["bytes.py", "large.py", "nested.js", "zero.py"] {
        assert_eq!(session.names(path), [""; 0], "{path}");
    }
    assert_eq!(session.names("good.py"), ["good"]);
}

#[test]
fn an_empty_directory_has_an_empty_map() {
    let place = Place::new(&[]);
    let mut session = place.session();
    assert_eq!(session.refresh(), Refreshed::default());
    assert!(session.index.is_empty() && session.paths().is_empty());
}

/// Bytes of a page of the cache.
const PAGE: usize = 16384;

/// Overwrites bytes of the cache, which then has to do without the snapshot of the whole map.
fn damage(place: &Place, from: usize, to: usize) {
    let _ = fs::remove_file(place.snapshot());
    let mut bytes = fs::read(place.cache()).unwrap();
    bytes[from..to].fill(0xa5);
    fs::write(place.cache(), bytes).unwrap();
}

#[test]
fn a_damaged_cache_is_set_aside_said_once_and_made_anew() {
    let place = Place::new(&FILES);
    tick();
    // The header, and the table of files.
    for page in [0, 1] {
        place.session().refresh();
        damage(&place, page * PAGE, (page + 1) * PAGE);
        let mut session = place.session();
        session.refresh();
        let said = session.index.notices();
        assert!(said.len() == 1 && said[0].contains("set aside"), "{page}: {said:?}");
        assert_eq!(session.names("a.py"), ["alpha"]);
        assert!(session.index.notices().is_empty());
        drop(session);
        assert!(place.cache().with_extension("db.old").exists());
        let mut next = place.session();
        assert_eq!(next.refresh(), Refreshed::default());
        assert!(next.index.notices().is_empty());
    }
}

#[test]
fn wherever_a_cache_is_damaged_the_map_is_right() {
    let place = Place::new(&FILES);
    tick();
    place.session().refresh();
    let whole = fs::read(place.cache()).unwrap();
    assert!(whole.len() >= 4 * PAGE);
    for start in (0..whole.len()).step_by(1024) {
        fs::write(place.cache(), &whole).unwrap();
        damage(&place, start, start + 1024);
        let mut session = place.session();
        session.refresh();
        assert_eq!(session.paths().len(), 4, "{start}");
        for (path, name) in [("a.py", "alpha"), ("lib/b.py", "beta"), ("lib/c.go", "Gamma")] {
            assert_eq!(session.names(path), [name], "{start}");
        }
    }
}

#[test]
fn a_snapshot_that_is_damaged_or_older_than_the_files_never_decides() {
    let place = Place::new(&FILES);
    tick();
    place.session().refresh();
    let whole = fs::read(place.snapshot()).unwrap();
    place.write("a.py", "def changed(): pass\n");
    fs::remove_file(place.path("notes.txt")).unwrap();
    for start in (0..=whole.len()).step_by(11) {
        let mut bytes = whole.clone();
        bytes.get_mut(start).into_iter().for_each(|byte| *byte ^= 0x10);
        fs::write(place.snapshot(), bytes).unwrap();
        let mut session = place.session();
        session.refresh();
        assert_eq!(session.paths(), ["a.py", "lib/b.py", "lib/c.go"], "{start}");
        for (path, name) in [("a.py", "changed"), ("lib/b.py", "beta"), ("lib/c.go", "Gamma")] {
            assert_eq!(session.names(path), [name], "{start}");
        }
        assert!(session.index.notices().is_empty());
    }
}

#[test]
fn an_unchanged_tree_needs_no_row_of_the_cache() {
    let place = Place::new(&FILES);
    tick();
    place.session().refresh();
    let edit = rusqlite::Connection::open(place.cache()).unwrap();
    edit.execute_batch("DELETE FROM file; DELETE FROM record").unwrap();
    let mut session = place.session();
    assert_eq!(session.refresh(), Refreshed::default());
    assert_eq!(session.names("lib/c.go"), ["Gamma"]);
}

#[test]
fn a_cache_of_another_format_is_set_aside_and_one_in_use_is_left_alone() {
    let place = Place::new(&FILES);
    tick();
    place.session().refresh();
    let edit = rusqlite::Connection::open(place.cache()).unwrap();
    edit.pragma_update(None, "user_version", 9999).unwrap();
    drop(edit);
    let mut session = place.session();
    let said = session.index.notices();
    assert!(said.len() == 1 && said[0].contains("another version"), "{said:?}");
    session.refresh();
    // The same while somebody uses the file.
    let edit = rusqlite::Connection::open(place.cache()).unwrap();
    edit.pragma_update(None, "user_version", 9999).unwrap();
    let mut second = place.session();
    let said = second.index.notices();
    assert!(said.len() == 1 && said[0].contains("another instance"), "{said:?}");
    second.refresh();
    assert_eq!(second.names("a.py"), ["alpha"]);
}

#[test]
fn two_instances_share_one_cache() {
    let place = Place::new(&FILES);
    tick();
    let (mut one, mut two) = (place.session(), place.session());
    one.refresh();
    assert_eq!(two.refresh(), Refreshed::default(), "the second takes what the first has written");
    std::thread::scope(|scope| {
        for session in [&mut one, &mut two] {
            scope.spawn(|| {
                for round in 0..20 {
                    place.write("lib/b.py", &format!("def beta{round}(): pass\n"));
                    session.refresh();
                }
            });
        }
    });
    tick();
    for session in [&mut one, &mut two] {
        session.refresh();
        assert_eq!(session.names("lib/b.py"), ["beta19"]);
        assert!(session.index.notices().is_empty());
    }
    drop((one, two));
    let check = rusqlite::Connection::open(place.cache()).unwrap();
    let verdict: String = check.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(verdict, "ok");
}

#[test]
fn without_a_place_for_the_cache_the_map_is_made_all_the_same_and_that_is_said() {
    let place = Place::new(&FILES);
    fs::write(place.dir.path().join("cache"), "a file where the directory would be").unwrap();
    let mut session = place.session();
    session.refresh();
    assert_eq!(session.names("a.py"), ["alpha"]);
    let said = session.index.notices();
    assert!(said.len() == 1 && said[0].contains("not kept"), "{said:?}");
    let shallow = session.index.shallow();
    session.work(|index, map, job| index.deepen(map, &shallow, job));
    assert_eq!(session.tier("a.py"), Tier::Exact);
    assert!(session.index.notices().is_empty());
}

#[test]
fn a_cache_that_can_no_longer_be_written_is_given_up_once() {
    let place = Place::new(&FILES);
    let mut session = place.session();
    session.refresh();
    // A trigger stands for a disk that refuses.
    let edit = rusqlite::Connection::open(place.cache()).unwrap();
    edit.execute_batch("CREATE TRIGGER full BEFORE INSERT ON record BEGIN SELECT RAISE(FAIL, 'disk is full'); END")
        .unwrap();
    for round in 0..3 {
        place.write("a.py", &format!("def alpha{round}(): pass\n"));
        session.refresh();
        assert_eq!(session.names("a.py"), [format!("alpha{round}")]);
        let said = session.index.notices();
        assert_eq!(said.len(), usize::from(round == 0), "{said:?}");
    }
}
