//! Changes on the disk and the map that follows them.

use super::{Place, tick};
use std::fs;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use vibe_tui::runtime::Repository;

const PATIENCE: Duration = Duration::from_secs(60);

/// A repository that is followed, and the events that it reported.
struct Followed {
    repository: Repository,
    events: Arc<Mutex<Vec<String>>>,
}

impl Followed {
    fn new(place: &Place) -> Followed {
        let repository = Repository::new(Arc::new(place.root()), place.cache());
        let events: Arc<Mutex<Vec<String>>> = Arc::default();
        let heard = events.clone();
        repository.report_to(move |event| heard.lock().unwrap().push(serde_json::to_string(&event).unwrap()));
        repository.begin();
        let followed = Followed { repository, events };
        followed.until("the map is there", |followed| followed.repository.map(Duration::ZERO).is_some());
        followed
    }

    fn until(&self, what: &str, done: impl Fn(&Followed) -> bool) {
        let start = Instant::now();
        while !done(self) {
            assert!(start.elapsed() < PATIENCE, "waited in vain: {what}; {:?}", self.events.lock().unwrap());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn paths(&self) -> Vec<String> {
        self.repository.map(PATIENCE).unwrap().paths().map(str::to_owned).collect()
    }

    fn names(&self, path: &str) -> Vec<String> {
        let map = self.repository.map(PATIENCE).unwrap();
        map.symbols(path).iter().map(|symbol| symbol.name.to_owned()).collect()
    }

    fn becomes(&self, path: &str, names: &[&str]) {
        self.until(&format!("{path} defines {names:?}"), |followed| followed.names(path) == names);
    }

    fn has(&self, paths: &[&str]) {
        self.until(&format!("{paths:?}"), |followed| followed.paths() == paths);
    }
}

#[test]
fn files_that_are_changed_made_renamed_and_deleted_are_soon_so_in_the_map() {
    let place = Place::new(&[(".gitignore", "*.log\n/out\n"), ("a.py", "def alpha(): pass\n")]);
    let followed = Followed::new(&place);
    followed.becomes("a.py", &["alpha"]);
    place.write("a.py", "def beta(): pass\n");
    followed.becomes("a.py", &["beta"]);
    place.write("b.py", "def gamma(): pass\n");
    followed.becomes("b.py", &["gamma"]);
    fs::rename(place.path("b.py"), place.path("c.py")).unwrap();
    followed.has(&[".gitignore", "a.py", "c.py"]);
    fs::remove_file(place.path("a.py")).unwrap();
    place.write("x.log", "ignored");
    place.write("out/y.py", "ignored");
    place.write("d.py", "def delta(): pass\n");
    followed.has(&[".gitignore", "c.py", "d.py"]);
    followed.becomes("c.py", &["gamma"]);
}

#[test]
fn what_happens_in_new_and_renamed_directories_is_followed_too() {
    let place = Place::new(&[("src/a.py", "def alpha(): pass\n")]);
    let followed = Followed::new(&place);
    place.write("new/deep/er/b.py", "def beta(): pass\n");
    followed.has(&["new/deep/er/b.py", "src/a.py"]);
    place.write("new/deep/er/b.py", "def gamma(): pass\n");
    followed.becomes("new/deep/er/b.py", &["gamma"]);
    fs::rename(place.path("new"), place.path("src/old")).unwrap();
    followed.has(&["src/a.py", "src/old/deep/er/b.py"]);
    place.write("src/old/deep/er/b.py", "def delta(): pass\n");
    followed.becomes("src/old/deep/er/b.py", &["delta"]);
    fs::remove_dir_all(place.path("src/old")).unwrap();
    followed.has(&["src/a.py"]);
}

#[test]
fn a_changed_ignore_file_changes_what_is_in_the_map() {
    let place = Place::new(&[("src/a.py", ""), ("src/gen/b.py", "def beta(): pass\n")]);
    let followed = Followed::new(&place);
    followed.has(&["src/a.py", "src/gen/b.py"]);
    place.write("src/.vibeignore", "gen/\n");
    followed.has(&["src/.vibeignore", "src/a.py"]);
    fs::remove_file(place.path("src/.vibeignore")).unwrap();
    followed.has(&["src/a.py", "src/gen/b.py"]);
    place.write("src/gen/b.py", "def gamma(): pass\n");
    followed.becomes("src/gen/b.py", &["gamma"]);
}

#[test]
fn many_changes_at_once_are_all_in_the_map() {
    let place = Place::new(&[("a.py", "")]);
    let followed = Followed::new(&place);
    for number in 0..3000 {
        place.write(&format!("dir{}/f{number}.py", number % 50), "def f(): pass\n");
    }
    followed.until("3,001 files", |followed| followed.paths().len() == 3001);
    fs::remove_dir_all(place.path("dir7")).unwrap();
    followed.until("60 files less", |followed| followed.paths().len() == 2941);
}

#[test]
fn progress_is_reported_and_outlines_become_exact_by_themselves() {
    let place = Place::new(&[("a.py", "def alpha(): pass\n"), ("b.txt", "")]);
    tick();
    let followed = Followed::new(&place);
    let said = |what: &str| {
        followed.until(what, |followed| followed.events.lock().unwrap().iter().any(|event| event.contains(what)));
    };
    said(r#""ready":{"files":2,"symbols":1,"#);
    said(r#""progress":{"tier":"exact","done":1,"total":1}"#);
    place.write("c.py", "def gamma(): pass\n");
    said(r#""changed":{"files":3,"symbols":2}"#);
    fs::remove_file(place.path("a.py")).unwrap();
    said(r#""changed":{"files":2,"symbols":1}"#);
}

#[test]
fn a_map_is_made_for_whoever_asks_for_it_and_for_nobody_else() {
    let place = Place::new(&[("a.py", "def alpha(): pass\n")]);
    let repository = Repository::new(Arc::new(place.root()), place.cache());
    assert_eq!(repository.list(), ["a.py"]);
    repository.follow_write();
    assert!(!repository.is_kept() && !place.cache().exists(), "nobody has asked for it");
    assert_eq!(repository.map(PATIENCE).expect("nobody had to begin it before").len(), 1);
}

#[test]
fn a_map_that_nobody_asks_for_is_let_go_and_is_there_again_as_the_files_are_for_whoever_asks_next() {
    let place = Place::new(&[("a.py", "def alpha(): pass\n")]);
    let rest = Duration::from_millis(200);
    let repository = Repository::resting(Arc::new(place.root()), place.cache(), rest);
    let readies = Arc::new(Mutex::new(0));
    let counted = readies.clone();
    repository.report_to(move |event| {
        *counted.lock().unwrap() += usize::from(serde_json::to_string(&event).unwrap().contains("\"ready\""));
    });
    assert_eq!(repository.map(PATIENCE).unwrap().len(), 1);
    let start = Instant::now();
    while repository.is_kept() {
        assert!(start.elapsed() < PATIENCE, "the map is still there");
        std::thread::sleep(Duration::from_millis(5));
    }
    tick();
    place.write("a.py", "def beta(): pass\n");
    place.write("b.py", "def gamma(): pass\n");
    let map = repository.map(PATIENCE).expect("it is made again");
    assert_eq!(map.paths().collect::<Vec<_>>(), ["a.py", "b.py"]);
    assert_eq!(map.symbols("a.py")[0].name, "beta");
    drop(map);
    place.write("c.py", "def delta(): pass\n");
    let start = Instant::now();
    while repository.map(PATIENCE).unwrap().len() != 3 {
        assert!(start.elapsed() < PATIENCE, "it is not followed again");
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(*readies.lock().unwrap() >= 2, "what shows how far it is hears of it");
}

#[test]
fn a_map_that_was_let_go_is_made_again_for_what_we_write_and_says_what_it_holds_then() {
    let place = Place::new(&[]);
    let repository = Repository::resting(Arc::new(place.root()), place.cache(), Duration::from_millis(50));
    let events: Arc<Mutex<Vec<String>>> = Arc::default();
    let heard = events.clone();
    repository.report_to(move |event| heard.lock().unwrap().push(serde_json::to_string(&event).unwrap()));
    repository.begin();
    let until = |what: &str, done: &dyn Fn() -> bool| {
        let start = Instant::now();
        while !done() {
            assert!(start.elapsed() < PATIENCE, "{what}: {:?}", events.lock().unwrap());
            std::thread::sleep(Duration::from_millis(5));
        }
    };
    let said = |what: &str| events.lock().unwrap().iter().any(|event| event.contains(what));
    until("the map is there", &|| said(r#""ready":{"files":0,"#));
    until("it is let go", &|| !repository.is_kept());
    place.write("a.py", "def alpha(): pass\n");
    repository.follow_write();
    until("it has what was written", &|| said(r#""ready":{"files":1,"symbols":1,"#));
}
