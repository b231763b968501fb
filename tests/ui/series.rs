//! The attempts of a run as a series: a line each, which one is the best and which is shown, and the step of one alone.

use super::desk::*;
use super::*;
use vibe_tui::budget::choice::Candidate;
use vibe_tui::budget::price::Price;
use vibe_tui::domain::finding::{Applicability, Finding, Fix, TextEdit};
use vibe_tui::domain::install::Install;
use vibe_tui::domain::model::{ModelInfo, ModelRef};
use vibe_tui::domain::past::{Past, Similar, Tally};
use vibe_tui::domain::rung::RungKind;

const SHADOWED: &str = "`percent` shadows a name of the module";

/// A run that climbs: written, mended by the linter's own fix, by the model, worse by it, and mended by the next one up.
fn climbed(size: (u16, u16)) -> Desk {
    let mut desk = shop(size);
    desk.replies.clear();
    let bigger = ModelInfo { reference: ModelRef::parse("anthropic/claude-opus-4-5").unwrap(), ..own(&desk) };
    desk.state.candidates.push(Candidate { info: bigger.clone(), price: Price::Free });
    desk.state.settings.heal.models = vec![None, Some(bigger.reference)];
    desk.replies.extend([
        PLAN.into(),
        Reply::Text(fix()),
        Reply::Text(
            "### FILE: shop/price.py\n<<<<<<< SEARCH\nTAX = 0.21\n=======\nTAX = 0.22\n>>>>>>> REPLACE\n".into(),
        ),
        Reply::Text(
            "### FILE: shop/price.py\n<<<<<<< SEARCH\nTAX = 0.22\n=======\nTAX = 0.23\n>>>>>>> REPLACE\n".into(),
        ),
        Reply::Text(
            "### FILE: shop/price.py\n<<<<<<< SEARCH\nTAX = 0.22\n=======\nTAX = 0.24\n>>>>>>> REPLACE\n".into(),
        ),
        VERDICT.into(),
    ]);
    let at = fix_offset();
    let mut lint = finding("shop/price.py", 3, "TAX is a magic number");
    let edit = TextEdit { path: "shop/price.py".into(), start: at, end: at + 4, text: "0.21".into() };
    let title = "replace the number".into();
    lint.fixes = vec![Fix { title, applicability: Applicability::MachineApplicable, edits: vec![edit] }];
    let test = finding("tests/test_price.py", 5, "expected an expression");
    let other = finding("shop/price.py", 12, SHADOWED);
    desk.reports.extend([
        report(vec![lint, test.clone(), other.clone()]),
        report(vec![test.clone(), other.clone()]),
        report(vec![other.clone()]),
        report(vec![other, test]),
        report(vec![]),
    ]);
    desk.event(Event::Requested(REQUEST.into()));
    desk
}

fn own(desk: &Desk) -> ModelInfo {
    desk.state.model_info().unwrap().clone()
}

/// Where the number stands in the proposal.
fn fix_offset() -> usize {
    PRICE.find("0.19").unwrap()
}

#[test]
fn a_series_says_what_made_each_attempt_what_it_took_and_what_it_left() {
    let mut desk = climbed(SMALL);
    assert_snapshot!("series_80", desk.text());
    let mut desk = climbed(LARGE);
    assert_snapshot!("series_200", desk.text());
}

#[test]
fn an_attempt_is_shown_as_the_step_from_the_one_it_was_made_from_and_not_decided_on_so() {
    let mut desk = climbed(MIDDLE);
    desk.act(Action::ToggleStep);
    let shown = desk.text();
    assert!(shown.contains("−TAX = 0.22") && shown.contains("+TAX = 0.24"), "{shown}");
    assert!(shown.contains("What changed since attempt 3."), "the worse one was left behind: {shown}");
    desk.act(Action::AcceptAll);
    assert!(desk.state.session.run().unwrap().decisions.is_empty());
    desk.act(Action::PreviousAttempt);
    assert!(desk.text().contains("+TAX = 0.23"), "{}", desk.text());
    desk.act(Action::ToggleStep);
    assert!(desk.text().contains("−TAX = 0.19"), "the whole again: {}", desk.text());
    desk.acts(&[Action::NextAttempt, Action::AcceptAll]);
    assert!(!desk.state.session.run().unwrap().decisions.is_empty());
}

#[test]
fn the_keys_that_go_through_the_attempts_are_shown_only_where_they_do() {
    let mut desk = climbed(LARGE);
    desk.act(Action::ToggleStep);
    assert!(desk.text().contains(",/. tries"), "{}", desk.text());
    desk.acts(&[Action::ToggleStep, Action::AcceptAll, Action::Apply, Action::Apply]);
    desk.acts(&[Action::FocusReview, Action::ToggleStep]);
    let shown = desk.text();
    assert!(shown.contains("show the whole") && !shown.contains("tries"), "{shown}");
}

#[test]
fn the_chosen_attempt_and_the_best_stand_out_in_both_themes() {
    for theme in ["dark", "light"] {
        let mut desk = climbed(LARGE);
        desk.act(Action::PreviousAttempt);
        desk.view = View::new(vec![look(theme, Depth::TrueColor)], keymap("default"));
        let text = desk.text();
        assert!(text.contains("▶ 4") && text.contains("★5"), "{theme}: {text}");
    }
}

#[test]
fn a_missing_dependency_and_what_became_of_like_findings_stand_above_the_hunks() {
    for (size, whole) in [(SMALL, false), (MIDDLE, true)] {
        let mut desk = shop(size);
        desk.replies = [PLAN.into(), Reply::Text(fix()), "NO CHANGE".into(), VERDICT.into()].into();
        desk.state.settings.run.max_iterations = 1;
        let lacks = Finding { path: String::new(), ..finding("", 0, "No module named 'httpx'") };
        let past = Past {
            message: String::new(),
            rung: RungKind::Model,
            what: "use the client of the shop".into(),
            model: None,
            attempt: 2,
            helped: true,
            at: desk.state.now,
        };
        let tallies = vec![Tally { rung: RungKind::Model, tried: 3, helped: 1 }];
        let install = Install {
            module: "httpx".into(),
            package: "httpx".into(),
            commands: vec![["uv", "add", "httpx"].map(str::to_owned).to_vec()],
            manifest: "pyproject.toml".into(),
            ..Install::default()
        };
        desk.known.similar = vec![Similar { key: vibe_tui::heal::lesson::key(&lacks), tallies, newest: vec![past] }];
        desk.known.installs = vec![install];
        desk.reports.push_back(report(vec![lacks]));
        desk.event(Event::Requested(REQUEST.into()));
        let shown = desk.text();
        assert!(shown.contains("I install…"), "{shown}");
        // On a small screen the hunks come first.
        if whole {
            assert!(shown.contains("not installed: uv add httpx would get `httpx`"), "{shown}");
            assert!(shown.contains("seen before: model helped 1 of 3"), "{shown}");
        }
        desk.act(Action::Install);
        let asked = desk.text();
        assert!(asked.contains("▌ No, leave it") && asked.contains("Yes, run uv add httpx"), "{asked}");
        assert!(asked.contains("In full: uv add httpx"), "{asked}");
    }
}

#[test]
fn what_was_done_gets_the_columns_that_a_line_of_the_series_leaves_empty() {
    let mut desk = at_the_gate(LARGE);
    desk.files.insert("shop/price.py".into(), PRICE.replace("def gross", "def with_tax"));
    desk.unwritable = Some(Failure::fatal(FailureKind::Stale, "shop/price.py changed on disk: read it again."));
    desk.acts(&[Action::AcceptAll, Action::Apply, Action::Apply]);
    let text = desk.text();
    let line = text.lines().find(|line| line.contains("2 rebase")).unwrap_or_else(|| panic!("{text}"));
    assert!(line.contains("onto `shop/price.py` as on disk now"), "{text}");
    assert!(text.contains("1 wrote    ✓ 0.82 first proposal                claud…sonnet-4-5"), "{text}");
}

#[test]
fn an_attempt_that_another_series_begins_with_is_not_called_first() {
    let mut desk = shop(MIDDLE);
    desk.replies = [PLAN.into(), Reply::Text(fix()), "NO CHANGE".into(), VERDICT.into()].into();
    desk.replies.extend(["NO CHANGE".into(), VERDICT.into()]);
    desk.state.settings.run.max_iterations = 1;
    let red = finding("shop/price.py", 12, SHADOWED);
    desk.reports.push_back(report(vec![red]));
    desk.event(Event::Requested(REQUEST.into()));
    desk.types("/heal");
    desk.act(Action::Submit);
    desk.state.layout.focus_on(Area::Review);
    let text = desk.text();
    assert!(text.contains("1 wrote ") && text.contains("2 again ") && !text.contains("2 first"), "{text}");
}

/// Ten attempts, of which the last is red in a file that it does not touch, and said a lot about.
fn ten(size: (u16, u16)) -> Desk {
    let mut desk = at_the_gate(size);
    for n in 0..9u32 {
        let elsewhere = (1..=n).map(|line| finding("lib/other.py", line, "is not what it was")).collect();
        desk.reports.push_back(report(elsewhere));
        desk.act(Action::EditHunk);
        desk.types("#");
        desk.act(Action::Confirm);
    }
    assert_eq!(desk.state.session.run().unwrap().attempts.len(), 10);
    desk
}

/// The line that says which attempt is shown.
fn shown_attempt(desk: &mut Desk) -> String {
    let text = desk.text();
    let line = text.lines().find(|line| line.contains('▶')).unwrap_or_else(|| panic!("{text}"));
    line[line.find('▶').unwrap()..].to_owned()
}

#[test]
fn which_attempt_is_shown_is_in_sight_wherever_the_cursor_is() {
    for size in [SMALL, MIDDLE, LARGE] {
        let mut desk = ten(size);
        assert!(shown_attempt(&mut desk).contains("10 by hand"), "{}", desk.text());
        desk.act(Action::Bottom);
        assert!(shown_attempt(&mut desk).contains("10 by hand"), "{}", desk.text());
        for n in (1..10).rev() {
            desk.act(Action::PreviousAttempt);
            assert!(shown_attempt(&mut desk).contains(&format!("{n}  ")), "{n}: {}", desk.text());
        }
        desk.act(Action::Bottom);
        assert!(shown_attempt(&mut desk).contains("1  wrote"), "{}", desk.text());
    }
}

#[test]
fn every_line_above_the_hunks_can_be_reached_at_every_size() {
    for (size, zoomed) in [(SMALL, false), (SMALL, true), (MIDDLE, false), (LARGE, false), ((60, 17), false)] {
        let mut desk = ten(size);
        desk.state.layout.zoomed = zoomed;
        let first = desk.text();
        assert!(size.1 >= 40 || first.contains("↑ "), "that there is more is said: {first}");
        desk.act(Action::Top);
        let head = desk.text();
        assert!(head.contains("1  wrote") && !head.contains("↑ "), "{size:?} {zoomed}: {head}");
        assert_eq!(head.contains("shop/price.py +4"), !head.contains("↓ "), "that it goes on is said: {head}");
        // Down again line by line: nothing is skipped.
        let mut seen = head;
        for _ in 0..80 {
            desk.act(Action::Down);
            seen.push_str(&desk.text());
        }
        assert!(seen.contains("and 2 more"), "{size:?} {zoomed}");
        let rows = (1..=9).map(|n| format!("{n}  ")).chain((1..=6).map(|n| format!("lib/other.py:{n} is not")));
        for row in rows {
            assert!(seen.contains(&row), "{size:?} {zoomed}: {row}");
        }
        assert!(seen.contains("test_nothing_off"), "and the hunks come after them");
        // And up by single keys from far below.
        desk.act(Action::Bottom);
        for _ in 0..80 {
            desk.text();
            desk.act(Action::Up);
        }
        assert!(desk.text().contains("1  wrote"), "{size:?} {zoomed}: {}", desk.text());
    }
}

#[test]
fn going_through_the_attempts_from_their_list_stays_there() {
    let mut desk = ten(SMALL);
    desk.act(Action::Top);
    desk.text();
    desk.act(Action::PreviousAttempt);
    let text = desk.text();
    assert!(text.contains("1  wrote") && text.contains("▶ 9  by hand"), "{text}");
    assert!(text.contains("attempt 10"), "the stream says which attempt is the newest: {text}");
}

#[test]
fn what_a_check_says_of_a_file_that_is_not_shown_stands_with_its_place() {
    let mut desk = climbed(LARGE);
    desk.acts(&[Action::PreviousAttempt, Action::ToggleStep]);
    let shown = desk.text();
    assert!(shown.contains("tests/test_price.py:5 expected an expression"), "{shown}");
}

#[test]
fn what_is_said_of_a_whole_file_further_down_can_be_reached_too() {
    let mut desk = shop(SMALL);
    desk.state.settings.run.heal_attempts = 0;
    desk.state.settings.run.max_iterations = 1;
    let said = |n| finding("tests/test_price.py", 0, &format!("remark {n:02}"));
    desk.reports.push_back(report((1..=30).map(said).collect()));
    desk.event(Event::Requested(REQUEST.into()));
    desk.text();
    desk.act(Action::NextFile);
    let mut seen = desk.text();
    for _ in 0..40 {
        desk.act(Action::Up);
        seen.push_str(&desk.text());
    }
    for n in 1..=30 {
        assert!(seen.contains(&format!("remark {n:02}")), "{n}: {seen}");
    }
    assert_eq!(desk.state.review.cursor.file, 0, "and the hunks before come after them");
}

#[test]
fn what_is_drawn_below_an_overlay_does_not_scroll_it() {
    let mut desk = ten(SMALL);
    desk.acts(&[Action::Help, Action::Down, Action::Down]);
    let shown = desk.text();
    desk.event(Event::ScrollEnded(Area::Review, 0));
    assert_eq!(desk.text(), shown);
}
