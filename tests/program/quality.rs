//! `vibe-tui review`, `analyze`, `check --gate` and `hook`, in a repository of git's own making.

use super::place::{PROGRAM, Place, Ran};
use serde_json::Value;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};

const CLEAN: &str = "def add(a: int, b: int) -> int:\n    \"\"\"Adds.\"\"\"\n    return a + b\n";

/// A function of ten nested conditions: cognitive complexity 55, cyclomatic 11.
fn deep() -> String {
    let ifs: String = (1..=10).map(|n| format!("{}if a > {n}:\n", "    ".repeat(n))).collect();
    format!("def deep(a):\n{ifs}{}return a\n", "    ".repeat(11))
}

fn git(place: &Place, arguments: &[&str]) -> Option<Output> {
    let mut command = Command::new("git");
    command.args(["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]).args(arguments);
    command.env_clear().envs(place.environment()).current_dir(place.root()).output().ok()
}

/// A repository with one commit, or `None` without git.
fn repository() -> Option<Place> {
    let place = Place::new();
    fs::remove_dir_all(place.root().join(".git")).unwrap();
    let made = git(&place, &["init", "-q", "-b", "main"]).filter(|made| made.status.success());
    if made.is_none() {
        eprintln!("skipped: no git here");
    }
    made?;
    place.write("calc.py", CLEAN);
    commit(&place, "first");
    Some(place)
}

fn commit(place: &Place, message: &str) -> Output {
    assert!(git(place, &["add", "-A"]).unwrap().status.success());
    git(place, &["commit", "-q", "-m", message]).unwrap()
}

fn json(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {}\n{}", ran.stdout, ran.stderr))
}

#[test]
fn a_gate_looks_at_what_is_staged_and_at_nothing_else() {
    let Some(place) = repository() else { return };
    assert_eq!(place.run(&["check", "--gate", "commit"]).code, Some(0), "nothing was changed");
    place.write("calc.py", &deep());
    let staged = ["check", "--gate", "commit", "--staged"];
    assert_eq!(place.run(&staged).code, Some(0), "it is not staged");
    let ran = place.run(&["check", "--gate", "commit"]);
    assert_eq!(ran.code, Some(4), "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("calc.py:1 deep: cognitive complexity 55, at most 25"), "{}", ran.stdout);
    git(&place, &["add", "-A"]).unwrap();
    place.write("calc.py", CLEAN);
    let ran = place.run(&[&staged[..], &["--json"]].concat());
    assert_eq!(ran.code, Some(4), "what is staged counts, whatever is on disk: {}", ran.stdout);
    let report = json(&ran);
    assert_eq!((&report["gate"]["level"], &report["gate"]["open"]), (&"commit".into(), &false.into()));
    assert_eq!(report["gate"]["breaches"][0]["figure"], "cognitive");
    assert_eq!(report["files"][0]["path"], "calc.py");
}

#[test]
fn a_project_sets_its_own_limits_and_production_looks_at_everything() {
    let Some(place) = repository() else { return };
    place.write("deep.py", &deep());
    place.write("password.py", "password = \"hunter2-Hunter2\"\n");
    commit(&place, "second");
    assert_eq!(place.run(&["check", "--gate", "commit"]).code, Some(0));
    let ran = place.run(&["check", "--gate", "production"]);
    assert_eq!(ran.code, Some(4), "{}", ran.stderr);
    assert!(ran.stdout.contains("Gate production: closed, 2 reasons"), "{}", ran.stdout);
    place.write(".vibe-tui.toml", "[gate.production]\nmax_cognitive = 60\nsecurity = \"off\"\n");
    let ran = place.run(&["check", "--gate", "production"]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
}

#[test]
fn code_that_cannot_be_judged_closes_every_gate_and_is_named() {
    let insecure = "def run(x):\n    return eval(x)\n";
    let latin = b"# -*- coding: latin-1 -*-\n# caf\xe9\ndef run(x):\n    return eval(x)\n";
    let long = format!("{insecure}{}", "x = 1\n".repeat(200_000));
    for (name, content, shown, why) in [
        (&b"bad\xff.py"[..], insecure.as_bytes(), r"bad\xff.py", "the name is not UTF-8"),
        (b"latin.py", latin, "latin.py", "not UTF-8"),
        (b"nul.js", b"eval(x)\0", "nul.js", "binary"),
        (b"long.py", long.as_bytes(), "long.py", "too large"),
    ] {
        let Some(place) = repository() else { return };
        fs::write(place.root().join(OsStr::from_bytes(name)), content).unwrap();
        let unstaged = place.run(&["check", "--gate", "commit"]);
        git(&place, &["add", "-A"]).unwrap();
        let staged = place.run(&["check", "--gate", "commit", "--staged"]);
        for ran in [unstaged, staged] {
            let told = format!("{shown}: cannot be judged: {why} [unjudged]");
            assert_eq!(
                (ran.code, ran.stdout.contains(&told)),
                (Some(4), true),
                "{shown}: {}{}",
                ran.stdout,
                ran.stderr
            );
        }
        let report = json(&place.run(&["review", "--staged", "--json"]));
        assert_eq!((&report["unmeasured"][0], &report["left_out"][0]["why"]), (&shown.into(), &why.into()));
        let production = place.run(&["check", "--gate", "production"]);
        assert_eq!(production.code, Some(4), "{}", production.stdout);
        assert!(production.stdout.contains(&format!("{shown}: cannot be judged")), "{}", production.stdout);
        assert!(place.run(&["analyze"]).stdout.contains(&format!("Not judged: 1\n\n- {shown}: ")));
        // What is gone is nobody's to judge.
        commit(&place, "second");
        fs::remove_file(place.root().join(OsStr::from_bytes(name))).unwrap();
        assert_eq!(place.run(&["check", "--gate", "commit"]).code, Some(0), "{shown}");
    }
}

#[test]
fn what_is_staged_in_the_midst_of_a_merge_closes_the_gate() {
    let Some(place) = repository() else { return };
    place.write("cart.py", "<<<<<<< HEAD\ndef f(:\n=======\neval(x)\n>>>>>>> theirs\n");
    git(&place, &["add", "-A"]).unwrap();
    let ran = place.run(&["check", "--gate", "commit", "--staged"]);
    assert_eq!(ran.code, Some(4), "{}", ran.stdout);
    let told = "cart.py: cannot be judged: a conflict of a merge that nobody resolved begins on line 1";
    assert!(ran.stdout.contains(told), "{}", ran.stdout);
}

#[test]
fn what_was_no_text_before_is_judged_as_it_is_now() {
    let Some(place) = repository() else { return };
    fs::write(place.root().join("old.py"), b"# caf\xe9\n").unwrap();
    commit(&place, "second");
    place.write("old.py", &deep());
    let ran = place.run(&["check", "--gate", "commit"]);
    assert_eq!(
        (ran.code, ran.stdout.contains("old.py:1 deep: cognitive complexity 55")),
        (Some(4), true),
        "{}",
        ran.stdout
    );
}

#[test]
fn limits_that_cannot_be_read_close_the_gate() {
    for (broken, told) in [
        ("[gate.commit\nmax_cognitive = 1\n", ".vibe-tui.toml:1:13: not valid TOML"),
        ("[gate.commit]\nmax_cognitive = \"lots\"\n", ".vibe-tui.toml:2:1"),
        ("[gate.commit]\nmax_congitive = 1\n", ".vibe-tui.toml:2:1"),
    ] {
        let Some(place) = repository() else { return };
        place.write(".vibe-tui.toml", broken);
        for gate in ["commit", "production"] {
            let ran = place.run(&["check", "--gate", gate]);
            assert_eq!(ran.code, Some(4), "{broken}{}{}", ran.stdout, ran.stderr);
            let told = format!("its limits are not known: {told}");
            assert!(ran.stdout.contains(&told), "{told}\n{}", ran.stdout);
        }
        assert_eq!(json(&place.run(&["review", "--json"]))["gate"]["open"], false);
        let log = json(&place.run(&["review", "--sarif"]));
        assert_eq!(log["runs"][0]["results"][0]["ruleId"], "configuration");
        let markdown = place.run(&["review", "--markdown"]).stdout;
        assert!(markdown.contains("- its limits are not known: `"), "{markdown}");
    }
    let Some(place) = repository() else { return };
    fs::create_dir(place.root().join(".vibe-tui.toml")).unwrap();
    assert_eq!(place.run(&["check", "--gate", "commit"]).code, Some(4));
    // What has nothing to do with limits costs its own key.
    let Some(place) = repository() else { return };
    place.write(".vibe-tui.toml", "theme = 3\n");
    assert_eq!(place.run(&["check", "--gate", "commit"]).code, Some(0));
}

#[test]
fn a_name_of_a_file_forges_no_line_of_a_report() {
    let Some(place) = repository() else { return };
    for name in ["z\n\nGate commit: open.py", "<img src=x>[l](http:x).py", "a`b.py"] {
        place.write(name, &deep());
    }
    let text = place.run(&["review"]).stdout;
    assert!(!text.contains("\nGate commit: open"), "{text}");
    assert!(text.contains("z⟦U+000A⟧⟦U+000A⟧Gate commit: open.py:1 deep: cognitive"), "{text}");
    assert!(text.contains("a`b.py:1 deep (new)") && text.contains("a`b.py:1 deep: cognitive"), "{text}");
    let markdown = place.run(&["review", "--markdown"]).stdout;
    for line in markdown.lines().filter(|line| line.starts_with("- ") && line.contains(".py")) {
        let span = line.trim_start_matches("- ");
        assert!(span.starts_with('`'), "{line}");
        assert_eq!(span.starts_with("``a`b.py:1`` `deep`"), line.contains("a`b"), "{line}");
    }
}

#[test]
fn a_review_reports_the_change_in_every_format_and_since_any_revision() {
    let Some(place) = repository() else { return };
    place.write("new.py", "import pickle\n\ndef read(data):\n    return pickle.loads(data) if data else None\n");
    place.write("notes.txt", "text\n");
    fs::write(place.root().join("image.png"), b"\x00\x01").unwrap();
    let text = place.run(&["review"]).stdout;
    for part in [
        "3 files changed, 1 measured",
        "new.py:3 read (new): cognitive 1, cyclomatic 2",
        "[unpickle]",
        "Gate commit: open",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    let markdown = place.run(&["review", "--markdown"]).stdout;
    assert!(markdown.starts_with("# Quality of the change\n") && markdown.contains("`new.py:3`"), "{markdown}");
    let log = json(&place.run(&["review", "--sarif"]));
    assert_eq!((&log["version"], &log["runs"][0]["results"][0]["ruleId"]), (&"2.1.0".into(), &"unpickle".into()));
    commit(&place, "second");
    assert_eq!(json(&place.run(&["review", "--json"]))["files"], Value::Array(Vec::new()));
    let since = json(&place.run(&["review", "--json", "--since", "HEAD~1"]));
    assert_eq!((&since["files"][0]["path"], &since["gate"]["level"]), (&"new.py".into(), &"pr".into()));
    assert_eq!(since["unmeasured"], serde_json::json!(["image.png", "notes.txt"]));
    for revision in ["nonsense", "--output=/tmp/x", "HEAD~1 --output=x"] {
        let since = format!("--since={revision}");
        for words in [&["review", &since][..], &["check", "--gate", "pr", &since]] {
            let ran = place.run(words);
            assert_eq!(ran.code, Some(2), "{}", ran.stdout);
            assert!(ran.stderr.contains("is no revision here: name a branch"), "{}", ran.stderr);
        }
    }
    let nowhere = Place::new();
    let ran = nowhere.run(&["review"]);
    assert_eq!(ran.code, Some(1), "a directory that only looks like git's");
}

#[test]
fn before_the_first_commit_everything_is_new() {
    let place = Place::new();
    fs::remove_dir_all(place.root().join(".git")).unwrap();
    if git(&place, &["init", "-q"]).is_none_or(|made| !made.status.success()) {
        return eprintln!("skipped: no git here");
    }
    place.write("a.py", &deep());
    git(&place, &["add", "-A"]).unwrap();
    for flags in [&["review", "--json"][..], &["review", "--json", "--staged"]] {
        let report = json(&place.run(flags));
        assert_eq!(report["files"][0]["before"], Value::Null, "{report}");
        assert_eq!(report["gate"]["open"], false, "{flags:?}");
    }
}

#[test]
fn an_analysis_reports_the_tree_or_a_part_of_it_and_needs_no_git() {
    let place = Place::new();
    fs::create_dir(place.root().join("src")).unwrap();
    place.write("src/deep.py", &deep());
    place.write("calc.py", CLEAN);
    place.write("calc.min.js", "function f(a){return a?1:2}\n");
    let text = place.run(&["analyze"]).stdout;
    for part in [
        "2 files, 15 lines of code",
        "typed 60 % (3 of 5)",
        "src/deep.py:1 deep: cognitive 55, cyclomatic 11",
        "(minified)",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    let part = json(&place.run(&["analyze", "--json", "src/"]));
    assert_eq!(
        (part["totals"]["files"].as_u64(), part["files"][0]["functions"][0]["cognitive"].as_u64()),
        (Some(1), Some(55))
    );
    // What is not there was typed wrong, whichever command it was typed for.
    for wrong in [
        &["analyze", "nowhere"][..],
        &["check", "nowhere"],
        &["heal", "nowhere"],
        &["map", "nowhere"],
        &["tokens", "nowhere"],
        &["replay", "nowhere"],
    ] {
        let ran = place.run(wrong);
        assert!(ran.code == Some(2) && ran.stderr.contains("nowhere"), "{wrong:?}: {ran:?}");
    }
    assert_eq!(json(&place.run(&["analyze", "--sarif"]))["runs"][0]["results"], Value::Array(Vec::new()));
}

#[test]
fn the_hook_stops_a_commit_that_the_gate_does_not_let_pass() {
    let Some(place) = repository() else { return };
    let ran = place.run(&["hook", "install"]);
    assert_eq!((ran.code, place.root().join(".git/hooks/pre-commit").exists()), (Some(3), false), "nobody said yes");
    let ran = place.run(&["hook", "install", "--yes"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stderr.contains(".git/hooks/pre-commit: it runs"), "{}", ran.stderr);
    let hook = fs::read_to_string(place.root().join(".git/hooks/pre-commit")).unwrap();
    assert!(hook.contains(PROGRAM) && hook.starts_with("#!/bin/sh\n"), "{hook}");
    assert_eq!(place.run(&["hook", "install", "--yes"]).code, Some(0), "our own is written anew");

    place.write("deep.py", &deep());
    let stopped = commit(&place, "deep");
    assert!(!stopped.status.success());
    let said = String::from_utf8_lossy(&stopped.stdout).into_owned() + &String::from_utf8_lossy(&stopped.stderr);
    assert!(said.contains("deep.py:1 deep: cognitive complexity 55, at most 25"), "{said}");
    assert!(
        said.contains("this hook (pre-commit) refused the commit; `git commit --no-verify` passes it by"),
        "{said}"
    );
    place.write("deep.py", CLEAN);
    assert!(commit(&place, "clean").status.success());
    // A commit of some files has an index of its own.
    place.write("deep.py", &deep());
    git(&place, &["add", "deep.py"]).unwrap();
    place.write("calc.py", &(CLEAN.to_owned() + "\nX = 1\n"));
    let partly = git(&place, &["commit", "-q", "-m", "partly", "calc.py"]).unwrap();
    assert!(partly.status.success(), "{}", String::from_utf8_lossy(&partly.stderr));

    assert_eq!(place.run(&["hook", "uninstall", "--yes"]).code, Some(0));
    assert!(!place.root().join(".git/hooks/pre-commit").exists());
    assert_eq!(place.run(&["hook", "uninstall", "--yes"]).code, Some(0), "there is none any more");
}

#[test]
fn a_hook_of_ours_with_lines_of_the_users_is_neither_overwritten_nor_removed() {
    let Some(place) = repository() else { return };
    assert_eq!(place.run(&["hook", "install", "--yes"]).code, Some(0));
    let path = place.root().join(".git/hooks/pre-commit");
    let ours = fs::read_to_string(&path).unwrap();
    for changed in [ours.replace("code=", "make lint\ncode="), ours.clone() + "echo after\n"] {
        fs::write(&path, &changed).unwrap();
        for task in ["install", "uninstall"] {
            let ran = place.run(&["hook", task, "--yes"]);
            assert_eq!((ran.code, fs::read_to_string(&path).ok()), (Some(1), Some(changed.clone())), "{task}");
            assert!(ran.stderr.contains("Keep the lines that are yours elsewhere"), "{}", ran.stderr);
        }
    }
    // The same hook, written by a program that stood elsewhere, is ours.
    let elsewhere = ours.replace(PROGRAM, r"/opt/it'\''s/vibe-tui");
    fs::write(&path, &elsewhere).unwrap();
    assert_eq!(place.run(&["hook", "install", "--yes"]).code, Some(0));
    assert_eq!(fs::read_to_string(&path).unwrap(), ours);
    fs::write(&path, &elsewhere).unwrap();
    assert_eq!((place.run(&["hook", "uninstall", "--yes"]).code, path.exists()), (Some(0), false));
}

#[test]
fn paths_to_analyze_are_read_from_where_one_stands() {
    let Some(place) = repository() else { return };
    let sub = place.root().join("sub");
    fs::create_dir(&sub).unwrap();
    place.write("sub/s.py", CLEAN);
    let analyzed = |paths: &[&str]| {
        let ran = place.run(&[&["analyze", "--json", "--cwd", sub.to_str().unwrap()], paths].concat());
        let report = json(&ran);
        let files = report["files"].as_array().unwrap().iter().map(|file| file["path"].as_str().unwrap().to_owned());
        files.collect::<Vec<_>>()
    };
    assert_eq!(analyzed(&["s.py"]), ["sub/s.py"]);
    assert_eq!(analyzed(&["."]), ["sub/s.py"]);
    assert_eq!(analyzed(&["../calc.py"]), ["calc.py"]);
    assert_eq!(analyzed(&[".."]), ["calc.py", "sub/s.py"]);
    assert_eq!(analyzed(&[]), ["calc.py", "sub/s.py"]);
    let outside = place.run(&["analyze", "../elsewhere"]);
    assert_eq!(outside.code, Some(2), "{}", outside.stderr);
}

#[test]
fn a_hook_of_somebody_else_and_hooks_of_every_repository_stay_as_they_are() {
    let Some(place) = repository() else { return };
    let hooks = place.root().join(".git/hooks");
    fs::create_dir_all(&hooks).unwrap();
    let theirs = "#!/bin/sh\necho theirs\n";
    fs::write(hooks.join("pre-commit"), theirs).unwrap();
    fs::set_permissions(hooks.join("pre-commit"), fs::Permissions::from_mode(0o755)).unwrap();
    for task in ["install", "uninstall"] {
        let ran = place.run(&["hook", task, "--yes"]);
        assert_eq!(ran.code, Some(1));
        assert!(ran.stderr.contains("another hook; it stays"), "{}", ran.stderr);
    }
    assert_eq!(fs::read_to_string(hooks.join("pre-commit")).unwrap(), theirs);

    let elsewhere = place.home().join("hooks");
    git(&place, &["config", "core.hooksPath", elsewhere.to_str().unwrap()]).unwrap();
    let ran = place.run(&["hook", "install", "--yes"]);
    assert_eq!((ran.code, elsewhere.exists()), (Some(1), false));
    assert!(ran.stderr.contains("every repository's"), "{}", ran.stderr);
    git(&place, &["config", "core.hooksPath", ".hooks"]).unwrap();
    let ran = place.run(&["hook", "install", "--yes"]);
    assert_eq!((ran.code, place.root().join(".hooks/pre-commit").exists()), (Some(0), true), "{}", ran.stderr);
}

#[test]
fn what_a_repository_configures_is_not_run() {
    let Some(place) = repository() else { return };
    let mark = place.home().join("mark");
    let touch = format!("touch {}", mark.display());
    for (key, value) in [
        ("core.fsmonitor", touch.as_str()),
        ("diff.external", &touch),
        ("filter.x.clean", &touch),
        ("filter.x.smudge", &touch),
        ("diff.x.textconv", &touch),
        ("core.pager", &touch),
    ] {
        git(&place, &["config", key, value]).unwrap();
    }
    place.write(".gitattributes", "* filter=x diff=x\n");
    place.write("calc.py", &deep());
    let report = json(&place.run(&["review", "--json"]));
    assert_eq!(report["files"][0]["path"], "calc.py");
    place.run(&["review", "--staged"]);
    assert!(!mark.exists());
}
