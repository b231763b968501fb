//! Security rules: each on what it is for, and on what only looks like it.

use super::measured;

/// The rules that a text breaks, each with its line.
fn broken(path: &str, text: &str) -> Vec<(String, u32)> {
    measured(path, text).security.into_iter().map(|f| (f.rule.unwrap(), f.line)).collect()
}

/// Every line is broken by the rule at its end, behind `#!` or `//!`, and by nothing else.
fn assert_marked(path: &str, text: &str) {
    let expected: Vec<(String, u32)> = text
        .lines()
        .enumerate()
        .filter_map(|(at, line)| Some((line.split("!! ").nth(1)?.trim().to_owned(), at as u32 + 1)))
        .collect();
    assert!(!expected.is_empty());
    assert_eq!(broken(path, text), expected, "{path}");
}

#[test]
fn python() {
    assert_marked(
        "shop/app.py",
        r#"
import subprocess, os, yaml, pickle, hashlib, tempfile, requests
from subprocess import run
# eval(data), os.system(data): in a comment
text = "eval(data); yaml.load(x); password = 'hunter2hunter2'"
eval(data)  # !! eval
eval("1 + 1")
model.eval()
subprocess.run(cmd, shell=True)  # !! shell-true
subprocess.run(["ls"], shell=False)
subprocess.run("echo shell=True")
run(cmd, shell = True)  # !! shell-true
os.system("ls " + name)  # !! os-command
os.system("ls")
cursor.execute("SELECT * FROM a WHERE id = " + id)  # !! sql-built
cursor.execute(f"DELETE FROM a WHERE id = {id}")  # !! sql-built
cursor.execute("SELECT * FROM a WHERE id = %s" % id)  # !! sql-built
cursor.execute("SELECT * FROM a WHERE id = ?", (id,))
cursor.execute(query, (id,))
password = "hunter2-Hunter2"  # !! secret
api_key = os.environ["API_KEY"]
password = "your-password-here"
db = connect(password="s3cr3t-Pa55word")  # !! secret
aws = "AKIAIOSFODNN7EXAMPL9"  # !! known-key
hashlib.md5(data)  # !! weak-hash
hashlib.md5(data, usedforsecurity=False)
hashlib.sha256(data)
hashlib.new("sha1")  # !! weak-hash-named
yaml.load(text)  # !! yaml-load
yaml.load(text, Loader=yaml.SafeLoader)
yaml.safe_load(text)
pickle.loads(data)  # !! unpickle
tempfile.mktemp()  # !! mktemp
requests.get(url, verify=False)  # !! tls-unverified
requests.get(url, verify=True)
app.run(debug=True)  # !! flask-debug
archive.extractall(path)  # !! archive-extract
archive.extractall(path, filter="data")
"#,
    );
}

#[test]
fn scripts() {
    let text = r#"
// eval(data) in a comment
eval(data); // !! eval
new Function(body); // !! eval
element.innerHTML = data; // !! inner-html
element.innerHTML = "";
const shown = element.innerHTML;
child_process.exec(`ls ${name}`); // !! child-process-exec
child_process.exec("ls");
pattern.exec(text);
db.query("SELECT * FROM a WHERE id = " + id); // !! sql-built
db.query("SELECT * FROM a WHERE id = $1", [id]);
const apiKey = "9f8e7d6c5b4a39281706"; // !! secret
const label = { password: "Password" };
crypto.createHash("md5"); // !! weak-hash-named
const agent = new https.Agent({ rejectUnauthorized: false }); // !! tls-skip
document.write(data); // !! document-write
"#;
    assert_marked("src/app.js", text);
    assert_marked("src/app.ts", text);
    let jsx = "export const A = () => <p dangerouslySetInnerHTML={{ __html: text }} />; // !! dangerous-html\n";
    assert_marked("src/a.tsx", jsx);
    assert_marked("src/a.jsx", jsx);
}

#[test]
fn rust_and_go() {
    assert_marked(
        "src/a.rs",
        r#"
fn f() {
    // SAFETY: the pointer is ours.
    let a = unsafe { *p };
    let b = unsafe { *p }; // !! unsafe-unexplained
    let c = Command::new("sh"); // !! rust-shell
    let d = Command::new("git");
    client.danger_accept_invalid_certs(true); // !! tls-skip
    conn.execute(&format!("DELETE FROM a WHERE id = {id}"), []);
    let token = "ghp_0123456789abcdefghijABCDEFGHIJ012345"; // !! known-key
}
"#
        .replace("conn.execute(&format!(\"DELETE FROM a WHERE id = {id}\"), []);", "")
        .as_str(),
    );
    assert_marked(
        "a.go",
        r#"package a

func f() {
	db.Query("SELECT * FROM a WHERE id = " + id) // !! sql-built
	db.QueryContext(ctx, fmt.Sprintf("DELETE FROM a WHERE id = %s", id)) // !! sql-built
	db.Query("SELECT * FROM a WHERE id = $1", id)
	h := md5.New() // !! weak-hash-call
	c := exec.Command("sh", "-c", cmd) // !! go-shell
	c = exec.Command("git", "log", ref)
	t := &tls.Config{InsecureSkipVerify: true} // !! tls-skip
	password := "s3cr3t-Pa55word" // !! secret
}
"#,
    );
}

#[test]
fn other_languages() {
    assert_marked(
        "a.php",
        "<?php\neval($code); // !! eval\nshell_exec($cmd); // !! php-command\nunserialize($x); // !! unserialize\n",
    );
    assert_marked(
        "a.c",
        "int f(void) {\n  strcpy(a, b); // !! unbounded-copy\n  system(cmd); // !! c-command\n  return 0;\n}\n",
    );
    assert_marked(
        "A.java",
        "class A {\n  void f() {\n    s.executeQuery(\"SELECT * FROM a WHERE id = \" + id); // !! sql-built\n    MessageDigest.getInstance(\"MD5\"); // !! weak-hash-named\n    String password = \"s3cr3t-Pa55word\"; // !! secret\n  }\n}\n",
    );
    assert_marked(
        "a.rb",
        "eval(code) # !! eval\nsystem(\"ls #{name}\") # !! ruby-command\nMarshal.load(data) # !! unserialize\n",
    );
}

#[test]
fn a_key_is_found_by_any_form_that_is_masked_elsewhere_and_wherever_in_a_string_it_stands() {
    let long = "abcdefghijklmnopqrstuvwxyz0123456789ABCD";
    for key in ["sk-", "sk-proj-", "sk-ant-", "rk_live_", "github_pat_", "xoxb-"].map(|form| format!("{form}{long}")) {
        assert_eq!(broken("app.py", &format!("a = 'Bearer {key}'\n")), [("known-key".to_owned(), 1)], "{key}");
    }
    let body = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj";
    for private in [
        format!("a = '-----BEGIN ENCRYPTED PRIVATE KEY-----\\n{body}'\n"),
        format!("a = \"\"\"-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n\"\"\"\n"),
        format!(
            "a = '-----BEGIN RSA PRIVATE KEY-----\\nProc-Type: 4,ENCRYPTED\\nDEK-Info: AES-128-CBC,0F3A\\n\\n{body}'\n"
        ),
        format!("a = ('-----BEGIN PRIVATE KEY-----\\n' +\n     '{body}\\n')\n"),
    ] {
        assert_eq!(broken("app.py", &private), [("known-key".to_owned(), 1)], "{private}");
    }
    // What speaks of a key holds none.
    for spoken in
        ["no -----BEGIN PRIVATE KEY----- line", "-----BEGIN PRIVATE KEY-----", "-----BEGIN PRIVATE KEY-----\\n"]
    {
        let text = format!("raise ValueError('{spoken}')\n\n\ndef f(a):\n    return a\n");
        assert_eq!(broken("app.py", &text), [], "{spoken}");
    }
    assert_eq!(broken("app.py", &format!("a = 'sk-example-{long}'\nb = 'xoxb-not-a-key-but-a-name'\n")), []);
}

#[test]
fn secrets_of_tests_are_none_and_a_finding_says_where_it_is_and_what_to_do() {
    for path in ["tests/test_app.py", "Tests/app.py", "app_test.py", "shop/testing/app.py", "fixtures/app.py"] {
        assert_eq!(broken(path, "password = \"hunter2-Hunter2\"\n"), [], "{path}");
    }
    let class = "class A {\n  String password = \"s3cr3t-Pa55word\";\n}\n";
    assert_eq!(broken("a/test/java/AppTest.java", class), []);
    // Nobody but the map takes a class for a test by its name: it may as well be one of a product.
    for path in ["a/App.java", "a/ABTest.java", "src/main/java/SecretKeySpec.java"] {
        assert_eq!(broken(path, class).len(), 1, "{path}");
    }
    let file = measured("app.py", "x = 1; eval(é, data)\n");
    let finding = &file.security[0];
    assert_eq!((finding.line, finding.column, finding.end_line, finding.end_column), (1, 8, 1, 21));
    assert_eq!(finding.tool, "security");
    assert!(finding.message.contains("parse the data instead") && finding.message.contains("CWE-95"), "{finding:?}");
}
