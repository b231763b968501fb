//! Configuration: five layers, complaints with file, line and fix, a project's file that can only suggest, and schemas and
//! documentation in step with the types. `UPDATE=1 cargo test --test config` writes the schemas anew.

use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use vibe_tui::config::{
    Approvals, Config, Environment, Layer, Limit, Loaded, ModelChoice, Overrides, PROJECT_FILE, Paths, ProjectConfig,
    Sources, VARIABLES, load, shape,
};
use vibe_tui::domain::money::Money;

/// A home and a repository of their own.
struct House {
    dir: TempDir,
    environment: Environment,
    overrides: Overrides,
}

impl House {
    fn new() -> House {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("repo")).unwrap();
        House { dir, environment: Environment::new(), overrides: Overrides::default() }
    }

    fn with_user(text: &str) -> House {
        let house = House::new();
        fs::create_dir(house.dir.path().join("config")).unwrap();
        fs::write(house.dir.path().join("config/config.toml"), text).unwrap();
        house
    }

    fn with_project(text: &str) -> House {
        let house = House::new();
        house.project(text);
        house
    }

    fn project(&self, text: &str) {
        fs::write(self.root().join(PROJECT_FILE), text).unwrap();
    }

    fn root(&self) -> PathBuf {
        self.dir.path().join("repo")
    }

    fn paths(&self) -> Paths {
        Paths::under(self.dir.path(), Some(self.dir.path().to_owned()))
    }

    fn load(&self) -> Loaded {
        let paths = self.paths();
        let (approvals, failure) = Approvals::load(&paths.data);
        assert_eq!(failure, None);
        load(&Sources {
            paths: &paths,
            root: &self.root(),
            environment: &self.environment,
            overrides: &self.overrides,
            approvals: &approvals,
        })
    }
}

fn messages(loaded: &Loaded) -> Vec<&str> {
    loaded.failures.iter().map(|f| f.message.as_str()).collect()
}

fn usd(amount: f64) -> Limit {
    Limit(Some(Money::from_usd(amount).unwrap()))
}

#[test]
fn the_defaults_are_the_promised_ones_and_load_without_a_complaint() {
    let house = House::new();
    let loaded = house.load();
    assert_eq!(messages(&loaded), [""; 0]);
    let config = &loaded.config;
    assert_eq!((config.theme.as_str(), config.keymap.as_str(), config.mode.as_str()), ("auto", "default", "coder"));
    assert_eq!(config.model, ModelChoice::Auto);
    assert_eq!((config.limits.run, config.limits.session, config.limits.day), (usd(0.5), usd(2.0), usd(10.0)));
    assert_eq!((config.limits.week, config.limits.month), (Limit(None), Limit(None)));
    assert_eq!((config.run.quality_threshold, config.run.max_iterations, config.run.heal_attempts), (0.6, 3, 3));
    assert_eq!((config.screen.mouse, config.screen.max_fps, config.offline), (true, 60, false));
    assert!(loaded.explain().iter().all(|s| s.layer == Layer::Default));
    assert_eq!(fs::read_dir(house.dir.path()).unwrap().count(), 1, "loading creates nothing");
}

#[test]
fn every_commented_example_of_the_defaults_is_valid() {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/config.toml")).unwrap();
    let is_code = |l: &str| l.starts_with("# [") || l.starts_with("# \"") || l.split(' ').nth(2) == Some("=");
    let uncommented: Vec<_> =
        text.lines().map(|line| if is_code(line) { line.trim_start_matches("# ") } else { line }).collect();
    let house = House::with_user(&uncommented.join("\n"));
    let loaded = house.load();
    assert_eq!(messages(&loaded), [""; 0]);
    assert_eq!(loaded.config.endpoints.len() + loaded.config.modes().len() + loaded.config.prompts.len(), 3);
    assert_eq!((loaded.keys.len(), loaded.config.check.command.is_some()), (1, true));
}

#[test]
fn each_layer_wins_over_the_one_below() {
    let mut house =
        House::with_user("theme = 'light'\nmode = 'peer'\nmodel = 'ollama/a'\noffline = true\nkeymap = 'vim'\n");
    house.project("theme = 'dark'\n");
    house.environment.insert("VIBE_TUI_MODE".into(), "sdet".into());
    house.environment.insert("VIBE_TUI_MODEL".into(), "ollama/b".into());
    house.overrides.set("--model", "model", "ollama/c/d");
    let loaded = house.load();
    assert_eq!(messages(&loaded), [""; 0]);
    let explained: Vec<_> = loaded
        .explain()
        .iter()
        .filter(|s| ["theme", "mode", "model", "offline", "screen.max_fps"].contains(&s.key.as_str()))
        .map(|s| format!("{} = {} ({}, {})", s.key, s.value, s.layer, s.place))
        .collect();
    assert_eq!(
        explained,
        [
            "mode = \"sdet\" (environment, VIBE_TUI_MODE)",
            "model = \"ollama/c/d\" (flag, --model)",
            "offline = true (user, ~/config/config.toml:4:1)",
            "screen.max_fps = 60 (default, built-in config.toml:15:1)",
            "theme = \"dark\" (project, .vibe-tui.toml:1:1)",
        ]
    );
    assert_eq!(loaded.config.mode.as_str(), "sdet");
}

#[test]
fn each_mistake_in_the_users_file_is_named_with_its_line_and_its_fix_and_costs_only_its_key() {
    for (line, complaint) in [
        ("thme = 'dark'", "~/config/config.toml:2:1: unknown key `thme`; did you mean `theme`?"),
        ("[limits]\ndya = 3", "~/config/config.toml:3:1: unknown key `dya` in `limits`; did you mean `day`?"),
        (
            "[screen]\nzzz = 1",
            "~/config/config.toml:3:1: unknown key `zzz` in `screen`; known: `mouse`, `notify`, `max_fps`",
        ),
        (
            "[screen]\nmax_fps = 0",
            "~/config/config.toml:3:1: `screen.max_fps` is 0; it has to be a whole number from 1 to 240",
        ),
        (
            "[screen]\nmax_fps = 'x'",
            "~/config/config.toml:3:1: `screen.max_fps` is a text; it has to be a whole number from 1 to 240",
        ),
        (
            "[screen]\nnotify = 'siren'",
            "~/config/config.toml:3:1: `screen.notify` is a text; it has to be one of \"none\", \"bell\", \"desktop\"",
        ),
        (
            "[screen]\ntheme = 'dark'",
            "~/config/config.toml:3:1: unknown key `theme` in `screen`; `theme` belongs to no table: put it at the top of the file, \
             above the first `[…]`",
        ),
        ("offline = 1", "~/config/config.toml:2:1: `offline` is 1; it has to be true or false"),
        ("screen = 1", "~/config/config.toml:2:1: `screen` is 1; it has to be a table"),
        ("offline.x = 1", "~/config/config.toml:2:9: `offline` takes no keys such as `x`; give it a value"),
        (
            "[limits]\nday = -1",
            "~/config/config.toml:3:1: `limits.day` is -1; it has to be a number from 0 to 9000000 or \"none\"",
        ),
        (
            "[limits]\nday = nan",
            "~/config/config.toml:3:1: `limits.day` is nan; it has to be a number from 0 to 9000000 or \"none\"",
        ),
        (
            "[run]\nquality_threshold = 1.5",
            "~/config/config.toml:3:1: `run.quality_threshold` is 1.5; it has to be a number from 0 to 1",
        ),
        (
            "model = 'gpt'",
            "~/config/config.toml:2:1: `model` has to be `auto` or `provider/model`, such as `ollama/qwen2.5-coder:7b`",
        ),
        ("theme = '../x'", "~/config/config.toml:2:1: `theme` is no name; use letters, digits, `-` and `_`"),
        (
            "[check]\ncommand = 'a && b'",
            "~/config/config.toml:3:1: `check.command` has `&` at character 3, which only a shell understands; to use a \
             shell write: sh -c '…'",
        ),
        (
            "[check]\ncommand = 'RUST_LOG=x cargo test'",
            "~/config/config.toml:3:1: `check.command` starts with `RUST_LOG=x`, which only a shell would set; to use a \
             shell write: sh -c '…'",
        ),
        (
            "[endpoints.w]\nprotocol = 'chat'",
            "~/config/config.toml:3:1: `endpoints.w` has no `base_url`; add `base_url = \"http://127.0.0.1:8080/v1\"`",
        ),
        (
            "[endpoints.w]\nbase_url = 'http://h'\nheaders.Authorization = 'Bearer SECRET'",
            "~/config/config.toml:4:9: `endpoints.w.headers.Authorization` carries a key; put the key in a variable and \
             name it in `key_env`",
        ),
        (
            "[endpoints.w]\nbase_url = 'http://h'\nkey_env = 'sk-SECRET'",
            "~/config/config.toml:4:1: `endpoints.w.key_env` has to be the name of an environment variable, such as \
             `WORK_API_KEY`, not the key itself",
        ),
        ("theme 'dark'", "~/config/config.toml:2:7: not valid TOML: key with no value, expected `=`"),
    ] {
        let house = House::with_user(&format!("keymap = 'vim'\n{line}\n"));
        let loaded = house.load();
        assert_eq!(messages(&loaded), [complaint], "{line}");
        assert_eq!(loaded.config.keymap.as_str(), "vim", "{line}: the rest of the file counts");
        assert_eq!(loaded.config.limits.day, usd(10.0), "{line}: the default shows through");
    }
}

#[test]
fn a_limit_that_cannot_be_read_is_said_whatever_else_is_wrong() {
    for before in ["x\n".repeat(15), (0..30).map(|i| format!("key{i} = 1\n")).collect::<String>()] {
        let loaded = House::with_user(&format!("{before}[limits]\nrun = 'lots'\n[screen\nmouse = true\n")).load();
        let said = messages(&loaded).into_iter().filter(|m| m.contains("`limits.run` is a text")).count();
        assert_eq!(said, 1, "{:?}", messages(&loaded));
    }
    let loaded = House::with_user(&format!("{}[limits]\nrun = 5\n", "x\n".repeat(30))).load();
    let said = "~/config/config.toml:20:2: nothing from here on is read; mend the mistakes around it first";
    assert!(messages(&loaded).contains(&said), "{:?}", messages(&loaded));
}

#[test]
fn a_users_file_that_is_no_file_or_no_text_is_named_and_the_defaults_carry_on() {
    let house = House::with_user("");
    let file = house.paths().config_file();
    fs::write(&file, b"theme = 'dark'\nx = '\xff'\n").unwrap();
    assert_eq!(messages(&house.load()), ["~/config/config.toml:2: is not UTF-8; save it as UTF-8"]);
    fs::write(&file, vec![b'#'; (1 << 20) + 1]).unwrap();
    assert_eq!(
        messages(&house.load()),
        ["~/config/config.toml: is larger than 1 MiB; a configuration file is a few lines"]
    );
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    let loaded = house.load();
    assert_eq!(messages(&loaded), ["~/config/config.toml: is not a regular file; replace it by one, or remove it"]);
    assert_eq!(loaded.config.theme.as_str(), "auto");
}

#[test]
fn variables_and_flags_are_typed_by_what_they_set_and_complain_by_their_own_name() {
    let mut house = House::new();
    for (name, value) in [
        ("VIBE_TUI_OFFLINE", "1"),
        ("VIBE_TUI_MOUSE", "off"),
        ("VIBE_TUI_LIMIT_DAY", "none"),
        ("VIBE_TUI_LIMIT_RUN", "0.25"),
        ("VIBE_TUI_LIMIT_SESSION", "lots"),
        ("VIBE_TUI_CHECK", "cargo test 'a b'"),
        ("VIBE_TUI_THEMA", "dark"),
        ("VIBE_TUI_THEME", ""),
        ("HOME", "/nowhere"),
    ] {
        house.environment.insert(name.into(), value.into());
    }
    house.overrides.set("--mode", "mode", "a b");
    house.overrides.set("--budget", "limits.run", "-5");
    house.overrides.set("--offline", "offline", "maybe");
    let loaded = house.load();
    assert_eq!(
        messages(&loaded),
        [
            "VIBE_TUI_THEMA: unknown variable; did you mean `VIBE_TUI_THEME`?",
            "VIBE_TUI_LIMIT_SESSION: `limits.session` is a text; it has to be a number from 0 to 9000000 or \"none\"",
            "--mode: `mode` is no name; use letters, digits, `-` and `_`",
            "--budget: is -5; it has to be a number from 0 to 9000000 or \"none\"",
            "--offline: is `maybe`; it has to be true or false",
        ]
    );
    let config = &loaded.config;
    assert_eq!((config.offline, config.screen.mouse), (true, false));
    assert_eq!((config.limits.day, config.limits.run, config.limits.session), (Limit(None), usd(0.25), usd(2.0)));
    assert_eq!(config.check.command.as_ref().unwrap().words(), ["cargo", "test", "a b"]);
}

#[test]
fn paths_in_the_users_file_start_at_its_directory_or_at_home() {
    let house =
        House::with_user("patterns = ['mine', '~/more', '/abs']\nprices = 'p.toml'\nprompts.planner = 'x.md'\n");
    fs::write(house.dir.path().join("config/x.md"), "plan {{ intent }}").unwrap();
    house.project("patterns = ['tools/patterns']\n");
    let (loaded, base) = (house.load(), house.dir.path());
    let expected = ["config/mine", "more", "/abs", "repo/tools/patterns"].map(|p| base.join(p));
    assert_eq!(loaded.config.patterns, expected);
    assert_eq!(loaded.config.prices, Some(base.join("config/p.toml")));
    let (prompts, failures) = loaded.prompts(&house.paths());
    assert_eq!(
        (prompts[0].0.as_str(), prompts[0].1.text.as_str(), failures.len()),
        ("planner", "plan {{ intent }}", 0)
    );
    fs::remove_file(base.join("config/x.md")).unwrap();
    let (_, failures) = loaded.prompts(&house.paths());
    assert_eq!(
        failures[0].message,
        "~/config/x.md: no such file; `prompts.planner` names it: write it, or remove the key"
    );
}

#[test]
fn a_project_may_not_set_commands_addresses_variables_or_limits() {
    for line in [
        "model = 'evil/model'",
        "offline = false",
        "keymap = 'vim'",
        "prices = 'p.toml'",
        "[check]\ncommand = 'curl evil'",
        "[endpoints.work]\nbase_url = 'https://evil.example'",
        "[endpoints.work]\nkey_env = 'ANTHROPIC_API_KEY'",
        "[limits]\nday = 1000",
        "[keys.review]\n'x' = 'review.apply'",
        "[modes.coder]\ninstructions = 'obey'",
        "[prompts]\nplanner = 'evil.md'",
        "[suggest]\nendpoint = 'x'",
        "patterns = ['../../etc']",
        "patterns = ['/etc']",
        "theme = '../evil'",
    ] {
        let house = House::with_project(&format!("{line}\n"));
        let loaded = house.load();
        assert_eq!(loaded.failures.len(), 1, "{line}: {:?}", messages(&loaded));
        assert!(loaded.failures[0].message.starts_with(".vibe-tui.toml:"), "{:?}", messages(&loaded));
        assert_eq!(loaded.config, House::new().load().config, "{line}");
        assert_eq!(loaded.suggestions, None, "{line}");
    }
    let house = House::with_project("[check]\ncommand = 'curl evil'\n");
    assert_eq!(
        messages(&house.load()),
        [
            ".vibe-tui.toml:2:1: a project's file may not set `check.command`; it may set `theme`, `patterns`, `gate` and `suggest`: \
          put it into ~/config/config.toml"
        ]
    );
}

#[test]
fn a_suggestion_counts_only_once_exactly_it_was_approved() {
    let house = House::with_project("[suggest]\ncheck = 'cargo test'\nmodel = 'ollama/x'\n");
    let before = house.load();
    let suggestions = before.suggestions.unwrap();
    assert_eq!(suggestions.lines, ["check.command = [\"cargo\", \"test\"]", "model = \"ollama/x\""]);
    assert_eq!((suggestions.approved, &before.config.check.command), (false, &None));

    let (mut approvals, _) = Approvals::load(&house.paths().data);
    approvals.approve(&suggestions.hash, "check\nof repo").unwrap();
    let after = house.load();
    assert!(after.suggestions.unwrap().approved);
    assert_eq!(after.config.check.command.unwrap().words(), ["cargo", "test"]);
    assert_eq!(after.config.model.to_string(), "ollama/x");

    house.project("[suggest]\ncheck = 'cargo test; curl evil'\nmodel = 'ollama/x'\n");
    let changed = house.load();
    assert_eq!((changed.suggestions.unwrap().approved, changed.config.check.command), (false, None));
}

#[test]
fn an_approval_is_for_one_root() {
    let (one, two) = (House::with_project("suggest.mode = 'peer'\n"), House::with_project("suggest.mode = 'peer'\n"));
    assert_ne!(one.load().suggestions.unwrap().hash, two.load().suggestions.unwrap().hash);
}

#[test]
fn the_users_variables_and_flags_win_over_an_approved_suggestion() {
    let mut house = House::with_project("suggest.model = 'ollama/x'\n");
    let (mut approvals, _) = Approvals::load(&house.paths().data);
    approvals.approve(&house.load().suggestions.unwrap().hash, "").unwrap();
    house.environment.insert("VIBE_TUI_MODEL".into(), "ollama/mine".into());
    assert_eq!(house.load().config.model.to_string(), "ollama/mine");
}

#[test]
fn a_torn_line_in_the_approvals_approves_nothing_and_harms_no_later_one() {
    let house = House::with_project("suggest.mode = 'peer'\n");
    let (hash, data) = (house.load().suggestions.unwrap().hash, house.paths().data);
    fs::create_dir_all(&data).unwrap();
    fs::write(data.join("approvals"), &hash.as_str()[..40]).unwrap();
    let (mut approvals, _) = Approvals::load(&data);
    assert!(!approvals.is_approved(&hash));
    approvals.approve(&hash, "peer").unwrap();
    assert!(Approvals::load(&data).0.is_approved(&hash));
}

#[test]
fn an_approval_that_cannot_be_written_does_not_count() {
    let house = House::with_project("suggest.mode = 'peer'\n");
    let hash = house.load().suggestions.unwrap().hash;
    fs::write(house.dir.path().join("data"), "a file where the directory should be").unwrap();
    let (mut approvals, _) = Approvals::load(&house.paths().data);
    assert!(approvals.approve(&hash, "").unwrap_err().message.ends_with("nothing was approved"));
    assert!(!approvals.is_approved(&hash));
}

#[test]
fn one_variable_moves_every_directory_and_has_to_be_absolute() {
    let mut environment = Environment::new();
    environment.insert("VIBE_TUI_HOME".into(), "/x/y".into());
    let paths = Paths::find(&environment).unwrap();
    assert_eq!(
        (paths.config_file(), paths.data),
        (PathBuf::from("/x/y/config/config.toml"), PathBuf::from("/x/y/data"))
    );
    environment.insert("VIBE_TUI_HOME".into(), "here".into());
    assert!(Paths::find(&environment).unwrap_err().message.contains("not an absolute path"));
}

#[test]
fn own_themes_and_keymaps_are_found_by_plain_names_only() {
    let house = House::with_user("");
    fs::create_dir(house.dir.path().join("config/themes")).unwrap();
    fs::write(house.dir.path().join("config/themes/mine.toml"), "x = 1").unwrap();
    let paths = house.paths();
    let found = paths.named("themes", "mine").unwrap().unwrap();
    assert_eq!((found.name.as_str(), found.text.as_str()), ("~/config/themes/mine.toml", "x = 1"));
    assert_eq!(paths.names("themes"), ["mine"]);
    assert_eq!(paths.named("themes", "other").unwrap(), None);
    assert!(paths.named("themes", "../config").is_err());
}

fn in_step(file: &str, schema: serde_json::Value) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets").join(file);
    let expected = serde_json::to_string_pretty(&schema).unwrap() + "\n";
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &expected).unwrap();
    }
    let actual = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(actual, expected, "{file} is not what the types say; run UPDATE=1 cargo test --test config");
}

#[test]
fn the_schemas_are_in_step_with_the_types_and_accept_the_defaults() {
    in_step("config.schema.json", shape::schema::<Config>());
    in_step("project.schema.json", shape::schema::<ProjectConfig>());
    let defaults: toml::Table = toml::from_str(vibe_tui::config::DEFAULTS).unwrap();
    let validator = jsonschema::validator_for(&shape::schema::<Config>()).unwrap();
    assert!(validator.is_valid(&serde_json::to_value(&defaults).unwrap()));
    assert!(!validator.is_valid(&serde_json::json!({"thme": "dark"})));
    assert!(!validator.is_valid(&serde_json::json!({"model": "gpt"})));
}

fn paths_of(schema: &serde_json::Value, prefix: &str, found: &mut Vec<String>) {
    let properties = schema.get("properties").and_then(|p| p.as_object());
    for (name, part) in properties.into_iter().flatten() {
        let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        let patterned = part.get("patternProperties").and_then(|p| p.as_object()?.values().next());
        match patterned.or_else(|| part.get("additionalProperties").filter(|a| a.is_object())) {
            Some(free) if free.get("properties").is_some() => paths_of(free, &format!("{path}.NAME"), found),
            Some(_) => found.push(path),
            None if part.get("properties").is_some() => paths_of(part, &path, found),
            None => found.push(path),
        }
    }
}

#[test]
fn the_documentation_names_every_key_and_every_variable() {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/CONFIG.md")).unwrap();
    let mut keys = Vec::new();
    paths_of(&shape::schema::<Config>(), "", &mut keys);
    assert!(keys.len() > 25, "{keys:?}");
    let names = keys.iter().map(String::as_str).chain(VARIABLES.iter().map(|(name, _)| *name));
    let missing: Vec<_> = names.filter(|name| !text.contains(&format!("`{name}"))).collect();
    assert!(missing.is_empty(), "docs/CONFIG.md does not name {missing:?}");
}

#[test]
fn a_key_of_half_a_million_parts_is_no_way_to_crash() {
    for text in [
        "a.".repeat(250_000) + "a = 1",
        "a = ".to_owned() + &"[".repeat(500_000),
        format!("[{}a]", "a.".repeat(250_000)),
    ] {
        let house = House::with_project(&text);
        assert!(!house.load().failures.is_empty());
    }
}

#[test]
fn a_file_of_nothing_but_mistakes_is_read_in_time_and_complained_about_briefly() {
    let numbered: String = (0..10_000).map(|i| format!("key{i} = 1\n")).collect();
    for text in ["x\n".repeat(60_000), "x = \n".repeat(60_000), numbered, "'''\n".repeat(60_000)] {
        let house = House::with_project(&text);
        let start = std::time::Instant::now();
        let loaded = house.load();
        assert!(start.elapsed().as_secs() < 20, "{:?} for {:?}", start.elapsed(), &text[..6]);
        assert!((1..=21).contains(&loaded.failures.len()), "{} for {:?}", loaded.failures.len(), &text[..6]);
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 64, failure_persistence: None, ..Default::default() })]
    #[test]
    fn no_damage_to_a_file_makes_loading_panic(
        at in 0usize..2000,
        length in 0usize..40,
        noise in "\\PC{0,12}|[\\[\\]{}=.\"'\n]{0,6}",
    ) {
        let whole = vibe_tui::config::DEFAULTS.replace("# ", "");
        let clip = |i: usize| (0..=i.min(whole.len())).rev().find(|i| whole.is_char_boundary(*i)).unwrap();
        let text = format!("{}{noise}{}", &whole[..clip(at)], &whole[clip(at + length)..]);
        let house = House::with_user(&text);
        house.project(&text);
        let loaded = house.load();
        assert!((1..=240).contains(&loaded.config.screen.max_fps));
        assert!(loaded.explain().len() >= 18);
    }
}
