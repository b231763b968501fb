//! The write primitive: all or nothing, never over a newer edit, never out of the root, whole after a kill.

use super::{open, put, tree};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use vibe_tui::domain::failure::{Failure, FailureKind};
use vibe_tui::repo::Root;
use vibe_tui::repo::read::read;
use vibe_tui::repo::write::{Applied, ApplyError, FileState, FileWrite, apply, reconcile};

fn write(path: &str, expect: Option<&str>, content: Option<&str>) -> FileWrite {
    FileWrite { path: path.into(), expect: expect.map(String::from), content: content.map(String::from) }
}

/// Every file and its text; a directory ends in `/` and has none.
fn all(dir: &Path) -> BTreeMap<String, String> {
    let (mut found, mut left) = (BTreeMap::new(), vec![dir.to_owned()]);
    while let Some(next) = left.pop() {
        for path in fs::read_dir(next).unwrap().map(|e| e.unwrap().path()) {
            let name = path.strip_prefix(dir).unwrap().to_str().unwrap().to_owned();
            let kind = fs::symlink_metadata(&path).unwrap().file_type();
            if kind.is_dir() {
                found.insert(name + "/", String::new());
                left.push(path);
            } else if kind.is_file() {
                found.insert(name, String::from_utf8(fs::read(&path).unwrap()).unwrap());
            }
        }
    }
    found
}

fn mode(path: PathBuf) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn files_are_created_replaced_and_deleted_and_nothing_else_is_touched() {
    let temp = tree(&[("a", "old"), ("b", "gone soon"), ("c", "same"), ("d", "alone")]);
    let writes = [
        write("x/y/z", None, Some("new")),
        write("a", Some("old"), Some("new\r\n")),
        write("b", Some("gone soon"), None),
        write("c", Some("same"), Some("same")),
        write("none", None, None),
        write("empty", None, Some("")),
    ];
    let applied = apply(&open(&temp), &writes).unwrap();
    let names = |list: &[&str]| list.iter().map(|s| s.to_string()).collect::<Vec<_>>();
    let expected = Applied { created: names(&["x/y/z", "empty"]), replaced: names(&["a"]), deleted: names(&["b"]) };
    assert_eq!(applied, expected);
    let files =
        [("a", "new\r\n"), ("c", "same"), ("d", "alone"), ("empty", ""), ("x/", ""), ("x/y/", ""), ("x/y/z", "new")];
    assert_eq!(all(temp.path()), files.map(|(n, t)| (n.to_owned(), t.to_owned())).into());
}

#[test]
fn a_replaced_file_keeps_its_mode_and_a_new_one_is_no_more_open_than_0644() {
    let temp = tree(&[("run.sh", "a"), ("private", "a"), ("suid", "a")]);
    let set = |name: &str, bits| fs::set_permissions(temp.path().join(name), fs::Permissions::from_mode(bits)).unwrap();
    for (name, bits) in [("run.sh", 0o755), ("private", 0o600), ("suid", 0o4755)] {
        set(name, bits);
    }
    let mut writes = ["run.sh", "private", "suid"].map(|name| write(name, Some("a"), Some("b"))).to_vec();
    writes.push(write("new", None, Some("x")));
    apply(&open(&temp), &writes).unwrap();
    let modes = ["run.sh", "private", "suid"].map(|name| mode(temp.path().join(name)));
    assert_eq!(modes, [0o755, 0o600, 0o755]);
    assert_eq!(mode(temp.path().join("new")) & !0o644, 0);
}

#[test]
fn a_file_that_is_moved_keeps_its_mode_whether_its_text_stays_or_not() {
    let temp = tree(&[("a.sh", "same\n"), ("b.py", "old\n"), ("c.txt", "x\n")]);
    let run = |name: &str| {
        fs::set_permissions(temp.path().join(name), fs::Permissions::from_mode(0o755)).unwrap();
    };
    ["a.sh", "b.py", "c.txt"].into_iter().for_each(run);
    let writes = [
        write("a.sh", Some("same\n"), None),
        write("b.py", Some("old\n"), None),
        write("c.txt", Some("x\n"), None),
        write("bin/a", None, Some("same\n")),
        write("d.py", None, Some("new\n")),
        write("other.md", None, Some("y\n")),
    ];
    apply(&open(&temp), &writes).unwrap();
    let modes = ["bin/a", "d.py", "other.md"].map(|name| mode(temp.path().join(name)) & 0o111);
    assert_eq!(modes, [0o111, 0o111, 0]);
}

#[test]
fn a_new_name_that_differs_from_one_beside_it_only_by_case_is_refused_unless_that_one_goes() {
    let temp = tree(&[("a.py", "x"), ("src/b.py", "x")]);
    for name in ["a.PY", "SRC/c.py", "src/B.py"] {
        let error = apply(&open(&temp), &[write(name, None, Some("new"))]).unwrap_err();
        assert!(error.to_string().contains("only by case"), "{name}: {error}");
        assert!(matches!(error, ApplyError::Denied { .. }), "{name}");
    }
    apply(&open(&temp), &[write("a.py", Some("x"), None), write("A.py", None, Some("x"))]).unwrap();
    assert!(temp.path().join("A.py").exists() && !temp.path().join("a.py").exists());
    assert!(!temp.path().join("SRC").exists());
}

#[test]
fn another_hard_link_keeps_the_old_text_and_an_open_reader_too() {
    let temp = tree(&[("a", "old")]);
    fs::hard_link(temp.path().join("a"), temp.path().join("b")).unwrap();
    let mut reader = fs::File::open(temp.path().join("a")).unwrap();
    apply(&open(&temp), &[write("a", Some("old"), Some("new"))]).unwrap();
    let mut seen = String::new();
    std::io::Read::read_to_string(&mut reader, &mut seen).unwrap();
    assert_eq!((seen.as_str(), fs::read_to_string(temp.path().join("b")).unwrap().as_str()), ("old", "old"));
    assert_eq!(fs::metadata(temp.path().join("a")).unwrap().nlink(), 1);
}

#[test]
fn a_file_that_is_not_what_the_proposal_was_made_from_stops_everything_and_says_how_it_differs() {
    let cases = [
        (write("b", Some("one\ntwo\n"), Some("x")), "differs from line 2"),
        (write("b", Some("one\n2\nthree"), None), "differs from line 3"),
        (write("b", Some("one\n"), Some("x")), "differs from line 2"),
        (write("b", None, Some("x")), "exists by now"),
        (write("b", None, None), "exists by now"),
        (write("none", Some("x"), Some("y")), "is gone"),
        (write("none", Some("x"), None), "is gone"),
        (write("b/c", Some("x"), Some("y")), "is gone"),
        (write("b", Some("other"), Some("other")), "differs from line 1"),
    ];
    for (stale, how) in cases {
        let temp = tree(&[("a", "old"), ("b", "one\n2\n")]);
        let before = all(temp.path());
        let writes = [write("a", Some("old"), Some("new")), stale.clone(), write("n/m", None, Some("new"))];
        let error = apply(&open(&temp), &writes).unwrap_err();
        assert!(
            matches!(&error, ApplyError::Stale { path, what } if *path == stale.path && what.contains(how)),
            "{error:?}"
        );
        assert_eq!(Failure::from(error).kind, FailureKind::Stale);
        assert_eq!(all(temp.path()), before);
    }
}

#[test]
fn what_is_no_regular_file_is_refused_and_nothing_waits() {
    let temp = tree(&[("repo/a", "old"), ("repo/dir/b", "b"), ("repo/.git/config", "token"), ("outside", "old")]);
    let top = temp.path().join("repo");
    let links = [("a", "link"), ("../outside", "out"), ("dir", "linked"), (".git", "hidden"), ("nowhere", "dangling")];
    for (target, name) in links {
        symlink(target, top.join(name)).unwrap();
    }
    let fifo = rustix::fs::FileType::Fifo;
    rustix::fs::mknodat(rustix::fs::CWD, top.join("pipe"), fifo, rustix::fs::Mode::from_raw_mode(0o600), 0).unwrap();
    let root = Root::open(&top).unwrap();
    let before = all(temp.path());
    for path in ["link", "out", "dangling", "linked/b", "linked/new", "hidden/config", "pipe", "dir"] {
        for expect in [None, Some("old")] {
            let error = apply(&root, &[write("new", None, Some("x")), write(path, expect, Some("x"))]).unwrap_err();
            assert!(matches!(&error, ApplyError::Denied { path: named, .. } if named == path), "{path}: {error:?}");
            assert!(error.to_string().contains(path));
        }
    }
    assert_eq!(all(temp.path()), before);
}

#[test]
fn paths_that_lead_out_or_into_git_or_come_twice_are_refused_before_anything_is_looked_at() {
    let temp = tree(&[("repo/.git/HEAD", ""), ("repo/a", "")]);
    let root = Root::open(&temp.path().join("repo")).unwrap();
    for path in ["/tmp/x", "../x", "a/../../x", ".git/config", ".GIT/config", "sub/.git/x", "x.", "x\n", "a\\b", ""] {
        let error = apply(&root, &[write("ok", None, Some("x")), write(path, None, Some("x"))]).unwrap_err();
        assert!(matches!(error, ApplyError::Denied { .. }), "{path}: {error:?}");
    }
    let twice = apply(&root, &[write("x", None, Some("1")), write("x", None, Some("2"))]).unwrap_err();
    assert!(twice.to_string().contains("twice"));
    assert!(!temp.path().join("repo/ok").exists() && !temp.path().join("x").exists());
}

#[test]
fn a_failure_in_the_middle_puts_everything_back_and_removes_what_was_made() {
    let temp = tree(&[("a", "old"), ("b", "old"), ("file", "x")]);
    let before = all(temp.path());
    let inode = fs::metadata(temp.path().join("a")).unwrap().ino();
    let writes = [
        write("a", Some("old"), Some("new")),
        write("b", Some("old"), None),
        write("new/deep/c", None, Some("c")),
        write("file/below", None, Some("no directory")),
    ];
    let error = apply(&open(&temp), &writes).unwrap_err();
    assert!(matches!(&error, ApplyError::Failed { path, what } if path == "file/below" && what.contains("directory")));
    assert_eq!(all(temp.path()), before);
    assert_eq!(fs::metadata(temp.path().join("a")).unwrap().ino(), inode);
}

/// A small file system of its own, if this user may mount one.
struct Mounted(tempfile::TempDir);

impl Mounted {
    fn new() -> Option<Mounted> {
        let dir = tempfile::tempdir().unwrap();
        let mounted = mount(&["-t", "tmpfs", "-o", "size=64k", "tmpfs"], dir.path());
        mounted.then_some(Mounted(dir))
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).stderr(Stdio::null()).status();
    }
}

fn mount(args: &[&str], at: &Path) -> bool {
    Command::new("mount").args(args).arg(at).stderr(Stdio::null()).status().is_ok_and(|s| s.success())
}

#[test]
fn a_full_disk_leaves_every_file_as_it_was() {
    let Some(disk) = Mounted::new() else { return eprintln!("skipped: cannot mount a small file system here") };
    put(disk.0.path(), "a", "old");
    put(disk.0.path(), "b", "old");
    let before = all(disk.0.path());
    let large = "x".repeat(200 << 10);
    let writes =
        [write("a", Some("old"), Some("new")), write("dir/c", None, Some("c")), write("b", Some("old"), Some(&large))];
    let error = apply(&open_at(disk.0.path()), &writes).unwrap_err();
    assert!(
        matches!(&error, ApplyError::Failed { path, what } if path == "b" && what.contains("no space")),
        "{error:?}"
    );
    assert_eq!(all(disk.0.path()), before);
    apply(&open_at(disk.0.path()), &writes[..2]).unwrap();
}

#[test]
fn a_read_only_place_is_said_and_left_alone() {
    let disk = Mounted::new();
    let plain = tempfile::tempdir().unwrap();
    let dir = disk.as_ref().map_or(plain.path(), |d| d.0.path());
    put(dir, "a", "old");
    if disk.is_some() {
        assert!(mount(&["-o", "remount,ro"], dir));
    } else {
        fs::set_permissions(dir, fs::Permissions::from_mode(0o555)).unwrap();
    }
    let root = open_at(dir);
    assert!(!root.is_writable());
    let error = apply(&root, &[write("a", Some("old"), Some("new"))]).unwrap_err();
    assert!(matches!(&error, ApplyError::Failed { what, .. } if what.contains("read-only") || what.contains("denied")));
    assert_eq!(fs::read_to_string(dir.join("a")).unwrap(), "old");
    fs::set_permissions(plain.path(), fs::Permissions::from_mode(0o755)).unwrap();
}

fn open_at(dir: &Path) -> Root {
    Root::open(dir).unwrap()
}

/// A person saves revision after revision while proposals made from what was read are applied. Whatever the person
/// saved last must be in the file, or have been what the applied proposal was made from.
#[test]
fn an_edit_made_while_applying_is_never_lost() {
    let temp = tree(&[("a", "user 0")]);
    let (root, done, path) = (open(&temp), AtomicBool::new(false), temp.path().join("a"));
    let stale = std::thread::scope(|scope| {
        let applying = scope.spawn(|| {
            let mut stale = 0;
            while !done.load(Ordering::Relaxed) {
                let Some(seen) = read(&root, &["a".into()])[0].text().map(str::to_owned) else { continue };
                let revision = seen.trim_start_matches("tool after ");
                let proposal = write("a", Some(&seen), Some(&format!("tool after {revision}")));
                match apply(&root, &[proposal]) {
                    Ok(_) => {}
                    Err(ApplyError::Stale { .. }) => stale += 1,
                    Err(error) => panic!("{error}"),
                }
            }
            stale
        });
        let until = Instant::now() + Duration::from_secs(2);
        let mut revision = 0;
        while Instant::now() < until {
            revision += 1;
            // From nothing to half a millisecond: no rhythm that an apply could fall in step with.
            std::thread::sleep(Duration::from_micros(revision * 7919 % 500));
            let text = format!("user {revision}");
            fs::write(temp.path().join("saving"), &text).unwrap();
            fs::rename(temp.path().join("saving"), &path).unwrap();
            // An exchange that found a newer edit shows its own text for a moment before it is undone.
            let settled = (0..10_000).any(|_| {
                let now = fs::read_to_string(&path).unwrap_or_default();
                let kept = now == text || now == format!("tool after {text}");
                if !kept {
                    std::thread::sleep(Duration::from_millis(1));
                }
                kept
            });
            if !settled {
                done.store(true, Ordering::Relaxed);
                panic!("`{text}` was lost; the file holds {:?}", fs::read_to_string(&path));
            }
        }
        done.store(true, Ordering::Relaxed);
        applying.join().unwrap()
    });
    eprintln!("{stale} applies found a newer edit");
    assert_eq!(all(temp.path()).len(), 1, "temporary files are left: {:?}", all(temp.path()).keys());
}

const FILES: usize = 300;

fn many() -> Vec<FileWrite> {
    let name = |i| format!("d{}/f{i}", i % 7);
    let each = |i: usize| match i % 3 {
        0 => write(&name(i), Some(&format!("old {i}")), Some(&format!("new {i}"))),
        1 => write(&name(i), Some(&format!("old {i}")), None),
        _ => write(&format!("made/{}", name(i)), None, Some(&format!("new {i}"))),
    };
    (0..FILES).map(each).collect()
}

/// Not a test of its own: what the next test kills.
#[test]
fn child_that_applies_many_files() {
    if let Ok(dir) = std::env::var("VIBE_TEST_APPLY_IN") {
        apply(&open_at(Path::new(&dir)), &many()).unwrap();
    }
}

#[test]
fn a_kill_between_two_files_leaves_each_whole_and_applying_the_rest_finishes_the_work() {
    let (mut mixed, mut rounds) = (0, 0);
    // On a starved machine a kill may come late every time for a while.
    while rounds < 12 || (mixed == 0 && rounds < 200) {
        let round = rounds;
        rounds += 1;
        let temp = tempfile::tempdir().unwrap();
        for write in many() {
            if let Some(text) = &write.expect {
                put(temp.path(), &write.path, text);
            }
        }
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "write::child_that_applies_many_files", "--test-threads=1"])
            .env("VIBE_TEST_APPLY_IN", temp.path())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let first = temp.path().join("d0/f0");
        while fs::read_to_string(&first).is_ok_and(|t| t == "old 0") && child.try_wait().unwrap().is_none() {}
        std::thread::sleep(Duration::from_micros(150 * (round % 12)));
        child.kill().unwrap();
        child.wait().unwrap();

        let root = open_at(temp.path());
        let states = reconcile(&root, &many()).unwrap();
        assert!(!states.contains(&FileState::Other), "round {round}: a torn file");
        let rest: Vec<_> =
            many().into_iter().zip(&states).filter(|(_, s)| **s == FileState::Before).map(|(w, _)| w).collect();
        mixed += usize::from(!rest.is_empty() && rest.len() < FILES);
        apply(&root, &rest).unwrap();
        assert!(reconcile(&root, &many()).unwrap().iter().all(|s| *s == FileState::After));
        let left: Vec<_> = all(temp.path()).into_keys().filter(|name| name.contains(".tmp")).collect();
        assert!(left.is_empty(), "round {round}: {left:?}");
    }
    eprintln!("{mixed} of {rounds} kills fell between two files");
    assert!(mixed > 0, "no kill fell between two files: the test proves nothing");
}

#[test]
fn reconcile_tells_before_after_and_other_and_leaves_live_temporary_files_alone() {
    let temp = tree(&[("a", "old"), ("b", "new"), ("c", "mine"), ("e", "old")]);
    let live = format!(".vibe-tui.{}.7.tmp", std::process::id());
    put(temp.path(), &live, "");
    let mut dead = Command::new("true").spawn().unwrap();
    dead.wait().unwrap();
    put(temp.path(), &format!(".vibe-tui.{}.7.tmp", dead.id()), "");
    let writes = ["a", "b", "c"].map(|name| write(name, Some("old"), Some("new")));
    let more = [write("d", Some("old"), None), write("e", Some("old"), None), write("f", None, Some("new"))];
    let states = reconcile(&open(&temp), &[writes.as_slice(), &more].concat()).unwrap();
    use FileState::{After, Before, Other};
    assert_eq!(states, [Before, After, Other, After, Before, Before]);
    assert!(temp.path().join(live).exists());
    assert_eq!(all(temp.path()).keys().filter(|name| name.ends_with(".tmp")).count(), 1);
}
