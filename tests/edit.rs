//! From a model's text to a proposal and to hunks, through the public functions: every form models use, every way an
//! edit can fail to fit, and bytes that must survive.

use proptest::prelude::*;
use std::time::{Duration, Instant};
use vibe_tui::domain::change::{ChangeSet, FileChange, FileContent, FileSnapshot};
use vibe_tui::domain::hunk::LineKind;
use vibe_tui::edit::{
    Action, Applied, Edit, EditForm, EditProblem, Match, Parser, Preview, ProblemKind, apply, apply_with_notes, diff,
    paths, read, select, unified,
};

fn parse(text: &str) -> Vec<Edit> {
    let mut parser = Parser::new();
    parser.push(text);
    parser.finish()
}

fn whole(path: &str, text: &str) -> Edit {
    Edit { path: path.into(), action: Action::Whole { text: text.into(), closed: true } }
}

fn replace(path: &str, search: &str, replace: &str) -> Edit {
    Edit { path: path.into(), action: Action::Replace { search: search.into(), replace: replace.into(), line: None } }
}

fn file(path: &str, text: &str) -> FileSnapshot {
    FileSnapshot { path: path.into(), content: FileContent::Text { text: text.into() } }
}

fn absent(path: &str) -> FileSnapshot {
    FileSnapshot { path: path.into(), content: FileContent::Absent }
}

/// The text of `a` after one replacement.
fn replaced(text: &str, search: &str, with: &str) -> String {
    let changes = apply(&[replace("a", search, with)], &[file("a", text)]).expect("the edit fits");
    changes.file("a").and_then(|f| f.after.clone()).expect("the file changes")
}

fn problem(edit: Edit, base: FileSnapshot) -> EditProblem {
    apply(&[edit], &[base]).expect_err("the edit does not fit").remove(0)
}

#[test]
fn whole_files_are_read_in_every_shape_models_give_them() {
    let expected = [whole("src/a.py", "x = 1\n")];
    let table = [
        "### FILE: src/a.py\n```python\nx = 1\n```\n",
        "Sure!\n\n### FILE: src/a.py\n\n```python\nx = 1\n```\nDone.",
        "**src/a.py**\n```python\nx = 1\n```",
        "**`src/a.py`**\n\n```\nx = 1\n```",
        "`src/a.py`:\n```py\nx = 1\n```",
        "src/a.py:\n```py\nx = 1\n```",
        "#### src/a.py (new)\n```py\nx = 1\n```",
        "File: src/a.py\n```py\nx = 1\n```",
        "```python src/a.py\nx = 1\n```",
        "```python:src/a.py\nx = 1\n```",
        "```src/a.py\nx = 1\n```",
        "```python\n# src/a.py\nx = 1\n```",
        "```python\n# File: src/a.py\n\nx = 1\n```",
        "### FILE: src/a.py\n~~~python\nx = 1\n~~~",
        "### FILE: src/a.py\n````python\nx = 1\n````",
        "### FILE: src/a.py\r\n```python\r\nx = 1\r\n```\r\n",
        "1. First the file:\n\n   **src/a.py**\n   ```python\n   x = 1\n   ```",
        "<think>\n### FILE: b.py\n```python\nno\n```\n</think>\n### FILE: src/a.py\n```python\nx = 1\n```",
        "```bash\npip install x\n```\n### FILE: src/a.py\n```python\nx = 1\n```\nRun it:\n```bash\npython src/a.py\n```",
    ];
    for text in table {
        assert_eq!(parse(text), expected, "{text}");
    }
}

#[test]
fn an_answer_that_is_cut_off_keeps_what_came_and_says_so() {
    let edits = parse("### FILE: a.py\n```python\nx = 1\ny = ");
    assert_eq!(
        edits,
        [Edit { path: "a.py".into(), action: Action::Whole { text: "x = 1\ny = \n".into(), closed: false } }]
    );
    let edits = parse("### FILE: a.py\n```python\nx = 1\n### FILE: b.py\n```python\ny = 1\n```");
    // The next heading ends a file as well.
    assert_eq!(edits, [whole("a.py", "x = 1\n"), whole("b.py", "y = 1\n")]);
}

#[test]
fn fences_inside_a_file_belong_to_it() {
    let readme = "# T\n\n```bash\nmake\n```\n\n```\nplain\n```\nend\n";
    for text in [
        format!("### FILE: README.md\n````markdown\n{readme}````\n"),
        format!("### FILE: README.md\n```markdown\n{readme}```\nThat is it.\n"),
        format!("### FILE: README.md\n```markdown\n{readme}```\nTry:\n```bash\nls\n```\n"),
        format!("### FILE: README.md\n```markdown\n{readme}```\n### FILE: a.py\n```python\nx = 1\n```\n"),
    ] {
        assert_eq!(parse(&text)[0], whole("README.md", readme), "{text}");
    }
    let code = "\"\"\"Doc.\n\n```python\nf()\n```\n\"\"\"\n";
    assert_eq!(parse(&format!("### FILE: a.py\n```python\n{code}```\n")), [whole("a.py", code)]);
}

#[test]
fn a_block_without_a_path_is_no_edit() {
    let text = "Here:\n```python\nx = 1\n```\nRun:\n```bash\npython a.py\n```";
    assert_eq!(parse(text), []);
}

#[test]
fn deletions_are_read() {
    assert_eq!(parse("### DELETE: old.py\n"), [Edit { path: "old.py".into(), action: Action::Delete }]);
}

#[test]
fn search_replace_blocks_are_read_in_every_shape_models_give_them() {
    let expected = [replace("src/a.py", "x = 1\n", "x = 2\n")];
    let block = "<<<<<<< SEARCH\nx = 1\n=======\nx = 2\n>>>>>>> REPLACE\n";
    let table = [
        format!("### FILE: src/a.py\n{block}"),
        format!("### FILE: src/a.py\n```python\n{block}```\n"),
        format!("src/a.py\n```python\n{block}```\n"),
        format!("```python\nsrc/a.py\n{block}```\n"),
        format!("**src/a.py**\n\n{block}"),
        format!("src/a.py\n<source>python\n{block}</source>\n"),
        "src/a.py\n<<<<<<< SEARCH\nx = 1\n=======\nx = 2\n>>>>>>> REPLACE".to_owned(),
        format!("### FILE: src/a.py\n{}", block.replace("<<<<<<< ", "<<<<<").replace(">>>>>>> ", ">>>>>>>>> ")),
    ];
    for text in table {
        assert_eq!(parse(&text), expected, "{text}");
    }
    let two = parse(&format!("### FILE: a.py\n```python\n{block}\n{block}```\n### FILE: b.py\n{block}{block}"));
    assert_eq!(two.iter().map(|e| e.path.as_str()).collect::<Vec<_>>(), ["a.py", "a.py", "b.py", "b.py"]);
}

#[test]
fn unreadable_blocks_are_told_not_dropped() {
    let table = [
        ("### FILE: a\n<<<<<<< SEARCH\nx\n=======\ny\n", "cut off"),
        ("### FILE: a\n<<<<<<< SEARCH\nx\n>>>>>>> REPLACE\n", "no `=======`"),
        ("### FILE: a\n<<<<<<< SEARCH\nT\n=======\nx\n=======\ny\n>>>>>>> REPLACE\n", "more than one"),
        ("<<<<<<< SEARCH\nx\n=======\ny\n>>>>>>> REPLACE\n", "which file"),
    ];
    for (text, said) in table {
        let edits = parse(text);
        assert!(paths(&edits).is_ok(), "{text}");
        let problems = apply(&edits, &[file("a", "x\n")]).expect_err(text);
        assert_eq!(problems[0].kind, ProblemKind::Malformed, "{text}");
        assert!(problems[0].message.contains(said), "{}", problems[0].message);
    }
}

#[test]
fn diffs_are_read_fenced_or_bare() {
    let body = "--- a/a.py\n+++ b/a.py\n@@ -1,9 +1,9 @@\n one\n-two\n+TWO\n three\n";
    for text in [
        format!("```diff\n{body}```\n"),
        format!("Here:\n\n{body}\nThat changes two.\n"),
        format!("```\n{body}```"),
        format!("### FILE: a.py\n```diff\n{body}```\n"),
        "### FILE: a.py\n```diff\n@@ ... @@\n one\n-two\n+TWO\n three\n```\n".to_owned(),
        format!("diff --git a/a.py b/a.py\nindex 123..456 100644\n{body}"),
    ] {
        let changes = apply(&parse(&text), &[file("a.py", "one\ntwo\nthree\n")]).expect(&text);
        assert_eq!(changes.files[0].after.as_deref(), Some("one\nTWO\nthree\n"), "{text}");
    }
}

#[test]
fn a_stated_line_decides_between_places_that_fit_equally() {
    let base = file("a", "x\ny\nx\ny\n");
    let edit =
        |line| Edit { path: "a".into(), action: Action::Replace { search: "x\n".into(), replace: "z\n".into(), line } };
    let changes = apply(&[edit(Some(3))], std::slice::from_ref(&base)).unwrap();
    assert_eq!(changes.files[0].after.as_deref(), Some("x\ny\nz\ny\n"));
    assert_eq!(problem(edit(Some(2)), base).kind, ProblemKind::Ambiguous);
}

#[test]
fn an_envelope_is_read_fenced_or_bare_and_its_files_change() {
    let base = [
        file("a.py", "class A:\n    def f(self):\n        pass\n\nclass B:\n    def f(self):\n        pass\n"),
        file("old.py", "x = 1\n"),
        file("gone.py", "y\n"),
        file("log.txt", "one\ntwo"),
        absent("new/n.py"),
        absent("moved.py"),
    ];
    let patch = "*** Begin Patch\n*** Update File: a.py\n@@ class B:\n     def f(self):\n-        pass\n+        return 1\n*** Add File: new/n.py\n+def g():\n+\n+    pass\n*** Update File: old.py\n*** Move to: moved.py\n@@\n-x = 1\n+x = 2\n*** Delete File: gone.py\n*** Update File: log.txt\n@@\n two\n+three\n*** End of File\n*** End Patch\n";
    for text in [
        patch.to_owned(),
        format!("Here it is:\n\n```\n{patch}```\nDone."),
        format!("```diff\n{patch}```\n"),
        format!("```patch\n{}```\n", patch.replace("*** End Patch\n", "")),
        format!("```bash\napply_patch <<'EOF'\n{patch}EOF\n```\n"),
    ] {
        let edits = parse(&text);
        assert_eq!(paths(&edits).unwrap(), ["a.py", "new/n.py", "old.py", "moved.py", "gone.py", "log.txt"], "{text}");
        let changes = apply(&edits, &base).unwrap_or_else(|problems| panic!("{text}{problems:?}"));
        let after = |path: &str| changes.file(path).unwrap_or_else(|| panic!("{path}")).after.as_deref();
        let b = "class A:\n    def f(self):\n        pass\n\nclass B:\n    def f(self):\n        return 1\n";
        assert_eq!((after("a.py"), after("new/n.py")), (Some(b), Some("def g():\n\n    pass\n")), "{text}");
        assert_eq!((after("old.py"), after("moved.py"), after("gone.py")), (None, Some("x = 2\n"), None), "{text}");
        assert_eq!(after("log.txt"), Some("one\ntwo\nthree"), "the file still has no last newline");
    }
}

#[test]
fn an_envelope_that_cannot_be_read_whole_is_refused() {
    let table = [
        ("*** Begin Patch\n*** Update File: a\n@@\n-x\n+y\n", "cut off"),
        ("*** Begin Patch\n*** Update File: a\n@@\n-x\nint z;\n+y\n*** End Patch\n", "`int z;`"),
        ("*** Begin Patch\n*** Add File: b\nint z;\n*** End Patch\n", "`int z;`"),
        ("*** Begin Patch\n*** Update File: a\n+y\n*** End Patch\n", "names none that stay"),
        ("*** Begin Patch\n*** Update File: a\n@@ nowhere\n+y\n*** End Patch\n", "`nowhere`"),
        ("*** Begin Patch\n*** Update File: a\n*** Move to: ../b\n*** End Patch\n", "climbs out"),
        ("*** Begin Patch\n*** Update File: a\n*** Move to: taken\n*** End Patch\n", "which exists"),
        ("*** Begin Patch\n*** Update File: b\n*** Move to: c\n*** End Patch\n", "cannot be moved"),
    ];
    for (text, said) in table {
        let base = [file("a", "x\n"), absent("b"), absent("c"), file("taken", "")];
        let problems = apply(&parse(text), &base).expect_err(text);
        assert!(problems[0].message.contains(said), "{text}{}", problems[0].message);
    }
    // A new file whose end never came is not taken for whole.
    let edits = parse("*** Begin Patch\n*** Add File: b\n+one\n");
    assert_eq!(edits[0].action, Action::Whole { text: "one\n".into(), closed: false });
}

#[test]
fn an_anchor_decides_only_where_its_block_holds_one_of_the_places() {
    let hunk = |anchor: &str| Edit {
        path: "a".into(),
        action: Action::Hunk {
            search: "    x\n".into(),
            replace: "    y\n".into(),
            anchors: vec![anchor.into()],
            at_end: false,
        },
    };
    let text = "fn one() {\n    x\n}\nfn two() {\n    x\n    z\n    x\n}\nfn three() {\n}\n";
    let changes = apply(&[hunk("fn one() {")], &[file("a", text)]).unwrap();
    assert_eq!(changes.files[0].after.as_deref().unwrap(), text.replacen("    x", "    y", 1));
    for anchor in ["fn two() {", "fn three() {", "}", "fn four() {"] {
        let problem = problem(hunk(anchor), file("a", text));
        assert_eq!((problem.kind, problem.candidates.len()), (ProblemKind::Ambiguous, 3), "{anchor}");
    }
}

#[test]
fn lines_are_added_behind_an_anchor_or_at_the_end() {
    let added = |anchors: &[&str], at_end: bool| {
        let anchors = anchors.iter().map(|a| (*a).to_owned()).collect();
        let action = Action::Hunk { search: String::new(), replace: "  new\n".into(), anchors, at_end };
        let changes = apply(&[Edit { path: "a".into(), action }], &[file("a", "one\r\n  two\r\n")]).unwrap();
        changes.files[0].after.clone().unwrap()
    };
    assert_eq!(added(&["one"], false), "one\r\n  new\r\n  two\r\n");
    assert_eq!(added(&["two"], false), "one\r\n  two\r\n  new\r\n");
    assert_eq!(added(&[], true), "one\r\n  two\r\n  new\r\n");
}

#[test]
fn a_diff_may_rename_a_file_and_keeps_its_place_when_hunks_above_it_add_lines() {
    let base: String = (1..=9).map(|n| format!("x\n{n}\n")).collect();
    // Both hunks change an `x`, of which there are nine; their numbers count in the old file.
    let diff = "--- a/f\n+++ b/f\n@@ -3 +3,3 @@\n-x\n+one\n+two\n+three\n@@ -7 +9 @@\n-x\n+seven\n";
    let changes = apply(&parse(diff), &[file("f", &base)]).unwrap();
    let expected = "x\n1\none\ntwo\nthree\n2\nx\n3\nseven\n4\n";
    assert!(changes.files[0].after.as_deref().unwrap().starts_with(expected), "{:?}", changes.files[0].after);
    let rename = "diff --git a/f b/g\nrename from f\nrename to g\n";
    let changes = apply(&parse(rename), &[file("f", &base), absent("g")]);
    assert_eq!(changes, Ok(ChangeSet::default()), "outside of a fence it is prose");
    let changes = apply(&parse(&format!("```diff\n{rename}```\n")), &[file("f", &base), absent("g")]).unwrap();
    assert_eq!(
        (changes.file("f").unwrap().after.as_deref(), changes.file("g").unwrap().after.as_ref()),
        (None, Some(&base))
    );
}

#[test]
fn what_a_whole_file_leaves_out_is_put_in_where_the_lines_beside_it_stand_once() {
    let base = "import os\nimport sys\n\ndef f():\n    return 1\n\ndef g():\n    return 2\n\ndef h():\n    return 3\n";
    let of = |text: &str| apply(&[whole("a.py", text)], &[file("a.py", base)]);
    let table = [
        (
            "import os\n# ... existing imports ...\n\ndef f():\n    return 10\n\ndef g():\n# ... rest of the file unchanged ...\n",
            base.replace("return 1\n", "return 10\n"),
        ),
        ("# ... existing code ...\n\ndef h():\n    return 4\n", base.replace("return 3", "return 4")),
        (
            "import os\nimport re\nimport sys\n# ... existing code …\n",
            base.replace("import sys", "import re\nimport sys"),
        ),
    ];
    for (text, expected) in table {
        assert_eq!(of(text).expect(text).files[0].after.as_deref(), Some(expected.as_str()), "{text}");
    }
    let crlf = base.replace('\n', "\r\n");
    let mended = apply(&[whole("a.py", table_text())], &[file("a.py", &crlf)]).unwrap();
    assert_eq!(mended.files[0].after.as_deref(), Some(crlf.replace("return 3", "return 4").as_str()));
    for doubtful in [
        // The line above it is new.
        "import os\nimport sys\nimport re\n# ... existing code ...\n",
        // The line below it stands twice.
        "# ... existing code ...\n    return 1\n\ndef g():\n    return 5\n# ... existing code ...\nnothing\n",
        // In the wrong order.
        "def g():\n    return 2\n# ... existing code ...\nimport sys\n",
        "# ... existing code ...\n# ... existing code ...\n",
    ] {
        assert_eq!(of(doubtful).expect_err(doubtful)[0].kind, ProblemKind::Elided, "{doubtful}");
    }
    let new = apply(&[whole("n.py", "a\n# ... existing code ...\n")], &[absent("n.py")]).expect_err("there is nothing");
    assert_eq!(new[0].kind, ProblemKind::Elided);
}

fn table_text() -> &'static str {
    "# ... existing code ...\n\ndef h():\n    return 4\n"
}

#[test]
fn what_a_block_leaves_out_on_both_sides_stays_and_is_never_written_as_a_remark() {
    let text = "def f():\n    a = 1\n    b = 2\n    c = 3\n    return a\n\ndef g():\n    pass\n";
    let kept = replaced(
        text,
        "def f():\n    # ... existing code ...\n    return a\n",
        "def f(x):\n    # ... existing code ...\n    return x\n",
    );
    assert_eq!(kept, text.replace("f()", "f(x)").replace("return a", "return x"));
    // The replacement alone leaves out lines of the search.
    let alone = "# note\ndef f():\n    # ... rest unchanged ...\n    b = 2\n    z = 3\n";
    let kept = replaced(text, "def f():\n    a = 1\n    b = 2\n", alone);
    assert_eq!(kept, text.replace("def f()", "# note\ndef f()").replace("b = 2\n", "b = 2\n    z = 3\n"));
    for (search, with) in [
        ("    a = 1\n", "    # ... existing code ...\n    a = 2\n"),
        (
            "def f():\n    # ... existing code ...\n    return a\n",
            "def f():\n    # ... existing code ...\n    # ... existing code ...\n",
        ),
        (
            "    pass\n    # ... existing code ...\n    return a\n",
            "    pass\n    # ... existing code ...\n    return b\n",
        ),
    ] {
        assert_eq!(problem(replace("a", search, with), file("a", text)).kind, ProblemKind::Elided, "{search}");
    }
    // A remark that is the file's own is text.
    let own = "# ... existing code ...\nx\n";
    assert_eq!(replaced(own, own, "# ... existing code ...\ny\n"), "# ... existing code ...\ny\n");
}

#[test]
fn a_conflict_in_the_file_is_text_like_any_other() {
    let conflict = "a\n<<<<<<< HEAD\nours\n=======\ntheirs\n>>>>>>> main\nb\n";
    let block = format!("### FILE: f\n<<<<<<< SEARCH\n{conflict}=======\na\nboth\nb\n>>>>>>> REPLACE\n");
    let changes = apply(&parse(&block), &[file("f", conflict)]).unwrap();
    assert_eq!(changes.files[0].after.as_deref(), Some("a\nboth\nb\n"));
    let back = format!("### FILE: f\n<<<<<<< SEARCH\nboth\n=======\n{conflict}>>>>>>> REPLACE\n");
    let changes = apply(&parse(&back), &[file("f", "both\n")]).unwrap();
    assert_eq!(changes.files[0].after.as_deref(), Some(conflict));
    let title = "### FILE: f\n<<<<<<< SEARCH\nTitle\n=====\n=======\nOther\n=====\n>>>>>>> REPLACE\n";
    let changes = apply(&parse(title), &[file("f", "Title\n=====\n")]).unwrap();
    assert_eq!(changes.files[0].after.as_deref(), Some("Other\n=====\n"), "a shorter line is no divider here");
    // Half a conflict leaves open where the new lines start.
    let half = "### FILE: f\n<<<<<<< SEARCH\nours\n=======\ntheirs\n=======\nx\n>>>>>>> REPLACE\n";
    assert_eq!(apply(&parse(half), &[file("f", conflict)]).expect_err("half")[0].kind, ProblemKind::Malformed);
    // A marker that is the file's own text ends the block too early; what follows says so.
    let nested =
        "### FILE: f\n<<<<<<< SEARCH\nx\n=======\nwrite `>>>>>>> REPLACE`:\n>>>>>>> REPLACE\nrest\n>>>>>>> REPLACE\n";
    assert_eq!(apply(&parse(nested), &[file("f", "x\n")]).expect_err("nested")[0].kind, ProblemKind::Malformed);
}

#[test]
fn lines_that_are_there_already_are_not_added_again() {
    let problem =
        problem(replace("a", "import os\n", "import os\nimport sys\n"), file("a", "import os\nimport sys\n\nx\n"));
    assert_eq!((problem.kind, problem.candidates), (ProblemKind::AlreadyApplied, vec![(1, 2)]));
    // Brackets alone are no sign of that.
    assert_eq!(replaced("f {\n}\n}\n", "f {\n", "f {\n}\n"), "f {\n}\n}\n}\n");
}

#[test]
fn a_similar_place_has_to_be_better_than_the_next_by_a_margin() {
    let place = |word: &str| format!("def area(w, h):\n    # width times height {word}\n    return w * h\n");
    let search = place("of a box in the garden");
    let near = place("of one box behind a garden");
    let next = place("of some bags in any gardens");
    let of = |text: String| {
        let with = search.replace("w * h", "h * w");
        apply_with_notes(&[replace("a", &search, &with)], &[file("a", &text)])
    };
    assert_eq!(of(near.clone()).unwrap().located[0].how, Match::Similar);
    assert_eq!(of(next.clone()).expect_err("less than nine tenths")[0].kind, ProblemKind::NotFound);
    let both = of(near + "\n" + &next).expect_err("the second comes too near");
    assert_eq!((both[0].kind, both[0].candidates.len()), (ProblemKind::Ambiguous, 2));
}

#[test]
fn names_that_differ_only_by_case_are_not_two_files() {
    let edits = [whole("src/A.py", "x\n"), whole("src/a.py", "y\n")];
    let problems = apply(&edits, &[absent("src/A.py"), absent("src/a.py")]).expect_err("one file on some systems");
    assert_eq!((problems[0].kind, problems.len()), (ProblemKind::Denied, 1));
    let both = [replace("makefile", "x\n", "y\n"), replace("Makefile", "x\n", "y\n")];
    assert!(apply(&both, &[file("makefile", "x\n"), file("Makefile", "x\n")]).is_ok(), "both are there already");
    let renamed = [Edit { path: "readme.md".into(), action: Action::Move { to: "README.md".into() } }];
    let changes = apply(&renamed, &[file("readme.md", "x\n"), absent("README.md")]).unwrap();
    assert_eq!(changes.files.len(), 2);
}

type Seen = (String, EditForm, u32, Option<(u32, u32)>);

/// What a preview has seen of a text: path, form, lines, and what was added and removed.
fn watched(text: &str) -> Vec<Seen> {
    let mut preview = Preview::default();
    preview.push(text);
    preview.files().iter().map(|p| (p.path.clone(), p.form, p.lines, p.counted)).collect()
}

#[test]
fn a_preview_names_the_files_while_they_stream() {
    let whole = "### FILE: a.py\n```python\none\ntwo\nthr";
    assert_eq!(watched(whole), [("a.py".into(), EditForm::Whole, 2, None)]);
    let block = "### FILE: b.py\n<<<<<<< SEARCH\nx\ny\n=======\nx\nz\nz\n";
    assert_eq!(watched(block), [("b.py".into(), EditForm::Change, 5, None)]);
    let done = format!("{block}>>>>>>> REPLACE\n");
    assert_eq!(watched(&done), [("b.py".into(), EditForm::Change, 5, Some((2, 1)))]);
    let new = "### FILE: c.py\n<<<<<<< SEARCH\n=======\nx\n";
    assert_eq!(watched(new), [("c.py".into(), EditForm::New, 1, None)]);
    let named = "```python\n# src/d.py\n\nx = 1\ny = 2\n";
    assert_eq!(watched(named), [("src/d.py".into(), EditForm::Whole, 2, None)]);
    assert_eq!(watched("### DELETE: e.py\n"), [("e.py".into(), EditForm::Delete, 0, None)]);
}

#[test]
fn a_preview_of_a_diff_counts_its_lines_and_tells_its_files_apart() {
    let diff = "```diff\n--- a/q.sql\n+++ b/q.sql\n@@ -1,2 +1,1 @@\n--- old remark\n select 1;\n--- /dev/null\n+++ b/new.sql\n@@ -0,0 +1,2 @@\n+a\n+b\n--- a/gone.sql\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n```\n";
    let seen: Vec<_> = watched(diff).into_iter().map(|(path, form, _, counted)| (path, form, counted)).collect();
    let expected = [
        ("q.sql".to_owned(), EditForm::Change, Some((0, 1))),
        ("new.sql".to_owned(), EditForm::New, Some((2, 0))),
        ("gone.sql".to_owned(), EditForm::Delete, Some((0, 1))),
    ];
    assert_eq!(seen, expected);
}

#[test]
fn a_preview_knows_which_file_is_being_written() {
    let mut preview = Preview::default();
    let block = "<<<<<<< SEARCH\nx\n=======\ny\n>>>>>>> REPLACE\n";
    preview.push(&format!("### FILE: a.py\n{block}### FILE: b.py\n{block}"));
    assert_eq!(preview.current(), Some(1));
    preview.push(&format!("### FILE: a.py\n{block}"));
    assert_eq!((preview.current(), preview.files().len()), (Some(0), 2));
    assert_eq!(preview.files()[0].counted, Some((2, 2)));
}

#[test]
fn paths_are_listed_once_and_refused_where_they_leave() {
    let edits = [whole("./a.py", ""), replace("a.py", "x\n", "y\n"), whole("b/c.py", "")];
    assert_eq!(paths(&edits).unwrap(), ["a.py", "b/c.py"]);
    let failure = paths(&parse("### FILE: ../../etc/passwd\n```\nx\n```")).expect_err("it climbs out");
    assert!(failure.message.contains("../../etc/passwd"), "{}", failure.message);
    let problem = problem(whole("/etc/passwd", "x"), absent("etc/passwd"));
    assert_eq!(problem.kind, ProblemKind::Denied);
}

#[test]
fn lines_are_found_but_for_trailing_blanks_and_a_common_indentation() {
    let table = [
        ("a\nb\nc\n", "b\n", "B\n", "a\nB\nc\n", Match::Exact),
        ("a\nb  \nc\n", "b\nc\n", "b\nC\n", "a\nb  \nC\n", Match::TrailingBlanks),
        (
            "if x:\n    f()\n    g()\n",
            "f()\ng()\n",
            "f()\nif y:\n    g()\n",
            "if x:\n    f()\n    if y:\n        g()\n",
            Match::Indentation,
        ),
        ("f()\ng()\n", "    f()\n    g()\n", "    f()\n    h()\n", "f()\nh()\n", Match::Indentation),
        ("\tf()\n\n\tg()\n", "f()\n\ng()\n", "f()\n\nh()\n", "\tf()\n\n\th()\n", Match::Indentation),
    ];
    for (text, search, with, expected, how) in table {
        let Applied { changes, located } =
            apply_with_notes(&[replace("a", search, with)], &[file("a", text)]).expect(search);
        assert_eq!(changes.files[0].after.as_deref(), Some(expected));
        assert_eq!((located[0].how, located[0].score), (how, 1.0), "{search}");
    }
}

#[test]
fn nearly_the_same_lines_between_exact_ones_are_found_with_their_score() {
    let text =
        "def area(w, h):\n    # width times height of the box\n    size = w * h\n    log(size)\n    return size\n";
    let search = "def area(w, h):\n    # width times height of a box\n    size = w * h\n    return size\n";
    let with = "def area(w, h):\n    # width times height of a box\n    size = abs(w * h)\n    return size\n";
    let text_long = text.replace("    log(size)\n", "");
    let applied = apply_with_notes(&[replace("a", search, with)], &[file("a", &text_long)]).unwrap();
    assert_eq!(applied.located[0].how, Match::Similar);
    assert!((0.9..1.0).contains(&applied.located[0].score), "{}", applied.located[0].score);
    // What the edit does not mean to change stays as the file has it.
    let expected = text_long.replace("size = w * h", "size = abs(w * h)");
    assert_eq!(applied.changes.files[0].after.as_deref(), Some(expected.as_str()));
    // A line of the file that the search leaves out is not dropped: the edit is refused and the place named.
    let problem = problem(replace("a", search, with), file("a", text));
    assert_eq!(problem.kind, ProblemKind::NotFound);
    assert_eq!(problem.candidates, [(1, 5)]);
    assert!(problem.message.contains("SEARCH leaves out"), "{}", problem.message);
    // Where the edit does not touch that place, the line stays.
    let with = search.replace("area", "surface");
    let applied = apply_with_notes(&[replace("a", search, &with)], &[file("a", text)]).unwrap();
    assert_eq!(applied.changes.files[0].after.as_deref(), Some(text.replace("area", "surface").as_str()));
}

#[test]
fn similar_lines_are_not_written_over_where_they_are_what_the_edit_changes() {
    let text = "[versions]\nalpha = 1.2.3\nbeta = 4.5.6\ngamma = 7.8.9\n[end]\n";
    // The file has been brought further since: its beta is not the one that the edit means.
    let search = text.replace("4.5.6", "4.4.6");
    let with = search.replace("4.4.6", "5.0.0");
    let refused = problem(replace("a", &search, &with), file("a", text));
    assert_eq!((refused.kind, refused.candidates), (ProblemKind::NotFound, vec![(1, 5)]));
    // Where the edit changes another line, that one stays.
    let with = search.replace("7.8.9", "8.0.0");
    assert_eq!(replaced(text, &search, &with), text.replace("7.8.9", "8.0.0"));
    // Nor are lines added that are there already, in a place that is similar for having them.
    let search = text.replace("beta = 4.5.6\n", "");
    assert_eq!(problem(replace("a", &search, text), file("a", text)).kind, ProblemKind::AlreadyApplied);
}

#[test]
fn lines_less_alike_than_nine_tenths_are_not_taken() {
    let text = "def area(w, h):\n    size = w * h\n    return size\n";
    let search = "def area(w, h):\n    total = width * height\n    return size\n";
    assert_eq!(problem(replace("a", search, "x\n"), file("a", text)).kind, ProblemKind::NotFound);
}

#[test]
fn two_similar_places_are_ambiguous() {
    let block = |n: u32| format!("def area(w, h):\n    # width times height, number {n}\n    return w * h\n");
    let text = block(1) + "\n" + &block(2);
    let problem = problem(replace("a", &block(3), "x\n"), file("a", &text));
    assert_eq!((problem.kind, problem.candidates), (ProblemKind::Ambiguous, vec![(1, 3), (5, 7)]));
}

#[test]
fn a_near_place_is_named_when_lines_are_not_found() {
    let text = "import os\n\ndef greet(name):\n    return f'hello {name}'\n\ndef leave():\n    pass\n";
    let problem = problem(replace("a", "def greet(nme):\n    return f'hello {nme}'\n", "x\n"), file("a", text));
    assert_eq!((problem.kind, problem.candidates), (ProblemKind::NotFound, vec![(3, 4)]));
    assert!(problem.message.contains("did you mean lines 3-4?"), "{}", problem.message);
}

#[test]
fn an_edit_of_lines_that_an_earlier_one_of_the_answer_changed_says_which_it_was() {
    let text = "one\ntwo\nthree\nfour\nfive\n";
    let top = replace("a", "one\n", "zero\none\n");
    let by = |changer: Edit, search: &str| {
        let edits = [top.clone(), changer, replace("a", search, "last\n")];
        let problems = apply(&edits, &[file("a", text)]).unwrap_err();
        let [problem] = problems.as_slice() else { panic!("{problems:?}") };
        (problem.block, problem.candidates.clone(), problem.message.clone())
    };
    // It takes some of them away, puts something between them, or is another text.
    let changers =
        [replace("a", "four\n", "4\n"), replace("a", "three\n", "three\nand a half\n"), whole("a", "all\nnew\n")];
    for changer in changers {
        let (block, candidates, message) = by(changer, "three\nfour\n");
        assert_eq!((block, candidates), (3, vec![(3, 4)]), "{message}");
        assert!(message.contains("lines 3-4 of the file as it was read, but edit 2 changes them"), "{message}");
        assert!(message.contains("SEARCH the lines as edit 2 leaves them"), "{message}");
    }
    // What never stood there is no overlap.
    let (_, _, message) = by(replace("a", "four\n", "4\n"), "three\nfourteen\n");
    assert!(!message.contains("edit 2"), "{message}");
}

#[test]
fn each_way_not_to_fit_is_told_apart() {
    let opaque = FileSnapshot { path: "a".into(), content: FileContent::Opaque { reason: "binary".into() } };
    let table = [
        (replace("a", "zzz\n", "y\n"), file("a", "x\n"), ProblemKind::NotFound),
        (replace("a", "x\n", "y\n"), file("a", "x\nb\nx\n"), ProblemKind::Ambiguous),
        (replace("a", "  x\n", "  y\n"), file("a", " x\nb\n x\n"), ProblemKind::Ambiguous),
        (replace("a", "old()\n", "new(1)\n"), file("a", "a\nnew(1)\n"), ProblemKind::AlreadyApplied),
        (replace("a", "x\n", "y\n"), opaque.clone(), ProblemKind::Opaque),
        (whole("a", "y\n"), opaque, ProblemKind::Opaque),
        (replace("a", "x\n", "y\n"), absent("a"), ProblemKind::Absent),
        (Edit { path: "a".into(), action: Action::Delete }, absent("a"), ProblemKind::Absent),
        (replace("a", "", "y\n"), file("a", "x\n"), ProblemKind::NotFound),
        (whole("a", "z\n# ... rest of the code unchanged ...\n"), file("a", "x\ny\n"), ProblemKind::Elided),
        (whole("a", "x\n"), file("b", "x\n"), ProblemKind::Unread),
    ];
    for (edit, base, expected) in table {
        let said = format!("{edit:?}");
        let problem = problem(edit, base);
        assert_eq!(problem.kind, expected, "{said}");
        assert!(problem.path == "a" && problem.block == 1 && problem.message.starts_with("a, edit 1: "));
    }
    let twice = problem(replace("a", "x\n", "y\n"), file("a", "x\nb\nx\n"));
    assert_eq!(twice.candidates, [(1, 1), (3, 3)]);
}

#[test]
fn all_problems_are_reported_and_nothing_is_proposed() {
    let edits = [replace("a", "x\n", "y\n"), replace("a", "no\n", "y\n"), replace("b", "no\n", "y\n")];
    let problems = apply(&edits, &[file("a", "x\n"), file("b", "x\n")]).expect_err("two do not fit");
    let named: Vec<_> = problems.iter().map(|p| (p.path.as_str(), p.block)).collect();
    assert_eq!(named, [("a", 2), ("b", 1)]);
}

#[test]
fn blocks_of_one_file_apply_in_order_on_the_evolving_text() {
    let edits = [replace("a", "one\n", "two\n"), replace("a", "two\n", "three\n")];
    let changes = apply(&edits, &[file("a", "one\n")]).unwrap();
    assert_eq!(changes.files[0].after.as_deref(), Some("three\n"));
    let new = [replace("n", "", "x = 1\n"), replace("n", "x = 1\n", "x = 2\n")];
    let changes = apply(&new, &[absent("n")]).unwrap();
    assert_eq!(changes.files, [FileChange { path: "n".into(), before: None, after: Some("x = 2\n".into()) }]);
}

#[test]
fn line_ends_marks_tabs_and_missing_newlines_survive_replacement() {
    assert_eq!(replaced("a\r\nb\r\nc\r\n", "b\n", "B\nB2\n"), "a\r\nB\r\nB2\r\nc\r\n");
    assert_eq!(replaced("\u{feff}a\nb\n", "a\n", "A\n"), "\u{feff}A\nb\n");
    assert_eq!(replaced("a\nb", "b\n", "B\nC\n"), "a\nB\nC");
    assert_eq!(replaced("a\nb", "b\n", "b\nC\n"), "a\nb\nC");
    assert_eq!(replaced("a\n\tb\n", "\tb\n", "\tB\n"), "a\n\tB\n");
    assert_eq!(replaced("a\r\nb\nc\r\nd\n", "b\nc\n", "b\nx\nc\n"), "a\r\nb\nx\nc\r\nd\n");
    assert_eq!(replaced("a\nb\n", "b\n", ""), "a\n");
}

#[test]
fn line_ends_marks_and_missing_newlines_survive_whole_files() {
    let of = |old: &str, new: &str| apply(&[whole("a", new)], &[file("a", old)]).unwrap();
    assert_eq!(of("\u{feff}a\r\nb", "a\nB\n").files[0].after.as_deref(), Some("\u{feff}a\r\nB"));
    assert_eq!(of("a\r\nb\nc\r\n", "a\nb\nx\nc\n").files[0].after.as_deref(), Some("a\r\nb\nx\r\nc\r\n"));
    for same in ["a\nb\n", "a\r\nb\r\n", "\u{feff}a\nb", "a\r\nb\n"] {
        let text = same.replace("\r\n", "\n").replace('\u{feff}', "");
        let text = if text.ends_with('\n') { text } else { text + "\n" };
        assert_eq!(of(same, &text), ChangeSet::default(), "{same:?}");
    }
}

fn change(before: Option<&str>, after: Option<&str>) -> FileChange {
    FileChange { path: "a.py".into(), before: before.map(Into::into), after: after.map(Into::into) }
}

fn diff_one(change: &FileChange) -> vibe_tui::domain::hunk::FileDiff {
    diff(&ChangeSet { files: vec![change.clone()] }).remove(0)
}

#[test]
fn hunks_have_three_lines_of_context_and_near_ones_are_one() {
    let before: String = (1..=30).map(|i| format!("{i}\n")).collect();
    let far = change(Some(&before), Some(&before.replace("\n10\n", "\nten\n").replace("\n18\n", "\neighteen\n")));
    let hunks = diff_one(&far).hunks;
    assert_eq!(hunks.len(), 2);
    assert_eq!((hunks[0].old_start, hunks[0].old_len, hunks[0].new_len), (9, 1, 1));
    let kinds: Vec<_> = hunks[0].lines.iter().map(|l| (l.kind, l.text.as_str())).collect();
    assert_eq!(kinds[2..5], [(LineKind::Context, "9"), (LineKind::Removed, "10"), (LineKind::Added, "ten")]);
    assert_eq!(kinds.len(), 8);
    let near = change(Some(&before), Some(&before.replace("\n10\n", "\nten\n").replace("\n17\n", "\nseventeen\n")));
    assert_eq!(diff_one(&near).hunks.len(), 1);
}

#[test]
fn a_created_file_is_cut_at_its_top_level_blocks() {
    let text =
        "import os\n\n\ndef f():\n    x = 1\n\n    return x\n\n\n@cached\ndef g():\n    \"\"\"One.\n\nTwo.\n\"\"\"\n";
    let created = change(None, Some(text));
    let diff = diff_one(&created);
    assert!(diff.created);
    let firsts: Vec<_> =
        diff.hunks.iter().map(|h| h.lines.iter().find(|l| !l.text.is_empty()).unwrap().text.as_str()).collect();
    assert_eq!(firsts, ["import os", "@cached"], "one line alone stays with what follows");
    let (first, second) = text.split_at(text.find("\n\n@cached").unwrap());
    assert_eq!(select(&created, &diff, |h| h == 0).unwrap().unwrap(), first);
    assert_eq!(select(&created, &diff, |h| h == 1).unwrap().unwrap(), second);
    assert_eq!(select(&created, &diff, |_| false), None);
    let empty = change(None, Some(""));
    assert_eq!(select(&empty, &diff_one(&empty), |_| true), Some(Some(String::new())));
}

#[test]
fn a_deleted_file_is_one_hunk() {
    for text in ["a\n\nb\n", ""] {
        let deleted = change(Some(text), None);
        let diff = diff_one(&deleted);
        assert_eq!((diff.hunks.len(), diff.deleted), (1, true));
        assert_eq!(select(&deleted, &diff, |_| true), Some(None));
        assert_eq!(select(&deleted, &diff, |_| false), None);
    }
}

/// A text of few different lines, so that hunks move, repeat and touch.
fn text() -> impl Strategy<Value = String> {
    let line = prop::sample::select(vec!["a\n", "b\n", "c\r\n", "\n", "  d\n", "e\n", "\u{feff}f\n", "g"]);
    prop::collection::vec(line, 0..40).prop_map(|lines| {
        let mut text = lines.concat();
        if text.len() % 3 == 0 && text.ends_with('\n') {
            text.pop();
        }
        text
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn neither_edits_nor_preview_depend_on_how_the_text_is_cut(cuts in prop::collection::vec(1usize..9, 1..200), which in 0usize..STREAMS.len()) {
        let text = STREAMS[which];
        let (mut whole, mut at_once) = (Parser::new(), Preview::default());
        whole.push(text);
        at_once.push(text);
        let (mut parser, mut preview) = (Parser::new(), Preview::default());
        let mut rest = text;
        for cut in cuts.iter().cycle() {
            if rest.is_empty() { break; }
            let at = (*cut..=rest.len()).find(|i| rest.is_char_boundary(*i)).unwrap_or(rest.len());
            parser.push(&rest[..at]);
            preview.push(&rest[..at]);
            rest = &rest[at..];
        }
        prop_assert_eq!(preview, at_once);
        prop_assert_eq!(parser.finish(), whole.finish());
    }

    #[test]
    fn any_text_is_read_without_panic_and_what_it_changes_is_a_patch_that_changes_the_same(lines in prop::collection::vec(prop::sample::select(PIECES.to_vec()), 0..40)) {
        let edits = parse(&lines.concat());
        let base: Vec<_> = paths(&edits).unwrap_or_default().iter().map(|p| file(p, "x\ny\n\nz\n")).collect();
        let Ok(changes) = apply(&edits, &base) else { return Ok(()) };
        // A patch says nothing of an empty file, and line ends are a file's own.
        let plain = |text: &Option<String>| text.as_ref().is_none_or(|t| t.ends_with('\n') && !t.contains('\r'));
        if changes.files.iter().all(|f| plain(&f.after)) {
            let again = read(&unified(&changes));
            let unread = again.iter().filter(|e| matches!(e.action, Action::Malformed { .. })).count();
            prop_assert_eq!(unread, 0);
            if let Ok(twice) = apply(&again, &base) {
                prop_assert_eq!(twice, changes);
            }
        }
    }

    #[test]
    fn all_hunks_give_after_none_gives_nothing(before in prop::option::of(text()), after in prop::option::of(text())) {
        let change = FileChange { path: "a.py".into(), before, after };
        let diff = diff_one(&change);
        prop_assert_eq!(select(&change, &diff, |_| false), None);
        let all = select(&change, &diff, |_| true);
        if change.is_noop() {
            prop_assert_eq!(all, None);
        } else {
            prop_assert_eq!(all, Some(change.after.clone()));
        }
        if !(change.before.is_none() && change.after.is_some()) {
            return Ok(());
        }
        let lines: usize = diff.hunks.iter().map(|h| h.new_len).sum();
        prop_assert_eq!(lines, change.after.unwrap().split_inclusive('\n').count());
    }

    #[test]
    fn some_hunks_and_then_the_rest_give_after(before in text(), after in text(), mask in any::<u64>()) {
        let change = change(Some(&before), Some(&after));
        let diff = diff_one(&change);
        let chosen = |h: usize| mask >> (h % 64) & 1 == 1;
        let some = select(&change, &diff, chosen).map_or(before.clone(), |t| t.unwrap());
        // The rest, decided on the same hunks moved to where they are now.
        let mut rest = diff.clone();
        let mut moved = 0isize;
        let mut kept = Vec::new();
        for (i, mut hunk) in rest.hunks.drain(..).enumerate() {
            if chosen(i) {
                moved += hunk.new_len as isize - hunk.old_len as isize;
            } else {
                hunk.old_start = (hunk.old_start as isize + moved) as usize;
                kept.push(hunk);
            }
        }
        rest.hunks = kept;
        let second = FileChange { path: "a.py".into(), before: Some(some.clone()), after: Some(after.clone()) };
        prop_assert_eq!(select(&second, &rest, |_| true).map_or(some, |t| t.unwrap()), after);
    }

    #[test]
    fn a_replacement_that_is_found_exactly_is_a_replacement_of_text(
        head in prop::collection::vec("[a-c]{1,3}", 0..6), middle in prop::collection::vec("[x-z]{4,6}", 1..5),
        tail in prop::collection::vec("[a-c]{1,3}", 0..6), new in prop::collection::vec("[a-z ]{0,5}", 0..5),
    ) {
        let join = |l: &[String]| l.iter().map(|l| format!("{l}\n")).collect::<String>();
        let text = join(&head) + &join(&middle) + &join(&tail);
        let result = apply(&[replace("a", &join(&middle), &join(&new))], &[file("a", &text)]).unwrap();
        let expected = join(&head) + &join(&new) + &join(&tail);
        prop_assert_eq!(result.file("a").map_or(text, |f| f.after.clone().unwrap()), expected);
    }
}

const STREAMS: &[&str] = &[
    "Sure.\n### FILE: a.py\n```python\nx = 'ü€'\n```\n### FILE: README.md\n```markdown\n# T\n```\ncode\n```\nend\n```\n### DELETE: b\n",
    "a.py\n```python\n<<<<<<< SEARCH\nx\n=======\ny\n>>>>>>> REPLACE\n```\n<<<<<<< SEARCH\r\nx\r\n=======\r\ny\r\n>>>>>>> REPLACE",
    "```\n*** Begin Patch\n*** Update File: a.py\n@@ def f():\n-x\n+ü\n*** Add File: b\n+one\n*** End Patch\n```\nDone.\n",
    "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-- a\n+b\n--- c\n+++ d\n@@ x\n+e\n\ntext\n",
];

const PIECES: &[&str] = &[
    "*** Begin Patch\n",
    "*** Update File: a\n",
    "*** Add File: b\n",
    "*** Delete File: a\n",
    "*** Move to: c\n",
    "*** End of File\n",
    "*** End Patch\n",
    "@@ y\n",
    "<<<<<<< HEAD\n",
    ">>>>>>> main\n",
    "# ... existing code ...\n",
    "### FILE: a\n",
    "### DELETE: a\n",
    "```\n",
    "```python\n",
    "````\n",
    "```diff\n",
    "<<<<<<< SEARCH\n",
    "=======\n",
    ">>>>>>> REPLACE\n",
    "--- a/a\n",
    "+++ b/a\n",
    "@@ -1,2 +3 @@\n",
    "-x\n",
    "+y\n",
    " x\n",
    "x\n",
    "\n",
    "a.py\n",
    "\\ No newline\n",
    "# a.py\n",
    "   ```\n",
    "x\r\n",
    "### FILE: ../b",
    "```a.md\n",
    "ü",
    "@@",
    "+",
    "**a.md**\n",
    "<think>\n",
    "</think>\n",
];

#[test]
fn a_patch_numbers_an_empty_side_by_the_line_before_it() {
    let created = ChangeSet { files: vec![change(None, Some("x\ny\n"))] };
    let expected =
        "diff --git a/a.py b/a.py\nnew file mode 100644\n--- /dev/null\n+++ b/a.py\n@@ -0,0 +1,2 @@\n+x\n+y\n";
    assert_eq!(unified(&created), expected);
}

#[test]
fn git_takes_the_printed_patch() {
    let git = |dir: &std::path::Path, args: &[&str]| {
        let run = std::process::Command::new("git").args(args).current_dir(dir).output();
        run.ok().map(|o| (o.status.success(), String::from_utf8_lossy(&o.stderr).into_owned()))
    };
    let files = [
        ("plain.txt", Some("a\nb\nc\n"), Some("a\nB\nc\n")),
        ("crlf.txt", Some("a\r\nb\r\n"), Some("a\r\nc\r\nd\r\n")),
        ("no newline.txt", Some("a\nb"), Some("a\nb\nc")),
        ("gains.txt", Some("a"), Some("a\n")),
        ("dir/new ü \"q\".txt", None, Some("x\n\ny\n")),
        ("empty-new.txt", None, Some("")),
        ("gone.txt", Some("x\ny\n"), None),
        ("emptied.txt", Some("x\n"), Some("")),
        ("filled.txt", Some(""), Some("x")),
    ];
    let dir = tempfile::tempdir().unwrap();
    let Some((true, _)) = git(dir.path(), &["init", "-q"]) else {
        eprintln!("skipped: git is not there");
        return;
    };
    let mut changes = ChangeSet::default();
    for (path, before, after) in files {
        if let Some(text) = before {
            std::fs::write(dir.path().join(path), text).unwrap();
        }
        changes.files.push(FileChange {
            path: path.into(),
            before: before.map(Into::into),
            after: after.map(Into::into),
        });
    }
    std::fs::write(dir.path().join("p.patch"), unified(&changes)).unwrap();
    let (ok, said) = git(dir.path(), &["apply", "--whitespace=nowarn", "p.patch"]).unwrap();
    assert!(ok, "{said}\n{}", unified(&changes));
    for (path, _, after) in files {
        let now = std::fs::read_to_string(dir.path().join(path)).ok();
        assert_eq!(now.as_deref(), after, "{path}");
    }
}

#[test]
fn hard_inputs_end_soon() {
    // A development build is several times slower than what users run; the limit allows for that.
    let limit = Duration::from_secs(if cfg!(debug_assertions) { 10 } else { 1 });
    let lines = 50_000u64;
    let mixed = |i: u64| i.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 20;
    let plain: String = (0..lines).map(|i| format!("line {i}\n")).collect();
    let shuffled: String = {
        let mut order: Vec<u64> = (0..lines).collect();
        order.sort_by_key(|i| mixed(*i));
        order.iter().map(|i| format!("line {i}\n")).collect()
    };
    let repetitive = |salt: u64| (0..lines).map(|i| format!("{}\n", mixed(i + salt) % 7)).collect::<String>();
    let table = [
        ("shuffled", plain.clone(), shuffled),
        ("2 % changed", plain.clone(), plain.replace("7\n", "7 x\n")),
        ("repetitive", repetitive(0), repetitive(1 << 30)),
        ("same line", "x\n".repeat(50_000), "x\n".repeat(25_000) + "y\n" + &"x\n".repeat(25_000)),
        ("unrelated", plain.clone(), plain.replace("line", "LINE")),
    ];
    for (name, before, after) in table {
        let change = change(Some(&before), Some(&after));
        let start = Instant::now();
        let diff = diff_one(&change);
        let took = start.elapsed();
        println!("{name}: {took:?}");
        assert!(took < limit, "{name} took {took:?}");
        assert_eq!(select(&change, &diff, |_| true), Some(Some(after)));
    }
    let start = Instant::now();
    let search = "x\n".repeat(399) + "y\n";
    let _ = apply(&[replace("a", &search, "z\n")], &[file("a", &"x\n".repeat(50_000))]);
    let similar = (0..60).map(|i| format!("start\n{}\nend\n", format!("{i} word\n").repeat(20))).collect::<String>();
    let search = format!("start\n{}end\n", "other word\n".repeat(20));
    let _ = apply(&[replace("a", &search, "z\n")], &[file("a", &similar)]);
    parse(&"### FILE: a.md\n```markdown\n".repeat(20_000));
    parse(&"a.md\n```\nx\n```\n".repeat(20_000));
    println!("the rest: {:?}", start.elapsed());
    assert!(start.elapsed() < limit, "{:?}", start.elapsed());
    // Somebody shuffled the lines since a run wrote them, and the run is to be taken back.
    let wrote: String = (0..lines).map(|i| format!("line {i}\n")).collect();
    let mut order: Vec<u64> = (0..lines).collect();
    order.sort_by_key(|i| mixed(*i));
    let now: String = order.iter().map(|i| format!("line {i}\n")).collect();
    let start = Instant::now();
    let _ = vibe_tui::edit::merge3(&wrote, &now, &wrote.replace("line 7\n", "line seven\n"));
    println!("merge: {:?}", start.elapsed());
    assert!(start.elapsed() < limit, "{:?}", start.elapsed());
}

/// What each side made of `base`, put together; conflicts as lines of ours and theirs.
fn merged(base: &str, ours: &str, theirs: &str) -> Result<String, Vec<(String, String)>> {
    let lines = |text: &str, range: &std::ops::Range<usize>| {
        text.split_inclusive('\n').collect::<Vec<_>>()[range.clone()].concat()
    };
    vibe_tui::edit::merge3(base, ours, theirs)
        .map_err(|clashes| clashes.iter().map(|c| (lines(ours, &c.ours), lines(theirs, &c.theirs))).collect())
}

#[test]
fn changes_in_different_places_are_put_together_byte_for_byte() {
    let base = "a\nb\nc\nd\ne\nf\n";
    for (ours, theirs, both) in [
        ("A\nb\nc\nd\ne\nf\n", "a\nb\nc\nd\ne\nF\n", "A\nb\nc\nd\ne\nF\n"),
        ("a\nc\nd\ne\nf\n", "a\nb\nc\nd\ne\nf\ng", "a\nc\nd\ne\nf\ng"),
        ("a\nb\nx\ny\nc\nd\ne\nf\n", "a\nb\nc\nd\ne\r\nf\n", "a\nb\nx\ny\nc\nd\ne\r\nf\n"),
        (base, "", ""),
        ("A\nb\nc\nd\ne\nf\n", "A\nb\nc\nd\ne\nF\n", "A\nb\nc\nd\ne\nF\n"),
        ("a\nb\nc\nd\nf\n", "a\nb\nc\nd\nf\n", "a\nb\nc\nd\nf\n"),
    ] {
        assert_eq!(merged(base, ours, theirs).as_deref(), Ok(both), "{ours:?} and {theirs:?}");
        assert_eq!(merged(base, theirs, ours).as_deref(), Ok(both), "{theirs:?} and {ours:?}");
    }
}

#[test]
fn the_same_or_touching_lines_changed_differently_are_conflicts_with_their_lines() {
    let base = "a\nb\nc\nd\n";
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    for (ours, theirs, conflict) in [
        ("a\nB\nc\nd\n", "a\nbb\nc\nd\n", vec![pair("B\n", "bb\n")]),
        ("a\nB\nc\nd\n", "a\nb\nC\nd\n", vec![pair("B\nc\n", "b\nC\n")]),
        ("a\nx\nb\nc\nd\n", "a\ny\nb\nc\nd\n", vec![pair("x\n", "y\n")]),
        ("a\nc\nd\n", "a\nbb\nc\nd\n", vec![pair("", "bb\n")]),
        ("A\nb\nc\nD\n", "1\nb\nc\n4\n", vec![pair("A\n", "1\n"), pair("D\n", "4\n")]),
    ] {
        assert_eq!(merged(base, ours, theirs), Err(conflict), "{ours:?} and {theirs:?}");
    }
}

proptest! {
    #[test]
    fn a_merge_keeps_what_only_one_side_changed_and_is_the_same_from_both_sides(
        base in prop::collection::vec("[a-d]", 0..12),
        ours in prop::collection::vec("[a-f]", 0..12),
        theirs in prop::collection::vec("[a-f]", 0..12),
    ) {
        let text = |lines: &[String]| lines.iter().map(|l| format!("{l}\n")).collect::<String>();
        let (base, ours, theirs) = (text(&base), text(&ours), text(&theirs));
        prop_assert_eq!(merged(&base, &ours, &base), Ok(ours.clone()));
        prop_assert_eq!(merged(&base, &base, &theirs), Ok(theirs.clone()));
        let (one, other) = (merged(&base, &ours, &theirs), merged(&base, &theirs, &ours));
        prop_assert_eq!(one.is_ok(), other.is_ok());
        if let (Ok(one), Ok(other)) = (one, other) {
            prop_assert_eq!(one, other);
        }
    }
}
