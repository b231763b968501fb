//! The screen: frames of real states at three sizes, what the eye has to be able to tell apart, hostile text, tiny terminals,
//! and work that does not grow with what was ever said.

#[path = "ui/desk.rs"]
mod desk;
#[path = "ui/picture.rs"]
mod picture;
#[path = "ui/series.rs"]
mod series;

use desk::*;
use insta::assert_snapshot;
use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier, Style};
use vibe_tui::app::*;
use vibe_tui::domain::clock::Timestamp;
use vibe_tui::domain::context::{ContextBundle, ContextItem, ContextKind};
use vibe_tui::domain::failure::{Failure, FailureKind};
use vibe_tui::domain::ids::SessionId;
use vibe_tui::domain::message::{Author, Message};
use vibe_tui::domain::model::Locality;
use vibe_tui::domain::outline::Tier;
use vibe_tui::domain::session::{SessionStatus, SessionSummary};
use vibe_tui::ui::View;
use vibe_tui::ui::theme::Depth;

const SMALL: (u16, u16) = (80, 24);
const MIDDLE: (u16, u16) = (120, 40);
const LARGE: (u16, u16) = (200, 60);

const REQUEST: &str = "Fix the discount rounding in shop/price.py";
const PLAN: &str = r#"{"summary": "Round discounts once, at the end", "steps": [{"title": "Compute in cents", "kind": "modify", "path": "shop/price.py"}, {"title": "Cover the half cent", "kind": "create", "path": "tests/test_price.py"}]}"#;
const VERDICT: &str = r#"{"score": 0.82, "reasons": ["The negative discount is not tested."], "next_steps": ["Run the tests."], "improvements": []}"#;
const POOR: &str =
    r#"{"score": 0.31, "reasons": ["The test does not test the half cent."], "next_steps": [], "improvements": []}"#;

const PRICE: &str = r#""""Prices of the shop."""

TAX = 0.19


def net(price):
    return price / (1 + TAX)


def discounted(price, percent):
    """What is left to pay."""
    discount = round(price * percent / 100)
    return price - discount


def gross(price):
    return price * (1 + TAX)


def total(prices, percent):
    return sum(discounted(p, percent) for p in prices)
"#;

fn fix() -> String {
    let edit = "### FILE: shop/price.py\n<<<<<<< SEARCH\nTAX = 0.19\n=======\nTAX = 0.20\n>>>>>>> REPLACE\n<<<<<<< SEARCH\n    discount = round(price * percent / 100)\n    return price - discount\n=======\n    discount = price * percent / 100\n    return round(price - discount, 2)\n>>>>>>> REPLACE\n<<<<<<< SEARCH\ndef total(prices, percent):\n=======\ndef total(prices, percent=0):\n>>>>>>> REPLACE\n";
    let test = "### FILE: tests/test_price.py\n```python\nfrom shop.price import discounted\n\n\ndef test_half_a_cent():\n    assert discounted(0.35, 10) == 0.32\n\n\ndef test_nothing_off():\n    assert discounted(1.0, 0) == 1.0\n```\n";
    format!("I round once, at the end.\n\n{edit}\n{test}")
}

/// A desk with the shop on it and a script for one good run.
fn shop(size: (u16, u16)) -> Desk {
    let mut desk = Desk::new(size);
    desk.files.insert("shop/price.py".into(), PRICE.into());
    desk.replies.extend([PLAN.into(), Reply::Text(fix()), VERDICT.into()]);
    desk.sessions = sessions();
    desk.event(Event::Store(StoreEvent::SessionsListed(sessions())));
    desk
}

fn sessions() -> Vec<SessionSummary> {
    let session = |id: &str, name: &str, status, hours: i64, spent| SessionSummary {
        id: SessionId(id.into()),
        name: name.into(),
        root: "/home/ada/shop".into(),
        status,
        created: Timestamp(0),
        updated: Timestamp(1_800_000_000_000_000 - hours * 3_600_000_000),
        runs: 1,
        spent: usd(spent),
    };
    vec![
        session("s-1", "Fix the discount rounding in", SessionStatus::Waiting, 0, 0.0369),
        session("s-0", "Add pagination to the orders API", SessionStatus::Idle, 3, 0.412),
        session("s-9", "日本語のエラーメッセージ", SessionStatus::Paused, 50, 0.0),
    ]
}

fn at_the_gate(size: (u16, u16)) -> Desk {
    let mut desk = shop(size);
    desk.event(Event::Requested(REQUEST.into()));
    desk
}

// ---------------------------------------------------------------- frames

#[test]
fn at_the_beginning_it_says_what_to_do() {
    assert_snapshot!("welcome_80", Desk::new(SMALL).text());
}

#[test]
fn what_is_typed_is_read_and_can_be_corrected() {
    let mut desk = shop(SMALL);
    desk.types(REQUEST);
    assert_snapshot!("typed_80", desk.text());
    desk.acts(&[Action::EditIntent, Action::Right, Action::Up]);
    assert_snapshot!("correcting_80", desk.text());
}

#[test]
fn an_unclear_request_is_asked_back_and_a_number_answers() {
    let mut desk = shop(SMALL);
    desk.types("How does the parser work?");
    desk.act(Action::Submit);
    assert_snapshot!("question_80", desk.text());
    let answer = desk.state.chat.asked.as_ref().expect("a question").answers[1].clone();
    desk.types("2");
    desk.act(Action::Submit);
    let intent = &desk.state.session.run().expect("a run").spec.intent;
    assert_eq!((Some(intent.action), desk.state.chat.asked.is_none()), (answer.action, true));
    assert_eq!(intent.text, "How does the parser work?");
}

#[test]
fn a_stream_shows_plan_thinking_and_speed() {
    let mut desk = shop(MIDDLE);
    desk.replies.clear();
    desk.replies.extend([PLAN.into(), Reply::Held]);
    desk.event(Event::Requested(REQUEST.into()));
    let prefill = ModelEvent::Prefill { request: desk.request, processed: 600, total: 2400 };
    desk.event(Event::Models(prefill));
    assert_snapshot!("prefill_120", desk.text());
    desk.waits(1200);
    desk.delta("", "The rounding happens per item, so half cents add up.\n");
    desk.delta("I round once, at the end.\n\n```python\ndef discounted(price, percent):\n    return ", "");
    desk.waits(900);
    assert_snapshot!("stream_120", desk.text());
    desk.waits(12_000);
    assert!(desk.text().contains("nothing for 12 s"), "{}", desk.text());
}

#[test]
fn the_files_being_written_stand_above_the_text_until_they_are_a_proposal() {
    for (size, name) in [(SMALL, "writing_80"), (LARGE, "writing_200")] {
        let mut desk = shop(size);
        desk.replies.clear();
        desk.replies.extend([PLAN.into(), Reply::Held]);
        desk.event(Event::Requested(REQUEST.into()));
        let answer = fix();
        let (come, rest) = answer.split_at(answer.find("def test_nothing_off").unwrap());
        come.split_inclusive(' ').for_each(|piece| desk.delta(piece, ""));
        assert_snapshot!(name, desk.text());
        desk.delta(rest, "");
        desk.replies.push_back(VERDICT.into());
        desk.answers();
        assert!(!desk.text().contains("shop/price.py       changed"), "the review shows it now:\n{}", desk.text());
    }
}

#[test]
fn a_path_of_an_answer_can_do_nothing_to_the_terminal() {
    let mut desk = shop(SMALL);
    desk.replies.clear();
    desk.replies.extend([PLAN.into(), Reply::Held]);
    desk.event(Event::Requested(REQUEST.into()));
    desk.delta("### FILE: a\u{1b}[31m\u{202e}b.py\n```python\nx = 1\n", "");
    let text = desk.text();
    assert!(text.contains("U+202E") && !text.contains('\u{1b}') && !text.contains('\u{202e}'), "{text}");
}

#[test]
fn at_the_gate_the_proposal_is_there_with_its_keys() {
    assert_snapshot!("gate_80", at_the_gate(SMALL).text());
    assert_snapshot!("gate_120", at_the_gate(MIDDLE).text());
    assert_snapshot!("gate_200", at_the_gate(LARGE).text());
}

#[test]
fn the_footer_leads_on_and_out_at_every_size_and_has_the_keys_of_whole_files_where_there_is_room() {
    let last_line = |desk: &mut Desk| desk.text().lines().last().unwrap_or_default().trim_end().to_owned();
    for size in [SMALL, MIDDLE, LARGE] {
        for mut desk in [Desk::new(size), at_the_gate(size)] {
            for area in Area::ALL {
                desk.state.layout.focus_on(area);
                let line = last_line(&mut desk);
                assert!(line.ends_with("f1 help  ^p palette  ^q quit"), "{area:?} {size:?}: {line}");
            }
        }
        let line = last_line(&mut at_the_gate(size));
        for keys in ["f/F whole file", "]/[ next file"] {
            assert_eq!(line.contains(keys), size != SMALL, "{size:?}: {line}");
        }
        let mut elsewhere = at_the_gate(size);
        elsewhere.acts(&[Action::FocusChat, Action::StartTyping]);
        elsewhere.types("also");
        let line = last_line(&mut elsewhere);
        assert!(line.contains("enter revise  alt-3 review"), "{size:?}: {line}");
    }
    let mut commented = at_the_gate(SMALL);
    commented.act(Action::Comment);
    commented.types("why?");
    commented.act(Action::Confirm);
    let line = last_line(&mut commented);
    assert!(line.contains("e send comments") && line.contains("apply"), "{line}");
}

#[test]
fn a_zoomed_change_is_side_by_side_where_there_is_room() {
    let mut desk = at_the_gate(LARGE);
    desk.acts(&[Action::Zoom, Action::AcceptHunk, Action::RejectHunk]);
    assert_snapshot!("split_200", desk.text());
}

#[test]
fn attempts_findings_and_what_was_not_placed_stand_by_the_hunks() {
    let mut desk = shop(MIDDLE);
    desk.replies.clear();
    let astray = "### FILE: shop/price.py\n<<<<<<< SEARCH\n    nothing like this\n=======\n    x\n>>>>>>> REPLACE\n";
    desk.replies.extend([
        PLAN.into(),
        Reply::Text(fix()),
        Reply::Text(format!("{}\n{astray}", fix().replace("0.32", "0.31"))),
        astray.into(),
        VERDICT.into(),
    ]);
    desk.reports.extend([
        report(vec![
            finding("tests/test_price.py", 5, "expected an expression"),
            finding("shop/price.py", 12, "unclosed bracket"),
        ]),
        report(vec![finding("shop/price.py", 12, "unclosed bracket, still")]),
    ]);
    desk.replies.extend([POOR.into(), POOR.into(), POOR.into()]);
    desk.state.settings.run.max_iterations = 1;
    desk.state.settings.run.heal_attempts = 1;
    desk.event(Event::Requested(REQUEST.into()));
    desk.act(Action::Zoom);
    assert_snapshot!("attempts_120", desk.text());
}

#[test]
fn the_end_of_what_a_check_printed_that_could_not_run_is_shown() {
    let mut desk = shop(MIDDLE);
    let mut broke = report(vec![]);
    broke.checks[0].command = "pytest".into();
    let printed: String = (1..=30).map(|n| format!("INTERNALERROR> line {n}\n")).collect();
    broke.checks[0].not_run =
        Some(format!("it ended with exit code 3: {printed}INTERNALERROR> RuntimeError: the reason"));
    desk.reports.push_back(broke);
    desk.event(Event::Requested(REQUEST.into()));
    desk.act(Action::Zoom);
    let text = desk.text();
    for part in ["not checked: pytest: it ended with exit code 3", "… 25 lines", "RuntimeError: the reason"] {
        assert!(text.contains(part), "{part}\n{text}");
    }
}

#[test]
fn of_reasons_and_edits_that_are_not_all_listed_it_is_said_how_many_are_left() {
    let mut desk = shop(MIDDLE);
    desk.replies.clear();
    let astray = |n: u32| {
        format!("### FILE: shop/price.py\n<<<<<<< SEARCH\n    nothing like {n}\n=======\n    x\n>>>>>>> REPLACE\n")
    };
    let astray: String = (0..9).map(astray).collect();
    let reasons: Vec<String> = (0..8).map(|n| format!("\"Reason number {n}.\"")).collect();
    let verdict = VERDICT.replace("\"The negative discount is not tested.\"", &reasons.join(", "));
    desk.replies.extend([PLAN.into(), Reply::Text(format!("{}\n{astray}", fix())), Reply::Text(verdict)]);
    desk.state.settings.run.max_iterations = 1;
    desk.event(Event::Requested(REQUEST.into()));
    desk.act(Action::Zoom);
    let text = desk.text();
    assert!(text.contains("Reason number 5.") && !text.contains("Reason number 6."), "{text}");
    assert!(text.contains("└ and 2 more") && text.contains("└ and 3 more"), "{text}");
}

#[test]
fn a_line_of_progress_that_is_cut_says_so() {
    let mut desk = shop(SMALL);
    desk.replies.clear();
    desk.replies.extend([PLAN.into(), Reply::Held]);
    desk.event(Event::Requested(REQUEST.into()));
    desk.acts(&[Action::FocusStream, Action::Zoom]);
    let mut line = |width: u16| {
        desk.resize((width, 24));
        let text = desk.text();
        text.lines().find(|line| line.contains("✓plan")).map(str::to_owned).unwrap_or_else(|| panic!("{text}"))
    };
    assert!(line(34).ends_with("review format┃"), "{}", line(34));
    for width in 24..34 {
        let line = line(width);
        assert!(line.contains('…'), "{width}: {line}");
    }
}

#[test]
fn a_comment_is_written_over_its_line_and_stands_below_it_afterwards() {
    let mut desk = at_the_gate(SMALL);
    desk.acts(&[Action::NextHunk, Action::Down, Action::Comment]);
    desk.types(
        "Why is the percentage divided here and not where it is read? It is a number from 0 to 1 everywhere else.",
    );
    assert_snapshot!("comment_80", desk.text());
    desk.act(Action::Confirm);
    assert_snapshot!("commented_80", desk.text());
}

#[test]
fn what_is_told_is_not_cut_before_it_says_what_to_do() {
    let mut desk = at_the_gate(SMALL);
    let text = "calc.py is not what the proposal was made from: somebody has changed it since. Nothing was written; say it again to have it made anew.";
    desk.event(Event::Noticed(Failure::fatal(FailureKind::Stale, text)));
    let shown = desk.text();
    let end: Vec<&str> = shown.lines().rev().take(3).collect();
    assert_eq!(format!("{} {}", end[2].trim(), end[1].trim()), text);
    assert!(end[0].starts_with(" a accept  r reject") && end[0].ends_with("quit"), "the keys stay: {shown}");
    desk.act(Action::NextHunk);
    assert!(desk.text().contains("━━━┛\n"), "the next key makes room for the border again");
}

#[test]
fn a_hunk_is_changed_in_place() {
    let mut desk = at_the_gate(LARGE);
    desk.acts(&[Action::NextHunk, Action::EditHunk]);
    desk.types("# rounded\n");
    assert_snapshot!("edit_hunk_200", desk.text());
}

#[test]
fn a_write_that_failed_is_said_where_it_was_asked_for() {
    let mut desk = at_the_gate(SMALL);
    desk.unwritable = Some(Failure::fatal(FailureKind::Stale, "shop/price.py changed on disk: read it again."));
    desk.acts(&[Action::AcceptAll, Action::Apply, Action::Apply]);
    assert_snapshot!("apply_failed_80", desk.text());
    desk.acts(&[Action::Apply, Action::Apply]);
    assert!(desk.text().contains("Written: 2 files"), "{}", desk.text());
}

#[test]
fn a_clash_with_the_file_on_disk_shows_what_is_there_what_was_there_and_what_the_proposal_wants() {
    for size in [SMALL, LARGE] {
        let mut desk = at_the_gate(size);
        desk.files.insert("shop/price.py".into(), PRICE.replace("TAX = 0.19", "TAX = 0.07"));
        desk.unwritable = Some(Failure::fatal(FailureKind::Stale, "shop/price.py changed on disk: read it again."));
        desk.acts(&[Action::AcceptAll, Action::Apply, Action::Apply]);
        let text = desk.text();
        let at = |words: &str| text.find(words).unwrap_or_else(|| panic!("{words}\n{text}"));
        let order = ["clash: `shop/price.py` line 3", "it is:", "    TAX = 0.07", "it was:", "    TAX = 0.19"];
        let order = order.into_iter().chain(["it would be:", "    TAX = 0.20"]).map(at).collect::<Vec<_>>();
        assert!(order.is_sorted(), "{text}");
        desk.files.insert("shop/price.py".into(), PRICE.into());
        desk.acts(&[Action::Apply, Action::Apply]);
        assert!(!desk.text().contains("clash:"), "{}", desk.text());
    }
}

#[test]
fn accepted_hunks_that_fail_alone_are_shown_with_what_fails_and_with_the_key_that_writes_them() {
    for size in [SMALL, MIDDLE, LARGE] {
        let mut desk = at_the_gate(size);
        desk.reports.push_back(report(vec![finding("tests/test_price.py", 5, "expected another price")]));
        desk.acts(&[Action::NextHunk, Action::AcceptHunk, Action::Apply, Action::Apply]);
        let shown = desk.text();
        assert!(shown.contains("syntax: tests/test_price.py:5 expected"), "{shown}");
        let end: Vec<&str> = shown.lines().rev().take(2).collect();
        assert!(end[1].contains("accepted hunks alone fail (1 error). Once more to write anyway."), "{shown}");
        assert!(end[0].contains("enter yes, write"), "{shown}");
    }
}

#[test]
fn a_question_too_long_for_its_line_leaves_room_for_the_key_that_answers_it() {
    let mut desk = at_the_gate(SMALL);
    desk.act(Action::Comment);
    desk.types("why?");
    desk.acts(&[Action::Confirm, Action::RejectAll, Action::Apply]);
    let shown = desk.text();
    let end: Vec<&str> = shown.lines().rev().take(3).collect();
    assert!(end[2].contains("Once more to end the run") && end[1].contains("Not sent: 1 comment."), "{shown}");
    assert!(end[0].contains("enter yes, end it") && !end[1].contains("yes, end it"), "once is enough: {shown}");
    // Where the line of keys has no room for it, it stands behind the sentence.
    let mut desk = at_the_gate((40, 12));
    desk.acts(&[Action::RejectAll, Action::Apply]);
    let shown = desk.text();
    let end: Vec<&str> = shown.lines().rev().take(2).collect();
    assert!(end[1].ends_with("enter yes, end it") && !end[0].contains("yes, end it"), "{shown}");
}

#[test]
fn an_applied_change_can_be_taken_back_from_where_the_user_is() {
    let mut desk = at_the_gate(SMALL);
    desk.acts(&[Action::AcceptAll, Action::Apply, Action::Apply]);
    assert_snapshot!("applied_80", desk.text());
}

#[test]
fn a_paused_run_asks_in_the_middle_with_its_keys() {
    let mut desk = shop(SMALL);
    desk.replies.clear();
    desk.replies.extend([PLAN.into(), Reply::OverBudget, Reply::Held]);
    desk.event(Event::Requested(REQUEST.into()));
    assert_snapshot!("pause_80", desk.text());
    desk.act(Action::Close);
    assert!(!desk.text().contains("┏ Paused"), "put aside");
    assert!(desk.text().contains("b raise"), "its keys still work and are shown: {}", desk.text());
    desk.resize(LARGE);
    desk.act(Action::UseCheaper);
    assert_eq!(desk.state.session.run().unwrap().spec.model.reference.to_string(), "anthropic/claude-haiku-4-5");
}

#[test]
fn a_failed_request_offers_to_send_it_again_or_elsewhere() {
    let mut desk = shop(LARGE);
    desk.replies.clear();
    let failure = Failure::transient(
        FailureKind::Network,
        "api.anthropic.com cannot be reached: check the connection, or use a model on this machine.",
    );
    desk.replies.extend([Reply::Fails(failure), Reply::Held]);
    desk.event(Event::Requested(REQUEST.into()));
    assert_snapshot!("failed_200", desk.text());
    desk.act(Action::ChooseModel);
    desk.types("qwen");
    desk.act(Action::Confirm);
    assert_eq!(
        desk.state.session.run().unwrap().spec.model.reference.model,
        "qwen2.5-coder:7b",
        "the run goes on with it"
    );
}

#[test]
fn models_show_window_place_and_price() {
    let mut desk = shop(MIDDLE);
    desk.act(Action::ChooseModel);
    assert_snapshot!("models_120", desk.text());
}

#[test]
fn help_begins_with_the_place_it_was_asked_from() {
    let mut desk = at_the_gate(SMALL);
    desk.act(Action::Help);
    assert_snapshot!("help_80", desk.text());
    desk.resize(LARGE);
    let wide = desk.text();
    assert!(wide.contains("Review · you are here") && wide.contains("In the context"), "{wide}");
    desk.act(Action::Bottom);
    let end = desk.text();
    assert!(end.contains("Signs") && end.contains("/pin PATH"), "{end}");
}

#[test]
fn help_over_the_context_begins_with_the_contexts_keys_and_leads_back_to_it() {
    let mut desk = with_context(SMALL);
    desk.acts(&[Action::ShowContext, Action::Down, Action::Help]);
    let text = desk.text();
    assert!(text.contains("In the context · you are here") && !text.contains("Chat · you are here"), "{text}");
    desk.act(Action::Close);
    assert!(desk.text().contains("Context 2/7"), "{}", desk.text());
}

#[test]
fn a_chord_that_has_begun_shows_how_it_may_go_on() {
    let mut desk = at_the_gate(SMALL);
    let ways = ["c chat", "s stream", "r review", "b budget", "l sessions", "m model", "o mode", "t theme", "w apply"];
    let ways = ways.iter().filter_map(|w| w.split_once(' ')).map(|(k, w)| (k.to_owned(), w.to_owned()));
    desk.event(Event::ChordPending(ways.collect()));
    let text = desk.text();
    let last: Vec<&str> = text.lines().skip(22).collect();
    assert_eq!(last[0], " c chat  s stream  r review  b budget  l sessions  m model  o mode  t theme");
    assert_eq!(last[1], " w apply");
}

#[test]
fn orders_are_offered_while_one_is_typed() {
    let mut desk = shop(SMALL);
    desk.types("/");
    let text = desk.text();
    assert!(text.contains("/undo") && text.contains("/quit") && text.contains("enter does this"), "{text}");
    desk.types("re");
    let text = desk.text();
    assert!(text.contains("/redo     Make it again") && !text.contains("/model"), "{text}");
}

#[test]
fn what_a_tiny_terminal_cuts_has_a_mark() {
    let mut desk = at_the_gate((20, 6));
    let shown = desk.text();
    let lines: Vec<&str> = shown.lines().collect();
    assert!(lines[0].ends_with("$0.…") && lines[2].ends_with("…┃"), "{shown}");
    desk.acts(&[Action::FocusChat, Action::Help]);
    assert!(desk.text().contains(" While typing ·…┃"), "{}", desk.text());
}

#[test]
fn where_no_line_of_a_hunk_can_be_seen_none_is_decided_and_no_such_key_is_offered() {
    for size in [(20, 6), (19, 5)] {
        let mut desk = at_the_gate(size);
        desk.frame();
        let text = desk.text();
        assert!(size.0 < 20 || text.contains(" Too small to") && !text.contains("accept"), "{text}");
        for action in [Action::AcceptHunk, Action::AcceptAll, Action::RejectHunk, Action::Apply, Action::Comment] {
            desk.act(action);
            let run = desk.state.session.run().unwrap();
            assert!(run.decisions.is_empty() && desk.state.overlay.is_none(), "{action:?}");
            assert_eq!(desk.state.notice.as_ref().unwrap().text, TOO_SMALL);
        }
        desk.resize((20, 7));
        desk.act(Action::Up);
        desk.frame();
        let text = desk.text();
        assert!(text.contains("accept") && !text.contains("Too small"), "{text}");
        desk.act(Action::AcceptHunk);
        assert_eq!(desk.state.session.run().unwrap().decisions.len(), 1, "a line of it is there: {text}");
    }
}

#[test]
fn a_question_before_a_write_that_is_cut_has_a_mark() {
    let mut desk = at_the_gate((20, 8));
    desk.text();
    desk.acts(&[Action::AcceptHunk, Action::Apply]);
    let text = desk.text();
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    assert!(lines[5].starts_with(" Once more") && lines[5].ends_with('…') && lines[6].contains("yes, write"), "{text}");
}

#[test]
fn on_a_tiny_terminal_what_is_typed_can_be_seen() {
    let mut desk = shop((40, 10));
    desk.types("Fix the rounding");
    let text = desk.text();
    assert!(text.contains("┃Fix the rounding") && !text.contains("Budget"), "{text}");
}

#[test]
fn what_was_not_decided_is_shown_as_left_out_once_the_rest_is_written() {
    let mut desk = at_the_gate(LARGE);
    desk.acts(&[Action::AcceptHunk, Action::Apply, Action::Apply]);
    let text = desk.text();
    assert!(text.contains("[–] left out") && text.contains("written: 1 of 3 hunks"), "{text}");
    assert!(text.contains("Left out: 2 hunks that were not decided."), "{text}");
}

#[test]
fn no_amount_is_cut_where_the_budget_is_narrow() {
    for area in Area::ALL {
        let mut desk = at_the_gate(SMALL);
        desk.state.layout.focus_on(area);
        let text = desk.text();
        assert!(text.contains("$0.037 / $0.500") && !text.contains("$…"), "{area:?}:\n{text}");
    }
}

// ---------------------------------------------------------------- telling apart

/// The style of the first cell of `text` on the screen.
fn style_of(buffer: &Buffer, text: &str) -> Style {
    let wanted: Vec<String> = text.chars().map(String::from).collect();
    let width = usize::from(buffer.area.width);
    for row in buffer.content.chunks(width) {
        for at in 0..row.len().saturating_sub(wanted.len()) {
            if row[at..at + wanted.len()].iter().zip(&wanted).all(|(cell, c)| cell.symbol() == c) {
                return row[at].style();
            }
        }
    }
    panic!("`{text}` is not on the screen:\n{}", text_of(buffer));
}

#[test]
fn accepted_rejected_and_open_hunks_look_different_with_and_without_colours() {
    for theme in ["dark", "light"] {
        for depth in [Depth::TrueColor, Depth::Ansi256, Depth::Ansi16, Depth::None] {
            let mut desk = at_the_gate(LARGE);
            desk.view = View::new(vec![look(theme, depth)], keymap("default"));
            desk.acts(&[Action::AcceptHunk, Action::RejectHunk]);
            let frame = desk.frame();
            let marks = ["[✓] accepted", "[✗] rejected", "[ ] open"].map(|mark| style_of(&frame, mark));
            assert_ne!(marks[0], marks[1], "{theme} {depth:?}");
            assert_ne!(marks[1], marks[2], "{theme} {depth:?}");
            assert_ne!(marks[0], marks[2], "{theme} {depth:?}");
            let text = text_of(&frame);
            assert!(text.contains("✓  3     −TAX"), "an accepted hunk has its sign at every line:\n{text}");
        }
    }
}

#[test]
fn without_colours_there_are_none() {
    let mut desk = at_the_gate(LARGE);
    desk.view = View::new(vec![look("dark", Depth::None)], keymap("default"));
    let frame = desk.frame();
    let coloured = frame.content.iter().filter(|c| c.fg != Color::Reset || c.bg != Color::Reset).count();
    assert_eq!(coloured, 0);
}

#[test]
fn with_colours_every_cell_has_the_themes_background() {
    for theme in ["dark", "light"] {
        let mut desk = at_the_gate(MIDDLE);
        desk.view = View::new(vec![look(theme, Depth::TrueColor)], keymap("default"));
        desk.act(Action::Help);
        let frame = desk.frame();
        // The cell behind a wide character is never sent.
        let wide =
            |cell: usize| cell > 0 && unicode_width::UnicodeWidthStr::width(frame.content[cell - 1].symbol()) > 1;
        let bare = (0..frame.content.len()).filter(|i| frame.content[*i].bg == Color::Reset && !wide(*i)).count();
        assert_eq!(bare, 0, "{theme}: the terminal's own background shows through");
    }
}

#[test]
fn the_words_that_changed_stand_out_within_their_lines() {
    let mut desk = at_the_gate(LARGE);
    let frame = desk.frame();
    let removed = style_of(&frame, "round(price * percent");
    let line = style_of(&frame, "discount = round(price");
    assert_ne!(removed.bg, line.bg, "`round` went, `discount =` stayed");
}

#[test]
fn the_cursor_is_seen_while_typing_and_the_line_grows() {
    for depth in [Depth::TrueColor, Depth::None] {
        let mut desk = Desk::new(SMALL);
        desk.view = View::new(vec![look("dark", depth)], keymap("default"));
        desk.types("one line that is longer than the pane is wide, so that it wraps");
        let frame = desk.frame();
        let reversed: Vec<_> = frame.content.iter().filter(|c| c.modifier.contains(Modifier::REVERSED)).collect();
        assert_eq!(reversed.len(), 1, "{depth:?}: one cursor");
        assert!(text_of(&frame).contains("wraps"), "all of it is seen");
        desk.act(Action::StopTyping);
        let frame = desk.frame();
        assert!(frame.content.iter().all(|c| !c.modifier.contains(Modifier::REVERSED)), "no cursor when not typing");
    }
}

#[test]
fn thinking_is_quieter_than_the_answer() {
    let mut desk = shop(MIDDLE);
    desk.replies.clear();
    desk.replies.extend([PLAN.into(), Reply::Held]);
    desk.event(Event::Requested(REQUEST.into()));
    desk.delta("", "pondering\n");
    desk.delta("answering\n", "");
    let frame = desk.frame();
    assert_ne!(style_of(&frame, "pondering"), style_of(&frame, "answering"));
}

// ---------------------------------------------------------------- hostile text and tiny terminals

const HOSTILE: &[&str] = &[
    "\u{1b}]0;owned\u{7}\u{1b}[2J\u{1b}[31mred",
    "\u{202e}txt.exe \u{2066}x\u{2069}",
    "x\u{e0041}\u{e0042} tags",
    "日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語日本語",
    "👩‍💻👨‍👩‍👧‍👦🏳️‍🌈❤️ e\u{301}\u{301}\u{301}\u{301} \u{200d}\u{200d}",
    "\r\n\t\u{0}\u{8}\u{7f}\u{9b}31m",
];

fn everything(text: &str, size: (u16, u16)) -> Desk {
    let mut desk = shop(size);
    desk.replies.clear();
    desk.state.root.name = text.to_owned();
    desk.state.root.branch = Some(text.to_owned());
    desk.state.session.messages.extend([Author::User, Author::Assistant, Author::Workbench].map(|author| Message {
        author,
        text: text.to_owned(),
        at: Timestamp(0),
        run: None,
    }));
    let plan = serde_json::json!({"summary": text, "steps": [{"title": text, "kind": "modify", "path": "a.py"}]});
    let file = format!("### FILE: a.py\n```python\nx = 1\n# {}\n```\n", text.replace(['\n', '\r'], " "));
    let verdict = serde_json::json!({"score": 0.9, "reasons": [text], "next_steps": [text], "improvements": [text]});
    desk.replies.extend([Reply::Text(plan.to_string()), Reply::Text(file), Reply::Text(verdict.to_string())]);
    desk.reports.push_back(report(vec![finding("a.py", 2, text), finding(text, 1, text)]));
    desk.replies.extend([verdict.to_string().as_str().into(), VERDICT.into(), VERDICT.into(), VERDICT.into()]);
    desk.state.settings.run.heal_attempts = 0;
    desk.state.settings.run.max_iterations = 1;
    desk.event(Event::Requested(REQUEST.into()));
    desk.pastes(text);
    let mut listed = sessions();
    listed[1].name = text.to_owned();
    desk.event(Event::Store(StoreEvent::SessionsListed(listed)));
    desk.state.tell(text, Failed::Yes);
    desk
}

/// Nothing that a terminal would obey or a reader could not see, and every border where it belongs.
fn assert_contained(desk: &mut Desk, what: &str) {
    let frame = desk.frame();
    for cell in &frame.content {
        let symbol = cell.symbol();
        let joins = |c: char| matches!(c, '\u{200d}' | '\u{fe0f}') && symbol.chars().count() > 1;
        let bad = symbol.chars().find(|c| (c.is_control() || is_format(*c)) && !joins(*c));
        assert_eq!(bad, None, "{what}: {symbol:?} reached the screen");
    }
    let (width, height) = desk.state.size;
    let arrangement = vibe_tui::ui::arrange(ratatui::layout::Rect::new(0, 0, width, height), &desk.state.layout);
    if desk.state.overlay.is_none() && desk.state.pause().is_none() {
        for (area, rect) in arrangement.panes {
            for y in rect.y + 1..rect.bottom() - 1 {
                let right = frame[(rect.right() - 1, y)].symbol();
                assert!(matches!(right, "│" | "┃"), "{what}: {area:?} leaves its pane in row {y}: {right:?}");
            }
        }
    }
}

fn is_format(c: char) -> bool {
    matches!(c as u32, 0x200b..=0x200f | 0x202a..=0x202e | 0x2060..=0x206f | 0xe0000..=0xe0fff | 0xfeff)
}

#[test]
fn hostile_text_is_shown_and_never_obeyed_and_stays_in_its_pane() {
    for text in HOSTILE {
        for size in [SMALL, MIDDLE, LARGE] {
            let mut desk = everything(text, size);
            assert_contained(&mut desk, text);
            for area in [
                Action::FocusChat,
                Action::FocusStream,
                Action::FocusReview,
                Action::FocusBudget,
                Action::FocusSessions,
            ] {
                desk.act(area);
                assert_contained(&mut desk, text);
            }
            desk.act(Action::Palette);
            desk.pastes(text);
            assert_contained(&mut desk, text);
        }
    }
}

#[test]
fn a_line_of_a_megabyte_is_drawn_everywhere() {
    let text = "x日 ".repeat(200_000);
    let mut desk = everything(&text, SMALL);
    assert_contained(&mut desk, "1 MB");
    desk.acts(&[Action::FocusReview, Action::Right, Action::Right, Action::Bottom]);
    assert_contained(&mut desk, "1 MB in review");
}

#[test]
fn every_small_size_is_drawn() {
    let desks = [shop(SMALL), at_the_gate(SMALL), everything(HOSTILE[3], SMALL)];
    let mut paused = shop(SMALL);
    paused.replies.clear();
    paused.replies.extend([PLAN.into(), Reply::OverBudget]);
    paused.event(Event::Requested(REQUEST.into()));
    let mut helped = at_the_gate(SMALL);
    helped.act(Action::Help);
    let mut picking = shop(SMALL);
    picking.act(Action::ChooseModel);
    let (mut itemised, mut reading, mut nothing) = (with_context(SMALL), with_context(SMALL), shop(SMALL));
    itemised.acts(&[Action::ShowContext, Action::Down, Action::PinItem]);
    reading.acts(&[Action::ShowContext, Action::Confirm]);
    nothing.act(Action::ShowContext);
    let mut editing = at_the_gate(SMALL);
    editing.act(Action::EditHunk);
    let mut commenting = at_the_gate(SMALL);
    commenting.act(Action::Comment);
    let others = [paused, helped, picking, itemised, reading, nothing, editing, commenting];
    for mut desk in desks.into_iter().chain(others) {
        for width in 1..=30 {
            for height in 1..=16 {
                desk.resize((width, height));
                desk.frame();
            }
        }
        for size in [(500, 3), (21, 200), (300, 7)] {
            desk.resize(size);
            desk.frame();
        }
    }
}

#[test]
fn what_is_told_is_drawn_at_every_width_whatever_it_ends_with() {
    let texts = [
        "word",
        "a word and another one that is longer than the line",
        "日本語のエラーメッセージ",
        "e\u{301}\u{202e}x",
        "",
    ];
    let mut desk = at_the_gate(SMALL);
    for text in texts {
        for end in ["", " ", &" ".repeat(120), "\n\n"] {
            let failure = Failure::fatal(FailureKind::Internal, format!("{text}{end}"));
            desk.event(Event::Noticed(failure));
            for width in 1..=60 {
                desk.resize((width, 24));
                desk.frame();
            }
        }
    }
}

// ---------------------------------------------------------------- moving about in a long change

/// A desk that reviews a file of so many changed lines, in one hunk.
fn long_change(lines: usize, size: (u16, u16)) -> Desk {
    let mut desk = shop(size);
    let before: String = (0..lines).map(|i| format!("value_{i} = {i}\n")).collect();
    let after: String = (0..lines).map(|i| format!("value_{i} = {}\n", i + 1)).collect();
    desk.files.insert("long.py".into(), before.clone());
    desk.replies.clear();
    let edit = format!("### FILE: long.py\n<<<<<<< SEARCH\n{before}=======\n{after}>>>>>>> REPLACE\n");
    desk.replies.extend([PLAN.into(), Reply::Text(edit), VERDICT.into()]);
    desk.replies.extend([VERDICT.into(), VERDICT.into()]);
    desk.event(Event::Requested(REQUEST.into()));
    desk
}

#[test]
fn in_a_long_hunk_the_line_stays_in_sight_and_the_files_head_stays_above() {
    let mut desk = long_change(300, SMALL);
    assert_eq!(desk.state.session.run().unwrap().attempt().unwrap().diff[0].path, "long.py");
    let lines = desk.state.session.run().unwrap().attempt().unwrap().diff[0].hunks[0].lines.len();
    assert_eq!(lines, 600);
    for _ in 0..30 {
        desk.act(Action::PageDown);
        let frame = desk.text();
        let line = &desk.state.session.run().unwrap().attempt().unwrap().diff[0].hunks[0].lines[desk.state.review.line];
        assert!(frame.contains(line.text.as_str()), "{} is not in sight:\n{frame}", line.text);
        assert!(frame.contains("long.py"), "the file's head:\n{frame}");
    }
    desk.act(Action::Bottom);
    let end = desk.text();
    desk.act(Action::Down);
    assert_eq!(desk.text(), end, "it stops at the end");
    desk.acts(&[Action::Top, Action::Up]);
    assert!(desk.text().contains("value_0 "), "it stops at the beginning");
}

#[test]
fn the_cursors_hunk_is_whole_in_sight_when_it_fits() {
    for size in [SMALL, MIDDLE, LARGE] {
        let mut desk = at_the_gate(size);
        let diff = desk.state.session.run().unwrap().attempt().unwrap().diff.clone();
        let screen = ratatui::layout::Rect::new(0, 0, size.0, size.1);
        let panes = vibe_tui::ui::arrange(screen, &desk.state.layout).panes;
        // Two borders, the status, the head of the file, the head of the hunk.
        let room = usize::from(panes.iter().find(|p| p.0 == Area::Review).unwrap().1.height) - 5;
        for (file, hunk) in diff.iter().flat_map(|f| f.hunks.iter().map(move |h| (f, h))) {
            let frame = desk.text();
            let fits = hunk.lines.len() <= room;
            for line in hunk.lines.iter().filter(|l| fits && !l.text.is_empty()) {
                let start: String = line.text.chars().take(24).collect();
                assert!(
                    frame.contains(start.trim_end()),
                    "{}: `{}` is out of sight at {size:?}:\n{frame}",
                    file.path,
                    line.text
                );
            }
            desk.act(Action::NextHunk);
        }
    }
}

// ---------------------------------------------------------------- work

fn talk(desk: &mut Desk, messages: usize) {
    let text = "A line of the conversation that is long enough to wrap once in a narrow pane.\n".repeat(10);
    let message = Message { author: Author::Assistant, text, at: Timestamp(0), run: None };
    desk.state.session.messages = vec![message; messages];
}

#[test]
fn a_frame_lays_out_what_is_visible_however_much_was_said() {
    let first = |messages| {
        let mut desk = Desk::new(LARGE);
        talk(&mut desk, messages);
        desk.frame();
        let first = desk.view.work();
        desk.frame();
        assert_eq!(desk.view.work(), first, "a frame without change lays out nothing");
        first
    };
    assert_eq!(first(100), first(10_000), "1,000 and 100,000 lines");
}

#[test]
fn a_token_lays_out_the_line_it_is_in_however_long_the_answer_is() {
    let appended = |lines: usize| {
        let mut desk = shop(LARGE);
        desk.replies.clear();
        desk.replies.extend([PLAN.into(), Reply::Held]);
        desk.event(Event::Requested(REQUEST.into()));
        desk.delta(&(0..lines).map(|i| format!("Line {i} of the answer.\n")).collect::<String>(), "");
        desk.frame();
        let before = desk.view.work().wrapped;
        desk.delta("token ", "");
        desk.frame();
        desk.view.work().wrapped - before
    };
    assert_eq!((appended(1000), appended(100_000)), (1, 1));
}

#[test]
fn a_full_stream_makes_room_for_several_lines_at_once_and_shows_each_line_at_once() {
    let mut desk = shop(MIDDLE);
    desk.replies.clear();
    desk.replies.extend([PLAN.into(), Reply::Held]);
    desk.event(Event::Requested(REQUEST.into()));
    let row = |text: &str, n: usize| text.lines().position(|l| l.contains(&format!("Line {n}.")));
    let (mut before, mut moved) = (String::new(), 0);
    for n in 0..60 {
        desk.delta(&format!("Line {n}.\n"), "");
        let now = desk.text();
        assert!(row(&now, n).is_some(), "line {n} is not there\n{now}");
        moved += usize::from(n > 0 && row(&now, n - 1) != row(&before, n - 1));
        before = now;
    }
    assert!((2..=20).contains(&moved), "moved {moved} times");
}

#[test]
fn a_large_proposal_is_placed_once_and_highlighted_where_it_is_looked_at() {
    let mut desk = long_change(25_000, LARGE);
    desk.frame();
    let first = desk.view.work();
    assert!(first.placed >= 50_000, "{first:?}");
    assert!(first.highlighted <= 200, "{first:?}");
    desk.acts(&[Action::Down, Action::Down]);
    desk.frame();
    assert_eq!(desk.view.work(), first, "moving within what is in sight costs nothing");
    desk.act(Action::Bottom);
    desk.frame();
    let end = desk.view.work();
    assert_eq!(end.placed, first.placed);
    assert!(end.highlighted - first.highlighted <= 200, "{end:?}");
    desk.act(Action::AcceptHunk);
    desk.frame();
    assert_eq!(desk.view.work().placed, first.placed, "a decision moves nothing");
}

#[test]
fn the_palette_runs_what_it_offers() {
    let mut desk = at_the_gate(SMALL);
    desk.act(Action::Palette);
    desk.types("every hunk acc");
    desk.act(Action::Confirm);
    let run = desk.state.session.run().unwrap();
    assert!(run.decisions.len() >= 3, "{:?}", run.decisions);
    let mut desk = Desk::new(SMALL);
    desk.models = vec![model("embedded/patterns", Locality::Embedded, 8192)];
    assert_eq!(desk.state.scopes()[0], Scope::Typing);
}

// ---------------------------------------------------------------- the context, and what an @ may become

fn item(kind: ContextKind, label: &str, lines: &[(u32, u32)], tokens: u32, reason: &str) -> ContextItem {
    let text = format!("### {label}\n{PRICE}");
    ContextItem { kind, label: label.into(), lines: lines.to_vec(), text, tokens, reason: reason.into() }
}

/// A desk with a run whose context has something of everything.
fn with_context(size: (u16, u16)) -> Desk {
    use ContextKind::*;
    let mut desk = shop(size);
    let items = vec![
        item(Memory, "AGENTS.md", &[], 210, "the repository's rules for agents"),
        item(Code, "layout", &[], 96, "where things are: 41 files"),
        item(Code, "shop/price.py", &[], 1240, "named in the request"),
        item(
            Code,
            "shop/orders/history/discounts.py",
            &[(1, 12), (40, 88)],
            930,
            "speaks of `discount`, `rounding`; part of this session; the bodies that matter",
        ),
        item(Code, "tests/test_日本語.py", &[(3, 9)], 80, "near what the request is about \u{1b}[31m"),
        item(Pattern, "pytest-fixture", &[], 400, "fits the request"),
        item(Memory, "memory 3", &[], 12, "shares `rounding` with the request; 3 d old"),
    ];
    desk.context = ContextBundle { tokens: 2968, budget: 8000, items, ..ContextBundle::default() };
    desk.event(Event::Requested(REQUEST.into()));
    desk.act(Action::FocusChat);
    desk
}

#[test]
fn the_context_is_itemised_with_tokens_money_and_reasons() {
    for (size, name) in [(SMALL, "context_80"), (LARGE, "context_200")] {
        let mut desk = with_context(size);
        assert!(size == SMALL || desk.text().contains("f5 context"), "the footer has its key:\n{}", desk.text());
        desk.act(Action::ShowContext);
        desk.acts(&[Action::Down, Action::Down, Action::Down, Action::DropItem, Action::Up]);
        desk.act(Action::Close);
        desk.types("/pin docs/prices.md");
        desk.act(Action::Submit);
        desk.acts(&[Action::ShowContext, Action::Down, Action::Down]);
        assert_snapshot!(name, desk.text());
        desk.act(Action::Confirm);
        let text = desk.text();
        assert!(
            text.contains("def net(price):") && text.contains("shop/price.py") && text.contains("q back"),
            "{text}"
        );
        desk.act(Action::Bottom);
        assert!(desk.text().contains("return sum(discounted(p, percent) for p in prices)"), "{}", desk.text());
    }
}

#[test]
fn what_is_not_known_of_a_context_is_not_made_up() {
    let mut desk = shop(SMALL);
    desk.act(Action::ShowContext);
    assert!(desk.text().contains("No prompt was made in this session yet"), "{}", desk.text());
    let keys = desk.text().lines().last().unwrap().to_owned();
    assert!(keys.contains("close") && !keys.contains("drop") && !keys.contains("up"), "nothing to act on: {keys}");
    let mut desk = with_context(SMALL);
    desk.act(Action::ShowContext);
    assert!(desk.text().contains("~3.0k of 8.0k tokens, 37 %"), "{}", desk.text());
    desk.state.model = Some(vibe_tui::domain::model::ModelRef::parse("openai/unheard-of").unwrap());
    assert!(desk.text().contains("37 % · ? with openai/unheard-of"), "{}", desk.text());
    desk.state.model = Some(vibe_tui::domain::model::ModelRef::parse("ollama/qwen2.5-coder:7b").unwrap());
    assert!(desk.text().contains("37 % · free with ollama"), "{}", desk.text());
}

#[test]
fn without_colours_the_selected_line_and_what_was_said_of_it_can_be_told() {
    let mut desk = with_context(SMALL);
    desk.view = View::new(vec![look("dark", Depth::None)], keymap("vim"));
    desk.acts(&[Action::ShowContext, Action::Down, Action::Down, Action::PinItem]);
    let text = desk.text();
    let row = text.lines().find(|l| l.contains("▌ +") && l.contains("shop/price.py"));
    assert!(row.is_some() && text.contains("pinned: in every context"), "{text}");
    assert!(text.contains("p let it go"), "{text}");
}

#[test]
fn behind_an_at_sign_files_and_names_are_offered_above_the_input() {
    for (size, name) in [(SMALL, "completion_80"), (LARGE, "completion_200")] {
        let mut desk = shop(size);
        desk.types("Fix @");
        assert!(desk.text().contains("letters of a file or a name"), "{}", desk.text());
        desk.types("pri");
        desk.event(Event::Completed { query: "pri".into(), items: None });
        assert!(desk.text().contains("map is being made"), "{}", desk.text());
        let file = |path: &str| CompletionItem { kind: CompletionKind::File, name: path.into(), place: String::new() };
        let symbol = |name: &str, place: &str| CompletionItem {
            kind: CompletionKind::Symbol,
            name: name.into(),
            place: place.into(),
        };
        let mut items =
            vec![file("shop/price.py"), symbol("Order.price", "shop/orders/order.py:41"), file("a\u{202e}b")];
        items.extend((0..12).map(|n| file(&format!("docs/prices/{n}.md"))));
        desk.event(Event::Completed { query: "pri".into(), items: Some(items) });
        desk.act(Action::Down);
        assert_snapshot!(name, desk.text());
        desk.acts(&[Action::Down; 9]);
        assert!(desk.text().contains("▌ docs/prices/7.md"), "the selected line is in sight:\n{}", desk.text());
        desk.act(Action::Confirm);
        assert!(desk.text().contains("Fix docs/prices/7.md"), "{}", desk.text());
        desk.types("@zzz");
        desk.event(Event::Completed { query: "zzz".into(), items: Some(Vec::new()) });
        assert!(desk.text().contains("no file and no name has these letters"), "{}", desk.text());
    }
}

#[test]
fn the_map_is_told_while_it_is_made_and_then_costs_no_room() {
    let progress = |done| Event::Repository(RepositoryEvent::Progress { tier: Tier::Scan, done, total: 20_000 });
    let mut desk = Desk::new(SMALL);
    desk.event(progress(12_400));
    assert!(desk.text().contains("mapping 12,400/20,000 files"), "{}", desk.text());
    desk.event(Event::Repository(RepositoryEvent::Ready { files: 20_000, symbols: 61_000, millis: 900 }));
    let text = desk.text();
    assert!(
        !text.lines().next().unwrap().contains("files") && text.contains("20,000 files · 61,000 symbols"),
        "{text}"
    );
    let before = desk.text();
    desk.event(Event::Repository(RepositoryEvent::Progress { tier: Tier::Exact, done: 5, total: 20_000 }));
    assert_eq!(desk.text(), before, "what goes on behind is no one's concern");
    desk.resize(LARGE);
    assert!(desk.text().lines().next().unwrap().contains("20,000 files · 61,000 symbols"));
}

// ---------------------------------------------------------------- the picture in the README

#[test]
fn the_screenshot_is_a_real_frame() {
    let mut desk = at_the_gate((120, 36));
    desk.act(Action::AcceptHunk);
    let svg = picture::svg(&desk.frame(), look("dark", Depth::TrueColor));
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/screenshot.svg");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &svg).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == svg, "assets/screenshot.svg is not what the screen shows; run UPDATE=1 cargo test --test ui");
}
