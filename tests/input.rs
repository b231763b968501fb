//! Keys: the shipped keymaps reach every action, chords resolve, wrong lines are named with a fix, and the documentation is in
//! step. `UPDATE=1 cargo test --test input` writes the schema and the table of keys anew.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use vibe_tui::app::{Action, Scope};
use vibe_tui::config::Source;
use vibe_tui::config::document::entries;
use vibe_tui::input::{
    Key, Keymap, PALETTE_ONLY, PRESETS, Resolution, Resolver, compact_chord, format_chord, hints, label, parse_chord,
    schema,
};

fn preset(name: &str) -> Keymap {
    let (keymap, failures) = Keymap::load(name, &|_| Ok(None), &[]);
    assert_eq!(failures, [], "{name}");
    keymap
}

/// Presses a chord and shows what it came to: an action's name, `…` for pending, `type x`, `unbound x y`.
fn press(resolver: &mut Resolver, scopes: &[Scope], keys: &str) -> String {
    let results = parse_chord(keys).unwrap().into_iter().map(|key| match resolver.resolve(scopes, key) {
        Resolution::Action(action) => action.name().to_owned(),
        Resolution::Pending { .. } => "…".to_owned(),
        Resolution::Type(key) => format!("type {key}"),
        Resolution::Unbound(keys) => format!("unbound {}", format_chord(&keys)),
    });
    results.collect::<Vec<_>>().join(" | ")
}

#[test]
fn every_shipped_keymap_reaches_every_action_or_leaves_it_to_the_palette() {
    for (name, _) in PRESETS {
        let keymap = preset(name);
        for action in Action::ALL.iter().filter(|a| !PALETTE_ONLY.contains(a)) {
            let reached = Scope::ALL.iter().any(|s| !keymap.chords(*action, &[*s, Scope::Global]).is_empty());
            assert!(reached, "{name}: no key leads to `{}`", action.name());
        }
    }
}

/// What lies on top and has something to choose or to keep.
const ON_TOP: [Scope; 6] =
    [Scope::Picker, Scope::Completion, Scope::Context, Scope::Comment, Scope::Editor, Scope::Overlay];

#[test]
fn every_action_is_reached_where_it_makes_sense() {
    let panes = [Scope::Chat, Scope::Stream, Scope::Review, Scope::Budget, Scope::Sessions];
    for (name, _) in PRESETS {
        let keymap = preset(name);
        for action in Action::ALL.iter().filter(|a| !PALETTE_ONLY.contains(a)) {
            let places: Vec<Scope> = match (action.name().split('.').next().unwrap(), action) {
                (_, Action::Retry | Action::RaiseLimit | Action::UseCheaper | Action::UseLocal | Action::StopRun) => {
                    vec![Scope::Pause]
                }
                (_, Action::CancelRun) => Scope::ALL.to_vec(),
                (_, Action::Submit | Action::StopTyping) => vec![Scope::Typing],
                (_, Action::Newline) => vec![Scope::Typing, Scope::Comment, Scope::Editor],
                (_, Action::HistoryPrevious | Action::HistoryNext) => vec![Scope::Typing],
                (_, Action::StartTyping) => panes.to_vec(),
                (_, Action::EditIntent) => vec![Scope::Chat],
                (_, Action::Confirm) => ON_TOP.to_vec(),
                (_, Action::Up | Action::Down) => [&panes[..], &ON_TOP[..]].concat(),
                (_, Action::ShowContext) => Scope::ALL.to_vec(),
                ("context", _) => vec![Scope::Context],
                ("editor", _) => vec![Scope::Comment, Scope::Editor],
                ("view", _) => [&panes[..], &[Scope::Context]].concat(),
                ("review", _) => vec![Scope::Review],
                ("sessions", _) => vec![Scope::Sessions],
                _ => panes.to_vec(),
            };
            for scope in places {
                // Vim opens a session by `l`; every keymap keeps the arrows for moving.
                let chords = keymap.chords(*action, &[scope, Scope::Global]);
                assert!(!chords.is_empty(), "{name}: `{}` has no key in `{}`", action.name(), scope.name());
            }
        }
    }
}

#[test]
fn the_ways_out_are_there_in_every_keymap_while_typing_and_in_every_overlay() {
    for (name, _) in PRESETS {
        let keymap = preset(name);
        for scope in Scope::ALL {
            let scopes = [scope, Scope::Global];
            for action in [Action::Quit, Action::Suspend, Action::Palette, Action::Help] {
                // A list of actions lies on top already.
                let is_list = (action, scope) == (Action::Palette, Scope::Picker);
                assert!(
                    is_list || !keymap.chords(action, &scopes).is_empty(),
                    "{name}/{}: {}",
                    scope.name(),
                    action.name()
                );
            }
            let out = [Action::Close, Action::StopTyping];
            let esc = parse_chord("esc").unwrap();
            assert!(
                out.iter().any(|a| keymap.chords(*a, &scopes).contains(&esc.as_slice())),
                "{name}/{}",
                scope.name()
            );
        }
    }
}

#[test]
fn where_text_is_typed_every_character_is_typed() {
    for (name, _) in PRESETS {
        let mut resolver = Resolver::new(preset(name));
        for scopes in [
            &[Scope::Typing, Scope::Global][..],
            &[Scope::Completion, Scope::Typing, Scope::Global],
            &[Scope::Picker, Scope::Review, Scope::Global],
        ] {
            for c in (' '..='~').chain("äß€@漢ą".chars()) {
                let event = KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE);
                let key = Key::from_event(event).unwrap();
                assert_eq!(resolver.resolve(scopes, key), Resolution::Type(key), "{name}: {c}");
            }
            // AltGr on keyboards where it arrives as Ctrl+Alt.
            for c in "@{}[]\\~|€".chars() {
                let event = KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL | KeyModifiers::ALT);
                let key = Key::from_event(event).unwrap();
                assert_eq!(
                    (resolver.resolve(scopes, key), key.text()),
                    (Resolution::Type(key), Some(c)),
                    "{name}: {c}"
                );
            }
        }
    }
}

#[test]
fn keys_resolve_innermost_first() {
    const REVIEW: &[Scope] = &[Scope::Review, Scope::Global];
    const TYPING: &[Scope] = &[Scope::Typing, Scope::Global];
    const PICKER: &[Scope] = &[Scope::Picker, Scope::Global];
    const COMPLETION: &[Scope] = &[Scope::Completion, Scope::Typing, Scope::Global];
    const CONTEXT: &[Scope] = &[Scope::Context, Scope::Global];
    for (keymap, scopes, keys, result) in [
        ("default", REVIEW, "a", "review.accept-hunk"),
        ("default", REVIEW, "?", "app.help"),
        ("default", TYPING, "?", "type ?"),
        ("default", TYPING, "f1", "app.help"),
        ("default", TYPING, "enter", "chat.submit"),
        ("default", TYPING, "alt-enter", "chat.newline"),
        ("default", TYPING, "ctrl-j", "chat.newline"),
        ("default", TYPING, "left", "type left"),
        ("default", TYPING, "ctrl-w", "type ctrl-w"),
        ("default", TYPING, "tab", "app.focus-next"),
        ("default", PICKER, "tab", "view.down"),
        ("default", REVIEW, "f12", "unbound f12"),
        ("default", &[Scope::Pause, Scope::Review, Scope::Global], "r", "run.retry"),
        ("vim", REVIEW, "g g", "… | view.top"),
        ("vim", REVIEW, "g t", "… | review.next-attempt"),
        ("vim", REVIEW, "space a", "… | review.accept-all"),
        ("vim", REVIEW, "space c", "… | app.focus-chat"),
        ("vim", REVIEW, "ctrl-w w", "… | app.focus-next"),
        ("vim", REVIEW, "g r a", "… | unbound g r | review.accept-hunk"),
        ("vim", REVIEW, "] esc", "… | unbound ] esc"),
        ("vim", TYPING, "ctrl-w", "type ctrl-w"),
        ("vim", TYPING, ":", "type :"),
        ("vim", REVIEW, ":", "app.palette"),
        ("emacs", TYPING, "ctrl-x ctrl-c", "… | app.quit"),
        ("emacs", TYPING, "ctrl-x x", "… | type x"),
        ("emacs", TYPING, "ctrl-x ctrl-y", "… | unbound ctrl-x ctrl-y"),
        ("emacs", REVIEW, "ctrl-x ctrl-s", "… | review.apply"),
        ("emacs", REVIEW, "ctrl-n", "view.down"),
        ("emacs", PICKER, "ctrl-g", "app.close"),
        ("default", COMPLETION, "enter", "view.confirm"),
        ("default", COMPLETION, "tab", "view.confirm"),
        ("default", COMPLETION, "p", "type p"),
        ("default", COMPLETION, "alt-enter", "chat.newline"),
        ("vim", CONTEXT, "d", "context.drop"),
        ("emacs", CONTEXT, "ctrl-g", "app.close"),
    ] {
        assert_eq!(press(&mut Resolver::new(preset(keymap)), scopes, keys), result, "{keymap} {keys}");
    }
}

#[test]
fn a_chord_that_has_begun_tells_how_it_may_go_on() {
    let mut resolver = Resolver::new(preset("vim"));
    let key = Key::parse("space").unwrap();
    let Resolution::Pending { keys, continuations } = resolver.resolve(&[Scope::Review, Scope::Global], key) else {
        panic!("`space` begins chords");
    };
    assert_eq!(keys, [key]);
    let next = |text: &str| continuations.iter().find(|c| c.key == Key::parse(text).unwrap()).and_then(|c| c.action);
    assert_eq!((next("a"), next("c")), (Some(Action::AcceptAll), Some(Action::FocusChat)));
    resolver.reset();
    assert_eq!(press(&mut resolver, &[Scope::Review, Scope::Global], "a"), "review.accept-hunk");
}

#[test]
fn footer_and_help_show_only_keys_that_work_there() {
    let keymap = preset("default");
    let shown =
        hints(&keymap, &[Scope::Typing, Scope::Global], &[Action::Submit, Action::Help, Action::Palette, Action::Zoom]);
    let shown: Vec<_> = shown.iter().map(|(keys, label)| format!("{keys} {label}")).collect();
    assert_eq!(shown, ["enter send", "f1 help", "^p palette", "alt-z zoom"]);
    assert_eq!(keymap.bindings(Action::Help, &[Scope::Review, Scope::Global]), ["f1", "?"]);
    assert_eq!(keymap.bindings(Action::Apply, &[Scope::Chat, Scope::Global]), [""; 0]);
    // `p` is taken by the review; the emacs keymap moves the palette.
    assert_eq!(preset("emacs").bindings(Action::Palette, &[Scope::Review, Scope::Global]), ["alt-x"]);
    assert_eq!(preset("vim").bindings(Action::Top, &[Scope::Review, Scope::Global]), ["gg", "home"]);
}

#[test]
fn every_action_has_a_short_word_of_its_own() {
    let labels: BTreeSet<_> = Action::ALL.iter().map(|a| label(*a)).collect();
    assert_eq!(labels.len(), Action::ALL.len());
    assert!(labels.iter().all(|l| (1..=10).contains(&l.chars().count())), "{labels:?}");
}

#[test]
fn each_mistake_in_a_keymap_is_named_with_its_line_and_its_fix_and_costs_only_its_line() {
    for (text, complaint) in [
        (
            "[review]\n'x' = 'review.acept-hunk'",
            "2:1: unknown action `review.acept-hunk`; did you mean `review.accept-hunk`?",
        ),
        ("[reveiw]\n'x' = 'app.help'", "2:1: unknown scope `reveiw`; did you mean `review`?"),
        ("[reveiw]\n", "1:2: unknown scope `reveiw`; did you mean `review`?"),
        ("[review]\n'ctrl-entr' = 'app.help'", "2:1: `ctrl-entr` is no key; did you mean `enter`?"),
        ("[review]\n'ctrl-i' = 'app.help'", "2:1: `ctrl-i` is `tab` in many terminals; bind that, or another key"),
        ("[review]\n'x' = 3", "2:1: `x` has to be the name of an action in quotation marks, or \"none\""),
        ("'x' = 'app.help'", "1:1: `x` belongs in no scope; write it below a table such as `[review]`"),
        ("[typing]\n'x' = 'app.help'", "2:1: `x` is text in `typing`; write `ctrl-x` or `alt-x`, or another key"),
        (
            "[review]\n'x' = 'app.help'\n'x y' = 'app.quit'",
            "3:1: `x y` and `x` (line 2) cannot both be bound in `review`, since one begins with the other; change one",
        ),
        ("[review]\n'esc' = 'app.help'\n'ESC' = 'app.quit'", "3:1: `esc` is bound twice in `review`; remove one"),
        (
            "[panes]\n'x' = 'app.help'\n'x y' = 'app.quit'",
            "3:1: `x y` and `x` (line 2) cannot both be bound in `panes`, since one \
          begins with the other; change one",
        ),
        ("[review]\n'x' 'app.help'", "2:5: not valid TOML: key with no value, expected `=`"),
        ("inherits = 'vi'", "1:1: unknown keymap `vi`; `default` is used; did you mean `vim`?"),
        ("inherits = 3", "1:1: `inherits` has to be the name of a keymap in quotation marks"),
    ] {
        let full = format!("{text}\n[chat]\n'f9' = 'app.quit'\n");
        let own = |name: &str| Ok((name == "mine").then(|| Source::new("mine.toml", full.clone())));
        let (keymap, failures) = Keymap::load("mine", &own, &[]);
        let messages: Vec<_> = failures.iter().map(|f| f.message.as_str()).collect();
        assert_eq!(messages, [format!("mine.toml:{complaint}")], "{text}");
        assert_eq!(keymap.bindings(Action::Quit, &[Scope::Chat]), ["f9"], "{text}: the rest counts");
    }
}

#[test]
fn a_keymap_that_is_not_there_gives_the_default_one_and_a_complaint() {
    let (keymap, failures) = Keymap::load("vmi", &|_| Ok(None), &[]);
    assert_eq!(failures[0].message, "unknown keymap `vmi`; `default` is used; did you mean `vim`?");
    assert_eq!(keymap.scope(Scope::Review), preset("default").scope(Scope::Review));
}

#[test]
fn a_keymap_may_stand_on_a_preset_of_its_own_name_but_not_on_itself() {
    let own = |name: &str| {
        let text = "inherits = 'default'\n[chat]\n'f9' = 'app.quit'\n";
        Ok((name == "default").then(|| Source::new("default.toml", text)))
    };
    let (keymap, failures) = Keymap::load("default", &own, &[]);
    assert_eq!(failures, []);
    assert_eq!(keymap.bindings(Action::Submit, &[Scope::Typing]), ["enter"]);
    assert_eq!(keymap.bindings(Action::Quit, &[Scope::Chat]), ["f9"]);

    let circle = |name: &str| {
        let other = if name == "a" { "b" } else { "a" };
        Ok(["a", "b"].contains(&name).then(|| Source::new(format!("{name}.toml"), format!("inherits = '{other}'\n"))))
    };
    let (keymap, failures) = Keymap::load("a", &circle, &[]);
    assert_eq!(failures.len(), 1, "{failures:?}");
    assert!(failures[0].message.starts_with("b.toml:1:1: "), "{failures:?}");
    assert_eq!(keymap.bindings(Action::Submit, &[Scope::Typing]), ["enter"]);
}

#[test]
fn the_users_keys_win_over_the_keymap_and_none_takes_away() {
    let text =
        "[review]\n'a' = 'none'\n'ctrl-a' = 'review.accept-hunk'\n'r r' = 'review.reject-hunk'\n'q' = 'app.qiut'\n";
    let (overrides, broken) = entries(&Source::new("config.toml", text));
    assert_eq!(broken, []);
    let (keymap, failures) = Keymap::load("default", &|_| Ok(None), &overrides);
    assert_eq!(failures.len(), 1);
    assert_eq!(failures[0].message, "config.toml:5:1: unknown action `app.qiut`; did you mean `app.quit`?");
    assert_eq!(keymap.bindings(Action::AcceptHunk, &[Scope::Review]), ["^a"]);
    assert_eq!(keymap.bindings(Action::RejectHunk, &[Scope::Review]), ["rr"]);
}

#[test]
fn parsing_one_text_gives_the_keymap_or_everything_that_is_wrong() {
    assert!(Keymap::parse("x", "inherits = 'vim'\n[review]\n'f9' = 'review.apply'\n").is_ok());
    assert_eq!(Keymap::parse("x", "[a]\nb = 'c'\n[review]\nx = 'y'\n").unwrap_err().len(), 2);
}

fn asset(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

#[test]
fn the_schema_is_in_step_and_accepts_what_ships() {
    let expected = serde_json::to_string_pretty(&schema()).unwrap() + "\n";
    if std::env::var_os("UPDATE").is_some() {
        fs::write(asset("assets/keymap.schema.json"), &expected).unwrap();
    }
    assert_eq!(fs::read_to_string(asset("assets/keymap.schema.json")).unwrap_or_default(), expected);
    let validator = jsonschema::validator_for(&schema()).unwrap();
    for (name, text) in PRESETS {
        let table: toml::Table = toml::from_str(text).unwrap();
        assert!(validator.is_valid(&serde_json::to_value(table).unwrap()), "{name}");
    }
    assert!(!validator.is_valid(&serde_json::json!({"review": {"x": "review.acept"}})));
}

/// The keys of an action in every scope, each once, in the order of preference.
fn keys_of(keymap: &Keymap, action: Action) -> String {
    let mut found: Vec<String> = Vec::new();
    for scope in Scope::ALL {
        for binding in keymap.scope(scope).iter().filter(|b| b.action == action) {
            let keys = format!("`{}`", format_chord(&binding.keys).replace('|', "\\|"));
            if !found.contains(&keys) && compact_chord(&binding.keys).len() < 30 {
                found.push(keys);
            }
        }
    }
    if found.is_empty() { "palette".to_owned() } else { found.join(" ") }
}

#[test]
fn the_documented_keys_are_those_of_the_keymaps() {
    const MARK: &str = "by `UPDATE=1 cargo test --test input` -->\n";
    let mut table = String::from("\n| action | | default | vim | emacs |\n|---|---|---|---|---|\n");
    let keymaps: Vec<Keymap> = PRESETS.iter().map(|(name, _)| preset(name)).collect();
    for action in Action::ALL {
        let keys: Vec<String> = keymaps.iter().map(|k| keys_of(k, *action)).collect();
        writeln!(table, "| `{}` | {} | {} |", action.name(), action.doc(), keys.join(" | ")).unwrap();
    }
    let text = fs::read_to_string(asset("docs/KEYS.md")).unwrap();
    let (head, _) = text.split_once(MARK).expect("docs/KEYS.md has the mark");
    let expected = format!("{head}{MARK}{table}");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(asset("docs/KEYS.md"), &expected).unwrap();
    }
    let now = fs::read_to_string(asset("docs/KEYS.md")).unwrap();
    assert_eq!(now, expected, "docs/KEYS.md is not what the keymaps say; run UPDATE=1 cargo test --test input");
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 64, failure_persistence: None, ..Default::default() })]
    #[test]
    fn no_damage_to_a_keymap_makes_loading_panic_or_binds_text_where_it_is_typed(
        at in 0usize..3000,
        length in 0usize..60,
        noise in "\\PC{0,12}|[\\[\\]{}=.\"'\n]{0,6}|(ctrl-|alt-|shift-|[a-z ])*",
    ) {
        let whole = PRESETS[0].1;
        let clip = |i: usize| (0..=i.min(whole.len())).rev().find(|i| whole.is_char_boundary(*i)).unwrap();
        let text = format!("{}{noise}{}", &whole[..clip(at)], &whole[clip(at + length)..]);
        let (keymap, _) = Keymap::load("mine", &|name| Ok((name == "mine").then(|| Source::new("mine", text.clone()))), &[]);
        for scope in [Scope::Typing, Scope::Picker, Scope::Completion] {
            assert!(keymap.scope(scope).iter().all(|b| b.keys[0].text().is_none()));
        }
    }
}
