//! A run as the heart sees it: events become facts, strangers are dropped, limits hold, stopping stops.

use super::desk::*;
use vibe_tui::app::{Action, Area, Effect, Event, Fact, Fate, ModelEvent, STALL_MS, UnknownPrice, WorkEvent, Written};
use vibe_tui::budget::ledger::{Scope, Totals};
use vibe_tui::budget::limit::Limits;
use vibe_tui::domain::change::ChangeSet;
use vibe_tui::domain::clock::Timestamp;
use vibe_tui::domain::failure::FailureKind;
use vibe_tui::domain::ids::{JobId, RequestId};
use vibe_tui::domain::message::Author;
use vibe_tui::domain::model::{FinishReason, Locality, Node, Timings, Usage};
use vibe_tui::domain::money::Money;
use vibe_tui::graph::{Outcome, PauseReason, ResumeChoice, RunFact, Stage};

/// A desk with a request out that has not answered.
fn calling() -> (Desk, RequestId) {
    let mut desk = Desk::new(World::new());
    desk.submit(REQUEST);
    let request = desk.settle_to_call();
    (desk, request)
}

/// A paid model whose first request is refused.
fn refused(scope: &'static str, limit: i64, used: i64, asked: i64) -> Desk {
    let mut opening = opening();
    opening.settings.model = Some(reference(PRICED));
    if let Some(limited) = Scope::ALL.into_iter().find(|s| s.word() == scope) {
        opening.settings.limits = Limits::default().with(limited, Money(limit));
    }
    let refusal = Reply::Refuse { scope, limit, used, asked };
    let mut desk = Desk::with(opening, World::new().says(Node::Planner, refusal));
    desk.submit(REQUEST);
    desk.settle();
    desk
}

fn stage(desk: &Desk) -> &Stage {
    &desk.run().stage
}

fn called(desk: &Desk) -> &Effect {
    desk.out.as_ref().filter(|e| matches!(e, Effect::CallModel { .. })).expect("no model was asked")
}

#[test]
fn a_whole_run_goes_from_the_request_to_the_disk() {
    let mut desk = Desk::at_gate(World::new());
    assert!(!desk.world.disk["calc.py"].contains("subtract"), "nothing is on disk before a yes");
    desk.acts(&[Action::AcceptAll, Action::Apply, Action::Apply]);
    desk.settle();
    assert_eq!(*stage(&desk), Stage::Finished(Outcome::Applied));
    assert!(desk.world.disk["calc.py"].contains("def subtract"));
    let kinds: Vec<&str> = desk.entries.iter().flat_map(|e| &e.facts).map(|d| d.fact.kind()).collect();
    assert_eq!(kinds.iter().filter(|k| **k == "run_begun").count(), 1);
    assert_eq!(desk.said(Author::Workbench), ["Written: 1 file. /undo takes it back (in a shell `vibe-tui undo`)."]);
    assert!(desk.said(Author::Assistant)[0].contains("Add a subtract function"));
    assert_eq!((desk.state.layout.focus, desk.state.chat.typing), (Area::Chat, true));
}

#[test]
fn hunks_that_were_not_decided_are_said_to_be_left_out() {
    let other = whole("other.py", "X = 1\n");
    let answer = format!("{}\n{other}", subtract());
    let mut desk = Desk::at_gate(World::new().says(Node::Executor, answer.as_str()));
    desk.acts(&[Action::AcceptFile, Action::Apply, Action::Apply]);
    desk.settle();
    assert_eq!(
        desk.said(Author::Workbench),
        ["Written: 1 file. /undo takes it back (in a shell `vibe-tui undo`). Left out: 1 hunk that was not decided."]
    );
}

#[test]
fn every_event_of_the_model_becomes_its_fact() {
    let (desk, request) = calling();
    let usage = Usage { input: 7, ..Usage::default() };
    let timings = Timings { eval_ms: Some(1.5), ..Timings::default() };
    let (finish, cost) = (FinishReason::Stop, Some(Money(5)));
    let away = failure(FailureKind::Network);
    let (scope, limit, used, asked) = ("day".to_owned(), Money(1), Money(2), Money(3));
    let table = [
        (ModelEvent::Sent { request, reserved: Some(Money(9)) }, Some(RunFact::RequestSent { request })),
        (ModelEvent::Prefill { request, processed: 1, total: 2 }, None),
        (ModelEvent::Timed { request, timings }, None),
        (ModelEvent::Retrying { request, attempt: 2, wait_ms: 5, failure: away.clone() }, None),
        (
            ModelEvent::Delta { request, text: "a".into(), thinking: String::new() },
            Some(RunFact::TextReceived { request, text: "a".into() }),
        ),
        (
            ModelEvent::Delta { request, text: String::new(), thinking: "b".into() },
            Some(RunFact::ThinkingReceived { request, text: "b".into() }),
        ),
        (ModelEvent::Delta { request, text: String::new(), thinking: String::new() }, None),
        (
            ModelEvent::Answered { request, finish: finish.clone(), usage, timings, cost },
            Some(RunFact::Answered { request, finish, usage, timings, cost }),
        ),
        (ModelEvent::Settled { request, usage, cost }, Some(RunFact::RequestSettled { request, usage, cost })),
        (
            ModelEvent::Failed { request, failure: away.clone() },
            Some(RunFact::RequestFailed { request, failure: away }),
        ),
        (
            ModelEvent::Refused { request, scope: scope.clone(), limit, used, asked },
            Some(RunFact::BudgetRefused { request, scope, limit, used, asked }),
        ),
    ];
    for (event, fact) in table {
        let mut desk = desk.clone();
        desk.model(event.clone());
        assert_eq!(desk.run_facts().first().copied(), fact.as_ref(), "{event:?}");
    }
}

#[test]
fn what_a_failed_or_stopped_request_has_cost_is_in_the_sum_of_its_run() {
    let usage = Usage { input: 900, output: 50, estimated: true, ..Usage::default() };
    let settled = |request| ModelEvent::Settled { request, usage, cost: Some(Money(40)) };
    let (mut desk, request) = calling();
    desk.model(settled(request));
    desk.model(ModelEvent::Failed { request, failure: failure(FailureKind::Server) });
    assert_eq!((desk.run().spent(), desk.run().calls.last().unwrap().usage), (Money(40), Some(usage)));
    desk.model(settled(request));
    assert_eq!(desk.run().spent(), Money(40), "it is settled once");

    let (mut desk, request) = calling();
    desk.act(Action::CancelRun);
    desk.model(settled(request));
    assert_eq!(desk.run().spent(), Money(40), "its claim is settled after the user has stopped it");
}

#[test]
fn text_and_thinking_that_come_together_are_two_facts_of_one_entry() {
    let (mut desk, request) = calling();
    desk.delta(request, "text", "thought");
    assert_eq!(desk.asked(), ["journal"]);
    let expected = [
        RunFact::ThinkingReceived { request, text: "thought".into() },
        RunFact::TextReceived { request, text: "text".into() },
    ];
    assert_eq!(desk.run_facts(), expected.iter().collect::<Vec<_>>());
    desk.delta(request, " and more", "");
    let call = desk.run().current_call().unwrap();
    assert_eq!((call.text.as_str(), call.thinking.as_str()), ("text and more", "thought"));
}

#[test]
fn only_streamed_text_may_be_lost_to_a_power_cut() {
    let (mut desk, request) = calling();
    desk.delta(request, "text", "thought");
    assert!(desk.facts().iter().all(|f| !f.is_durable() && f.kind() == "run_delta"));
    desk.answered(request, None);
    assert!(desk.facts().iter().all(|f| f.is_durable()));
}

#[test]
fn results_that_nobody_waits_for_change_nothing() {
    let (desk, request) = calling();
    let stranger = RequestId(request.0 + 1);
    let job = JobId(request.0);
    let away = failure(FailureKind::Network);
    let (finish, usage, timings) = (FinishReason::Stop, Usage::default(), Timings::default());
    let (limit, used, asked) = (Money(1), Money(1), Money(1));
    let table = [
        Event::Models(ModelEvent::Sent { request: stranger, reserved: None }),
        Event::Models(ModelEvent::Prefill { request: stranger, processed: 1, total: 2 }),
        Event::Models(ModelEvent::Delta { request: stranger, text: "x".into(), thinking: "y".into() }),
        Event::Models(ModelEvent::Retrying { request: stranger, attempt: 2, wait_ms: 1, failure: away.clone() }),
        Event::Models(ModelEvent::Timed { request: stranger, timings }),
        Event::Models(ModelEvent::Answered { request: stranger, finish, usage, timings, cost: None }),
        Event::Models(ModelEvent::Failed { request: stranger, failure: away.clone() }),
        Event::Models(ModelEvent::Refused { request: stranger, scope: "day".into(), limit, used, asked }),
        Event::Work(WorkEvent::ContextAssembled { job, bundle: Box::default() }),
        Event::Work(WorkEvent::FilesRead { job, files: vec![] }),
        Event::Work(WorkEvent::Validated { job, report: report(1) }),
        Event::Work(WorkEvent::Applied { job }),
        Event::Work(WorkEvent::ApplyFailed { job, failure: away }),
    ];
    for event in table {
        let mut desk = desk.clone();
        let before = desk.picture();
        desk.event(event.clone());
        assert!(desk.facts().is_empty(), "{event:?} was journaled");
        assert_eq!(desk.picture(), before, "{event:?}");
    }
}

#[test]
fn results_for_a_session_that_was_left_change_nothing_in_the_next() {
    let (mut desk, request) = calling();
    desk.acts(&[Action::CancelRun, Action::NewSession]);
    desk.settle();
    assert_eq!(desk.state.session.id.0, "named-1");
    let before = desk.picture();
    desk.delta(request, "late", "");
    desk.answered(request, Some(Money(7)));
    assert!(desk.facts().is_empty());
    assert_eq!(desk.picture(), before);

    desk.submit(REQUEST);
    desk.settle();
    let before = desk.picture();
    desk.answered(request, Some(Money(7)));
    assert_eq!((desk.facts().len(), desk.picture()), (0, before));
}

#[test]
fn a_request_is_sent_before_anything_of_it_comes_and_its_sums_are_asked_for() {
    let mut desk = Desk::at_gate(World::new());
    desk.act(Action::CancelRun);
    let facts: Vec<&RunFact> = desk
        .entries
        .iter()
        .flat_map(|e| &e.facts)
        .filter_map(|d| if let Fact::Run { fact, .. } = &d.fact { Some(fact) } else { None })
        .collect();
    let position = |wanted: &dyn Fn(&RunFact) -> bool| facts.iter().position(|f| wanted(f)).unwrap();
    for call in &desk.run().calls {
        let id = call.id;
        let sent = position(&|f| matches!(f, RunFact::RequestSent { request } if *request == id));
        let text = position(&|f| matches!(f, RunFact::TextReceived { request, .. } if *request == id));
        let answered = position(&|f| matches!(f, RunFact::Answered { request, .. } if *request == id));
        assert!(sent < text && text < answered);
    }
    let (mut desk, request) = calling();
    desk.model(ModelEvent::Sent { request, reserved: Some(Money(1)) });
    let run = desk.run().spec.id;
    assert_eq!(desk.effects.last(), Some(&Effect::SumLedger(desk.state.session.id.clone(), run)));
    desk.answered(request, Some(Money(1)));
    assert!(desk.asked().contains(&"sum"));
}

#[test]
fn a_call_says_where_the_model_runs_and_what_must_hold() {
    for (model, place) in [(LOCAL, Locality::Loopback), (PRICED, Locality::Remote), (EMBEDDED, Locality::Embedded)] {
        let mut opening = opening();
        opening.settings.model = Some(reference(model));
        opening.settings.limits.day = Some(Money(77));
        let mut desk = Desk::with(opening, World::new());
        desk.submit(REQUEST);
        desk.settle_to_call();
        let Effect::CallModel { locality, limits, unknown_price, session, run, request, .. } = called(&desk) else {
            panic!()
        };
        assert_eq!((*locality, limits.day, *unknown_price), (place, Some(Money(77)), UnknownPrice::Refused));
        assert_eq!((session.0.as_str(), run.0, &request.model), ("first", 1, &reference(model)));
    }
}

#[test]
fn the_stream_tells_waiting_first_token_rate_and_length() {
    let (mut desk, request) = calling();
    desk.model(ModelEvent::Sent { request, reserved: None });
    let sent = Timestamp(desk.clock);
    desk.model(ModelEvent::Prefill { request, processed: 10, total: 40 });
    assert_eq!(desk.state.stream.live.as_ref().unwrap().prefill, Some((10, 40)));
    desk.clock += 300_000;
    desk.delta(request, &"x".repeat(200), &"y".repeat(200));
    let first = Timestamp(desk.clock);
    let live = desk.state.stream.live.clone().unwrap();
    assert!(live.asked < sent && live.elapsed(Timestamp(live.asked.0 + 5000)) == 5);
    assert_eq!((live.sent, live.first_token), (Some(sent), Some(first)));
    assert_eq!(live.time_to_first_token(), Some(302));
    assert_eq!(live.rate(Timestamp(desk.clock + 499_000)), None, "too early to say");
    assert_eq!(live.rate(Timestamp(desk.clock + 1_000_000)), Some((100.0, false)));

    let timings = Timings { eval_ms: Some(500.0), eval_tokens: Some(60), ..Timings::default() };
    desk.model(ModelEvent::Timed { request, timings });
    assert_eq!(desk.state.stream.live.as_ref().unwrap().rate(desk.state.now), Some((120.0, true)));
}

#[test]
fn silence_is_said_after_a_while_and_only_while_the_request_is_out() {
    let (mut desk, request) = calling();
    let stalled = |desk: &Desk, ms: u64| {
        desk.state.stream.live.as_ref().unwrap().stalled(Timestamp(desk.clock + ms as i64 * 1000))
    };
    assert_eq!(stalled(&desk, STALL_MS * 2), None, "it has not left yet");
    desk.model(ModelEvent::Sent { request, reserved: None });
    assert_eq!(stalled(&desk, STALL_MS - 1), None);
    assert_eq!(stalled(&desk, STALL_MS), Some(STALL_MS));
    desk.clock += STALL_MS as i64 * 1000;
    desk.model(ModelEvent::Prefill { request, processed: 1, total: 2 });
    assert_eq!(stalled(&desk, 5), None, "prefill is a sign of life");
    desk.act(Action::CancelRun);
    assert_eq!(stalled(&desk, STALL_MS * 2), None, "it is over");
}

#[test]
fn a_retry_is_shown_until_text_comes_or_the_request_ends() {
    let (mut desk, request) = calling();
    let retrying = ModelEvent::Retrying { request, attempt: 2, wait_ms: 900, failure: failure(FailureKind::Server) };
    desk.model(retrying.clone());
    let shown = |desk: &Desk| desk.state.stream.live.as_ref().unwrap().retrying.clone().map(|(n, ms, _)| (n, ms));
    assert_eq!(shown(&desk), Some((2, 900)));
    desk.delta(request, "x", "");
    assert_eq!(shown(&desk), None);
    desk.model(retrying.clone());
    desk.act(Action::CancelRun);
    assert_eq!(shown(&desk), None);
    desk.model(retrying);
    assert_eq!(shown(&desk), None, "a request that is over is not tried again");
}

#[test]
fn what_comes_late_does_not_change_the_figures_of_a_request_that_is_over() {
    let (mut desk, request) = calling();
    desk.model(ModelEvent::Sent { request, reserved: None });
    desk.delta(request, "abcd", "");
    desk.act(Action::CancelRun);
    let before = desk.state.stream.live.clone();
    desk.delta(request, "late", "late");
    let timings = Timings { eval_ms: Some(1.0), eval_tokens: Some(9), ..Timings::default() };
    desk.model(ModelEvent::Timed { request, timings });
    desk.model(ModelEvent::Prefill { request, processed: 5, total: 9 });
    assert_eq!(desk.state.stream.live, before);
}

#[test]
fn a_model_that_goes_round_in_circles_is_stopped_and_asked_again() {
    let (mut desk, request) = calling();
    desk.delta(request, &"and again ".repeat(1000), &"hm".repeat(9));
    assert_eq!(desk.asked(), ["journal", "cancel-request", "call"]);
    assert_ne!(desk.request(), Some(request));
    let before = desk.picture();
    desk.delta(request, "and again", "");
    assert_eq!(desk.picture(), before);
}

#[test]
fn what_thinks_in_circles_takes_nothing_else_of_that_request() {
    let (mut desk, request) = calling();
    desk.delta(request, "text", &"and again ".repeat(1000));
    assert!(!desk.run_facts().iter().any(|f| matches!(f, RunFact::TextReceived { .. })), "{:?}", desk.run_facts());
}

// ---------------------------------------------------------------- money

#[test]
fn a_refused_request_pauses_with_the_figures_and_what_can_be_done() {
    let mut desk = refused("session", Money::PER_USD, Money::PER_USD / 2, Money::PER_USD * 3 / 4);
    assert!(matches!(stage(&desk), Stage::Paused(PauseReason::Budget { scope, .. }) if scope == "session"));
    assert_eq!(
        desk.said(Author::Workbench),
        [
            "Paused before spending: the next request may cost $0.750, and $0.500 of the session limit of $1.00 is used. \
          Raise it, go on with a cheaper or local model, or stop."
        ]
    );
    assert!(!desk.state.chat.typing, "the keys of the pause are live");
    assert!(desk.state.scopes().contains(&vibe_tui::app::Scope::Pause));
    assert_eq!(desk.run().spent(), Money::ZERO);
    assert_eq!(desk.entries.last().unwrap().status.word(), "paused");
    desk.act(Action::StopRun);
    assert_eq!(*stage(&desk), Stage::Finished(Outcome::Cancelled));
}

#[test]
fn raising_a_limit_doubles_it_or_gives_what_is_asked_and_sends_again() {
    for (limit, used, asked, raised) in
        [(100, 50, 60, 200), (100, 90, 500, 590), (0, 0, 7, 7), (i64::MAX, 1, i64::MAX, i64::MAX)]
    {
        let mut desk = refused("session", limit, used, asked);
        desk.act(Action::RaiseLimit);
        let limit = Money(raised);
        assert_eq!(desk.facts()[0], &Fact::LimitRaised { scope: "session".into(), limit });
        assert_eq!(desk.run_facts(), [&RunFact::Resumed { choice: ResumeChoice::Retry }]);
        let Effect::CallModel { limits, .. } = called(&desk) else { panic!() };
        assert_eq!((limits.session, limits.day), (Some(limit), None));
    }
}

#[test]
fn a_limit_is_raised_again_from_where_it_was_raised_to() {
    let mut desk = refused("run", 100, 50, 60);
    let again = Reply::Refuse { scope: "run", limit: 200, used: 190, asked: 60 };
    desk.world = desk.world.says(Node::Planner, again);
    desk.act(Action::RaiseLimit);
    desk.settle();
    desk.act(Action::RaiseLimit);
    assert_eq!(desk.state.limits().run, Some(Money(400)));
}

/// A day, in the microseconds of a clock.
const DAY: i64 = 86_400_000_000;

#[test]
fn a_raised_limit_holds_for_the_period_in_which_it_was_reached_and_no_longer() {
    // 5 January 1970 was a Monday. Where the limit was raised, and when it still holds and no longer does.
    let table = [
        ("day", 4 * DAY, 5 * DAY - 1, 5 * DAY),
        ("week", 4 * DAY, 11 * DAY - 1, 11 * DAY),
        ("month", 4 * DAY, 31 * DAY - 1, 31 * DAY),
        ("session", 4 * DAY, 4000 * DAY, i64::MAX),
    ];
    for (scope, then, still, after) in table {
        let mut desk = refused(scope, 100, 50, 60);
        desk.clock = then;
        desk.act(Action::RaiseLimit);
        let of = |desk: &Desk| desk.state.limits().list();
        let (raised, configured) = (Money(200), Money(100));
        assert_eq!(of(&desk)[0].1, raised, "{scope}");
        // `event` moves the clock by a millisecond.
        desk.clock = still - 1000;
        desk.event(Event::TimePassed);
        assert_eq!(of(&desk)[0].1, raised, "{scope}");
        if after < i64::MAX {
            desk.clock = after - 1000;
            desk.event(Event::TimePassed);
            assert_eq!(of(&desk)[0].1, configured, "{scope}");
        }
    }
}

#[test]
fn a_limit_raised_for_a_run_is_the_configured_one_for_the_next() {
    let mut desk = refused("run", 100, 50, 60);
    desk.act(Action::RaiseLimit);
    desk.settle();
    assert_eq!(desk.state.limits().run, Some(Money(200)));
    desk.acts(&[Action::CancelRun, Action::CancelRun]);
    desk.settle();
    desk.submit(REQUEST);
    desk.settle_to_call();
    let Effect::CallModel { limits, .. } = called(&desk) else { panic!() };
    assert_eq!(limits.run, Some(Money(100)));
}

#[test]
fn a_raise_never_lowers_what_the_configuration_allows_by_now() {
    let mut desk = refused("day", 100, 50, 60);
    desk.act(Action::RaiseLimit);
    desk.state.settings.limits.day = Some(Money(1000));
    assert_eq!(desk.state.limits().day, Some(Money(1000)));
    desk.state.settings.limits.day = None;
    assert_eq!(desk.state.limits().day, None);
}

#[test]
fn a_model_without_a_known_price_is_asked_only_after_a_yes_in_this_session() {
    let mut desk = refused("unknown price", 0, 0, 0);
    assert!(desk.said(Author::Workbench)[0].starts_with("Paused: the price of this model is unknown"));
    desk.act(Action::RaiseLimit);
    let allowed = |desk: &Desk| match called(desk) {
        Effect::CallModel { unknown_price, .. } => *unknown_price,
        _ => panic!(),
    };
    assert_eq!(allowed(&desk), UnknownPrice::Allowed);
    desk.settle();
    desk.acts(&[Action::CancelRun, Action::NewSession]);
    desk.settle();
    desk.submit(REQUEST);
    desk.settle_to_call();
    assert_eq!(allowed(&desk), UnknownPrice::Refused);
}

#[test]
fn retrying_without_raising_does_not_allow_an_unknown_price() {
    let mut desk = refused("unknown price", 0, 0, 0);
    desk.act(Action::Retry);
    assert!(matches!(called(&desk), Effect::CallModel { unknown_price: UnknownPrice::Refused, .. }));
}

#[test]
fn a_cheaper_or_local_model_takes_over_at_a_pause() {
    for action in [Action::UseCheaper, Action::UseLocal] {
        let mut desk = refused("day", 100, 100, 1);
        desk.act(action);
        let Effect::CallModel { request, locality, .. } = called(&desk) else { panic!() };
        assert_eq!((&request.model, *locality), (&reference(LOCAL), Locality::Loopback), "{action:?}");
        assert_eq!(desk.state.model, Some(reference(LOCAL)), "and stays for the next request");
    }
}

#[test]
fn where_there_is_no_other_model_the_run_stays_paused_and_says_so() {
    for (action, words) in
        [(Action::UseCheaper, "No cheaper model is known."), (Action::UseLocal, "No model on this machine was found")]
    {
        let mut world = World::new().says(Node::Planner, Reply::Fail(failure(FailureKind::Network)));
        world.models.retain(|m| m.info.reference == reference(PRICED));
        let mut desk = Desk::new(world);
        desk.submit(REQUEST);
        desk.settle();
        assert!(desk.act(action).is_empty());
        assert!(desk.notice().starts_with(words), "{}", desk.notice());
        assert!(matches!(stage(&desk), Stage::Paused(_)));
    }
}

#[test]
fn the_actions_of_a_pause_do_nothing_elsewhere_and_say_why() {
    use Action::*;
    for action in [Retry, RaiseLimit, UseCheaper, UseLocal, StopRun] {
        let mut desk = Desk::new(World::new());
        assert!(desk.act(action).is_empty());
        assert_eq!(desk.notice(), "No run is under way.");
        let (mut desk, _) = calling();
        assert!(desk.act(action).is_empty());
        assert_eq!(desk.notice(), "The run is not paused.", "{action:?}");
    }
    let mut desk = Desk::new(World::new().says(Node::Planner, Reply::Fail(failure(FailureKind::Network))));
    desk.submit(REQUEST);
    desk.settle();
    assert!(desk.act(RaiseLimit).is_empty());
    assert_eq!(desk.notice(), "The run is paused for another reason than a limit.");
}

#[test]
fn a_request_that_failed_is_sent_again_when_the_user_says_so() {
    let mut desk = Desk::new(World::new().says(Node::Executor, Reply::Fail(failure(FailureKind::Network))));
    desk.submit(REQUEST);
    desk.settle();
    assert_eq!(desk.said(Author::Workbench), ["Paused: the server is away"]);
    desk.act(Action::Retry);
    desk.settle();
    assert_eq!(*stage(&desk), Stage::Gate);
}

#[test]
fn the_gauges_follow_the_totals_and_the_raised_limits() {
    let mut opening = opening();
    opening.settings.limits.session = Some(Money(100));
    let mut desk = Desk::with(opening, World::new());
    let mut totals = Totals::default();
    totals.session.spent = Money(60);
    desk.store(vibe_tui::app::StoreEvent::Totals(totals));
    assert_eq!(desk.state.gauges()[0].percent, 60);
    desk.world = desk.world.says(Node::Planner, Reply::Refuse { scope: "session", limit: 100, used: 60, asked: 50 });
    desk.submit(REQUEST);
    desk.settle();
    desk.act(Action::RaiseLimit);
    assert_eq!((desk.state.gauges()[0].limit, desk.state.gauges()[0].percent), (Money(200), 30));
}

// ---------------------------------------------------------------- stopping

#[test]
fn stopping_a_run_drops_its_request_and_its_jobs() {
    let (mut desk, request) = calling();
    desk.delta(request, "half an ans", "");
    let asked = desk.act(Action::CancelRun).to_vec();
    assert!(asked.contains(&Effect::CancelRequest(request)) && asked.contains(&Effect::CancelJobs));
    assert_eq!(*stage(&desk), Stage::Finished(Outcome::Cancelled));
    assert_eq!(desk.run().current_call().unwrap().text, "half an ans", "what came stays");
    assert_eq!(desk.said(Author::Workbench), ["Stopped. Nothing was written."]);
}

#[test]
fn what_comes_after_stopping_changes_nothing() {
    let (mut desk, request) = calling();
    desk.act(Action::CancelRun);
    let before = desk.picture();
    desk.delta(request, "late", "late");
    desk.model(ModelEvent::Sent { request, reserved: None });
    desk.answered(request, Some(Money(5)));
    assert_eq!((desk.facts().len(), desk.picture()), (0, before));
    assert_eq!(desk.asked(), ["sum"], "but what it cost is shown");
}

#[test]
fn stopping_while_the_context_is_chosen_drops_the_job() {
    let mut desk = Desk::new(World::new());
    desk.submit(REQUEST);
    let Effect::AssembleContext { job, .. } = desk.settle_to(|e| matches!(e, Effect::AssembleContext { .. })) else {
        panic!()
    };
    desk.act(Action::CancelRun);
    assert!(desk.asked().contains(&"cancel-jobs"));
    desk.event(Event::Work(WorkEvent::ContextAssembled { job, bundle: Box::default() }));
    assert!(desk.effects.is_empty());
}

#[test]
fn stopping_with_a_proposal_leads_to_the_gate() {
    let mut desk = Desk::new(World::new());
    desk.submit(REQUEST);
    desk.settle_to(|e| matches!(e, Effect::Validate { .. }));
    desk.act(Action::CancelRun);
    assert_eq!(*stage(&desk), Stage::Gate);
    assert_eq!(desk.state.layout.focus, Area::Review);
}

#[test]
fn a_write_under_way_is_not_stopped_half_way() {
    let mut desk = Desk::at_gate(World::new());
    desk.acts(&[Action::AcceptAll, Action::Apply, Action::Apply]);
    let effects = desk.act(Action::CancelRun);
    assert!(effects.is_empty(), "{effects:?}");
    assert!(desk.notice().contains("being written"), "{}", desk.notice());
    desk.settle();
    assert_eq!(*stage(&desk), Stage::Finished(Outcome::Applied));
}

#[test]
fn stopping_at_the_gate_ends_the_run_with_nothing_written() {
    let mut desk = Desk::at_gate(World::new());
    desk.acts(&[Action::AcceptAll, Action::CancelRun, Action::CancelRun]);
    assert_eq!(*stage(&desk), Stage::Finished(Outcome::Cancelled));
    assert_eq!(desk.world.disk["calc.py"], CALC);
}

#[test]
fn the_end_of_a_run_is_said_and_rung_for() {
    let away = || Reply::Fail(failure(FailureKind::NothingFits));
    let table = [
        (World::new().says(Node::Planner, away()), "Workbench", "the server is away"),
        (World::new().says(Node::Executor, "NO CHANGE"), "Assistant", "Nothing to change."),
    ];
    for (world, author, words) in table {
        let mut desk = Desk::new(world);
        desk.submit(REQUEST);
        desk.settle_to(|e| matches!(e, Effect::Notify(_)));
        let last = desk.state.session.messages.last().unwrap();
        assert_eq!(format!("{:?}", last.author), author);
        assert!(last.text.ends_with(words), "{}", last.text);
    }
    let mut desk = Desk::new(World::new());
    desk.submit(REQUEST);
    let rung = desk.settle_to(|e| matches!(e, Effect::Notify(_)));
    assert_eq!(rung, Effect::Notify("A proposal waits for your review".into()));
}

#[test]
fn a_red_proposal_is_healed_and_the_series_is_kept() {
    let world = World::new().says(Node::Executor, whole("calc.py", "BROKEN\n"));
    let desk = Desk::at_gate(world);
    let run = desk.run();
    assert_eq!((run.attempts.len(), run.chosen), (2, 1));
    assert!(run.attempts[0].report.as_ref().is_some_and(|r| !r.passed()));
    assert_ne!(run.attempts[1].changes, ChangeSet::default());
}

/// What the stream shows of the files: path, what happens to it, lines so far, and which one is being written.
fn written(desk: &Desk) -> Vec<(String, Option<Fate>, u32, bool)> {
    let live = desk.state.stream.live.as_ref().expect("a request");
    let of = |w: &Written| (w.progress.path.clone(), w.fate, w.progress.lines, w.current);
    live.written(desk.run()).iter().map(of).collect()
}

/// A desk with a request for edits out.
fn executing() -> (Desk, RequestId) {
    let mut desk = Desk::new(World::new());
    desk.submit(REQUEST);
    let plan = desk.settle_to(|e| matches!(e, Effect::CallModel { .. }));
    desk.perform(plan);
    let request = desk.settle_to_call();
    (desk, request)
}

#[test]
fn the_files_being_written_are_the_same_wherever_the_answer_is_split() {
    let answer = format!("I add it.\n\n{}\n{}", subtract(), whole("tests/test_calc.py", "import calc\n\n\nassert ca"));
    let answer = answer.strip_suffix("```\n").expect("a fence");
    let expected =
        [("calc.py".to_owned(), Some(Fate::Changed), 6, false), ("tests/test_calc.py".to_owned(), None, 3, true)];
    for size in [1, 2, 3, 7, 64, answer.len()] {
        let (mut desk, request) = executing();
        let pieces: Vec<&[u8]> = answer.as_bytes().chunks(size).collect();
        pieces.iter().for_each(|p| desk.delta(request, std::str::from_utf8(p).expect("ASCII"), "thought "));
        assert_eq!(written(&desk), expected, "in pieces of {size}");
    }
}

#[test]
fn a_plan_writes_no_files_and_a_proposal_is_shown_by_the_review() {
    let (mut desk, request) = calling();
    desk.delta(request, &subtract(), "");
    assert!(written(&desk).is_empty(), "the planner is at work");
    let (mut desk, request) = executing();
    desk.delta(request, &subtract(), "");
    assert_eq!(written(&desk).len(), 1);
    desk.answered(request, None);
    desk.settle_to(|e| matches!(e, Effect::Validate { .. }));
    assert!(written(&desk).is_empty(), "a proposal is being checked");
}

#[test]
fn an_answer_that_is_continued_after_a_cut_goes_on_with_its_files() {
    let (mut desk, request) = executing();
    let answer = subtract();
    let (first, rest) = answer.split_at(answer.find("def subtract").expect("it is there"));
    desk.delta(request, first, "");
    let (usage, timings) = (Usage::default(), Timings::default());
    desk.model(ModelEvent::Answered { request, finish: FinishReason::Length, usage, timings, cost: None });
    let request = desk.request().expect("the rest is asked for");
    assert_eq!(written(&desk), [("calc.py".to_owned(), Some(Fate::Changed), 4, true)]);
    desk.delta(request, rest, "");
    assert_eq!(written(&desk), [("calc.py".to_owned(), Some(Fate::Changed), 6, true)]);
}
