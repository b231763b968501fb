//! Anything in any order: the desk checks after every event what must always hold.

use super::desk::*;
use proptest::prelude::*;
use vibe_tui::app::{
    Action, Area, CompletionItem, CompletionKind, Effect, Event, ModelEvent, Pointer, StoreEvent, TextEdit, WorkEvent,
};
use vibe_tui::domain::failure::FailureKind;
use vibe_tui::domain::ids::{JobId, RequestId, SessionId};
use vibe_tui::domain::model::{FinishReason, Node, Timings, Usage};
use vibe_tui::domain::money::Money;

/// One thing that happens.
#[derive(Clone, Debug)]
enum Blow {
    /// The user takes an action.
    Act(Action),
    /// The user accepts what there is and has it written.
    Write,
    /// The user says something.
    Say(&'static str),
    /// The user edits the line.
    Edit(TextEdit),
    /// The next effect is performed, if there is one.
    Perform,
    /// All effects are performed.
    Settle,
    /// The servers, validators and files fail from now on in this way.
    Break(u8),
    /// A result with this identifier, whether anybody waits for it or not.
    Stray(u64, u8),
    /// Something the terminal or the database says.
    Outside(u8),
    /// The process ends and the session is opened again.
    Kill,
}

fn blow() -> impl Strategy<Value = Blow> {
    let action = prop::sample::select(Action::ALL);
    // What leads on is tried more often than what leads nowhere.
    let likely = prop::sample::select(&[
        Action::AcceptAll,
        Action::AcceptHunk,
        Action::Apply,
        Action::Undo,
        Action::Redo,
        Action::CancelRun,
        Action::RaiseLimit,
        Action::Retry,
        Action::Confirm,
        Action::NewSession,
        Action::OpenSession,
        Action::FocusSessions,
    ]);
    let said = prop::sample::select(&[
        REQUEST,
        "hmm",
        "/undo",
        "/undo 1",
        "/redo 1",
        "/mode architect",
        "/nonsense",
        "use a lambda",
        "   ",
        "/pin calc.py",
        "/drop calc.py",
        "/context",
        "/heal",
    ]);
    let edit = prop::sample::select(vec![
        TextEdit::Insert('ü'),
        TextEdit::Insert('\n'),
        TextEdit::Paste(" @cal".into()),
        TextEdit::Paste("ein\u{3000}langes\u{a0}Wort\r\n".into()),
        TextEdit::Backspace,
        TextEdit::Delete,
        TextEdit::DeleteWord,
        TextEdit::DeleteToStart,
        TextEdit::DeleteToEnd,
        TextEdit::WordLeft,
        TextEdit::LineEnd,
        TextEdit::Undo,
    ]);
    prop_oneof![
        4 => action.prop_map(Blow::Act),
        4 => likely.prop_map(Blow::Act),
        2 => Just(Blow::Write),
        3 => said.prop_map(Blow::Say),
        1 => edit.prop_map(Blow::Edit),
        5 => Just(Blow::Perform),
        4 => Just(Blow::Settle),
        1 => (0u8..5).prop_map(Blow::Break),
        2 => (9_999u64..10_012, 0u8..12).prop_map(|(id, kind)| Blow::Stray(id, kind)),
        1 => (0u8..10).prop_map(Blow::Outside),
        1 => Just(Blow::Kill),
    ]
}

fn strike(desk: &mut Desk, blow: Blow) {
    match blow {
        Blow::Act(action) => ignore(desk.act(action)),
        Blow::Write => desk.acts(&[Action::AcceptAll, Action::AcceptHunk, Action::Apply, Action::Apply]),
        Blow::Say(text) => ignore(desk.submit(text)),
        Blow::Edit(edit) => ignore(desk.event(Event::Typed(edit))),
        Blow::Perform => {
            if let Some(effect) = desk.queue.pop_front() {
                desk.perform(effect);
            }
        }
        Blow::Settle => desk.settle(),
        Blow::Break(how) => hurt(&mut desk.world, how),
        Blow::Stray(id, kind) => stray(desk, id, kind),
        Blow::Outside(kind) => outside(desk, kind),
        Blow::Kill => {
            let open = desk.state.session.id.0.clone();
            if desk.state.session.seq > 0 {
                *desk = desk.reopened(&open);
            }
        }
    }
}

fn hurt(world: &mut World, how: u8) {
    let refusal = Reply::Refuse { scope: "unknown price", limit: 0, used: 0, asked: 0 };
    let (node, reply) = match how {
        0 => (Node::Planner, Reply::Fail(failure(FailureKind::Network))),
        1 => (Node::Executor, refusal),
        2 => (Node::Reviewer, "no verdict".into()),
        3 => (Node::Executor, whole("Makefile", "all:\n\tBROKEN \u{202e}\n").into()),
        _ => {
            world.apply_fails += 1;
            return;
        }
    };
    world.replies.entry(node).or_default().push_back(reply);
}

/// A result that may or may not be awaited. One that is ends what is outstanding, as it would in the shell.
fn stray(desk: &mut Desk, id: u64, kind: u8) {
    let (request, job) = (RequestId(id), JobId(id));
    let (usage, timings) = (Usage::default(), Timings::default());
    let text = "and again ".repeat(450);
    match kind {
        0 => ignore(desk.model(ModelEvent::Sent { request, reserved: None })),
        1 => desk.delta(request, "text", "thought"),
        2 => desk.delta(request, &text, &text),
        3 => desk.answered(request, None),
        4 => {
            let finish = FinishReason::Length;
            desk.model(ModelEvent::Answered { request, finish, usage, timings, cost: None });
        }
        5 => ignore(desk.model(ModelEvent::Failed { request, failure: failure(FailureKind::Server) })),
        6 => {
            let (scope, some) = ("day".to_owned(), Money(5));
            desk.model(ModelEvent::Refused { request, scope, limit: some, used: some, asked: some });
        }
        7 => ignore(desk.model(ModelEvent::Prefill { request, processed: 9, total: 1 })),
        11 => ignore(desk.model(ModelEvent::Settled { request, usage, cost: Some(Money(1)) })),
        8 => desk.stray_work(job, WorkEvent::Validated { job, report: report(1) }),
        9 => desk.stray_work(job, WorkEvent::FilesRead { job, files: vec![] }),
        10 => desk.stray_work(job, WorkEvent::ContextAssembled { job, bundle: Box::default() }),
        _ => desk.stray_work(job, WorkEvent::Applied { job }),
    }
}

fn outside(desk: &mut Desk, kind: u8) {
    let facts = desk.world.journals.values().next().cloned().unwrap_or_default();
    let session = desk.world.journals.keys().next().cloned().unwrap_or_default();
    match kind {
        0 => ignore(desk.event(Event::Resized(1, 1))),
        1 => ignore(desk.event(Event::ScrollEnded(Area::Stream, 0))),
        2 => ignore(desk.event(Event::Pointed(Pointer::Clicked(Area::Sessions, 7)))),
        3 => ignore(desk.event(Event::Pointed(Pointer::Scrolled(Area::Review, i16::MIN)))),
        4 => ignore(desk.store(StoreEvent::SessionsListed(Vec::new()))),
        5 => {
            desk.world.named += 1;
            let id = SessionId(format!("named-{}", desk.world.named));
            desk.store(StoreEvent::SessionNamed(id));
        }
        6 if !facts.is_empty() => ignore(desk.store(StoreEvent::SessionLoaded { session, facts })),
        7 => {
            let place = String::new();
            let item = CompletionItem { kind: CompletionKind::File, name: "calc.py".to_owned(), place };
            desk.event(Event::Completed { query: "cal".to_owned(), items: Some(vec![item]) });
        }
        8 => ignore(desk.event(Event::Completed { query: "cal".to_owned(), items: None })),
        _ => ignore(desk.event(Event::TimePassed)),
    }
}

impl Desk {
    /// A result of a job, if it is of the sort that the job has.
    fn stray_work(&mut self, job: JobId, event: WorkEvent) {
        let fits = match (&self.out, &event) {
            (Some(effect), _) if job_of(effect) != Some(job) => true,
            (Some(Effect::Validate { .. } | Effect::Examine { changes: Some(_), .. }), WorkEvent::Validated { .. })
            | (Some(Effect::ReadFiles { .. }), WorkEvent::FilesRead { .. })
            | (Some(Effect::AssembleContext { .. }), WorkEvent::ContextAssembled { .. })
            | (Some(Effect::Apply { .. }), WorkEvent::Applied { .. })
            | (None, _) => true,
            _ => false,
        };
        if fits {
            self.work(event);
        } else {
            self.event(Event::Work(event));
        }
    }
}

/// Where it begins: nothing said yet, a proposal at the gate, a change on disk, a second session with a red proposal;
/// and once more with a red proposal and a ladder.
fn beginning(place: u8) -> Desk {
    let mut desk = match place {
        0 => return Desk::new(World::new()),
        1 => Desk::at_gate(World::new().file("lines.py", "x = 1\n")),
        4 => {
            let mut desk = Desk::with(opening(), World::new());
            desk.world.flawed = true;
            desk.submit(REQUEST);
            desk
        }
        _ => Desk::at_gate(World::new()),
    };
    if place == 2 {
        desk.acts(&[Action::AcceptAll, Action::Apply, Action::Apply]);
        desk.settle();
    }
    if place == 3 {
        desk.world.flawed = true;
        desk.act(Action::NewSession);
        desk.settle();
        desk.submit(REQUEST);
        desk.settle();
    }
    desk
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn whatever_happens_in_whatever_order_the_rules_hold(
        place in 0u8..5,
        blows in prop::collection::vec(blow(), 1..60),
    ) {
        let mut desk = beginning(place);
        for blow in blows {
            strike(&mut desk, blow);
        }
        desk.settle();
    }
}
