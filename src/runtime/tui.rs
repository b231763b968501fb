//! The event loop of the workbench. Order of attention: shutdown, keys, results, timers; a key never waits behind a flood.
//! A frame is drawn only when something changed: for the user no more often than the limit, for the stream less often still.
//! Idle, nothing runs at all.

use super::attention::{Attention, Signals};
use super::editor::Editor;
use super::effects::MERGE;
use super::front::Front;
use super::panic;
use super::presentation::Presentation;
use super::recorder::Recorder;
use super::setup::Setup;
use super::terminal::{Guard, Screen, Suspended};
use crate::app::{Action, Area, Effect, Event, ModelEvent, Mouse, Opening, Pointer, Resume, TerminalEffect, TextEdit};
use crate::config::Notify;
use crate::domain::failure::{Failure, FailureKind};
use crate::input::{Key, Resolution, Resolver};
use crate::ui::{self, View};
use crossterm::clipboard::CopyToClipboard;
use crossterm::event::{Event as TerminalEvent, EventStream, KeyCode, KeyModifiers, MouseButton, MouseEventKind};
use futures_util::stream::{SelectAll, StreamExt, select_all};
use ratatui::layout::Rect;
use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// Results taken in one go before the screen and the keys are looked at again.
const BATCH: usize = 64;
/// Between frames while only the stream moves: calm for the eye and for a slow line.
const CALM: Duration = MERGE;
/// Elapsed times are shown by the second.
const SECOND: Duration = Duration::from_secs(1);

/// Opens the workbench and stays until the user leaves.
///
/// # Errors
/// When the terminal cannot be used.
pub async fn run(mut setup: Setup, record: Option<PathBuf>) -> io::Result<()> {
    let (presentation, problems) = Presentation::load(&setup.loaded, &setup.paths, &setup.environment);
    setup.opening.problems.extend(problems);
    setup.opening.resume = if setup.opening.session_name.is_none() { Resume::Unfinished } else { Resume::Never };
    let (looks, keymap) = presentation.restore();
    let recorder = record.map(|path| Recorder::create(&path, presentation)).transpose()?;
    let mouse = if setup.loaded.config.screen.mouse { Mouse::Captured } else { Mouse::Released };
    let frame_time = Duration::from_secs(1) / setup.loaded.config.screen.max_fps.max(1);
    let notify = setup.loaded.config.screen.notify;
    // Before the terminal is taken: a signal that comes a moment later gives it back.
    let signals = Signals::new()?;
    let (guard, screen) = Guard::take(mouse)?;
    let keys = Some(keys());
    let size = screen.size()?;
    setup.opening.size = (size.width, size.height);
    setup.opening.mouse = mouse;
    let opening = setup.opening.clone();
    let front = Front::start(setup, recorder);
    let resolver = Resolver::new(keymap.clone());
    let view = View::new(looks, keymap);
    let mut loop_ = Loop {
        front,
        guard,
        screen,
        view,
        resolver,
        keys,
        signals,
        notify,
        frame_time,
        last: None,
        prompt: None,
        asked: false,
        due: None,
    };
    let result = loop_.run(opening).await;
    let Loop { front, guard, .. } = loop_;
    drop(guard);
    front.close().await;
    result
}

struct Loop {
    front: Front,
    guard: Guard,
    screen: Screen,
    view: View,
    resolver: Resolver,
    /// `None` only while the terminal is not ours.
    keys: Option<SelectAll<EventStream>>,
    signals: Signals,
    notify: Notify,
    frame_time: Duration,
    /// When the last frame was drawn.
    last: Option<Instant>,
    /// When the last frame was drawn that answered the user.
    prompt: Option<Instant>,
    /// Whether the next one answers the user.
    asked: bool,
    /// When the next one is to be drawn; `None` while nothing changed.
    due: Option<Instant>,
}

/// What woke the loop.
enum Wake {
    Panic,
    Signal(Attention),
    Key(io::Result<TerminalEvent>),
    Result(Event),
    Frame,
    Second,
    Gone,
}

impl Loop {
    async fn run(&mut self, opening: Opening) -> io::Result<()> {
        let effects = self.front.open(opening).await;
        self.own(effects).await?;
        self.draw().await?;
        // The first key is read as part of a sentence: the words for that are made ready meanwhile.
        tokio::task::spawn_blocking(crate::intent::Vocabulary::embedded);
        self.front.map_repository();
        self.serve().await
    }

    async fn serve(&mut self) -> io::Result<()> {
        let mut second = Instant::now() + SECOND;
        while !self.front.state.leaving {
            let due = self.due;
            let busy = self.front.state.is_busy();
            let keys = self.keys.get_or_insert_with(keys);
            let wake = tokio::select! {
                biased;
                () = panic::happened() => Wake::Panic,
                attention = self.signals.next() => Wake::Signal(attention),
                key = keys.next() => key.map_or(Wake::Gone, Wake::Key),
                () = sleep_until(due.unwrap_or(second)), if due.is_some_and(|d| d <= Instant::now()) => Wake::Frame,
                event = self.front.next() => event.map_or(Wake::Gone, Wake::Result),
                () = sleep_until(due.unwrap_or(second)), if due.is_some() => Wake::Frame,
                () = sleep_until(second), if busy => Wake::Second,
            };
            match wake {
                Wake::Panic => return Err(io::Error::other("a part of the program has failed (see above)")),
                Wake::Signal(Attention::Suspend) => self.event(Event::User(Action::Suspend), Duration::ZERO).await?,
                Wake::Signal(Attention::Continued) => {
                    self.guard.again()?;
                    self.event(Event::User(Action::Redraw), Duration::ZERO).await?;
                }
                // The terminal or the performer is gone: nobody can see or answer any more.
                Wake::Signal(Attention::End | Attention::Interrupt) | Wake::Gone | Wake::Key(Err(_)) => {
                    self.event(Event::EndRequested, Duration::ZERO).await?;
                }
                Wake::Key(Ok(key)) => self.terminal_event(key).await?,
                Wake::Result(event) => self.results(event).await?,
                Wake::Frame => self.draw().await?,
                Wake::Second => {
                    second = Instant::now() + SECOND;
                    self.event(Event::TimePassed, CALM).await?;
                }
            }
        }
        Ok(())
    }

    /// Takes a result and those that wait behind it. The end of an answer is not waited for.
    async fn results(&mut self, first: Event) -> io::Result<()> {
        let mut next = Some(first);
        for taken in 1..=BATCH {
            let Some(event) = next.take() else { break };
            let patience = if is_end(&event) { Duration::ZERO } else { CALM };
            self.event(event, patience).await?;
            // What is taken off the channel has to be acted on.
            if taken < BATCH {
                next = self.front.waiting();
            }
        }
        Ok(())
    }

    /// Takes an event; the change is on the screen within `patience`. What the user does never waits for the stream: only
    /// frames that answer the user keep those from coming too often.
    async fn event(&mut self, event: Event, patience: Duration) -> io::Result<()> {
        let effects = self.front.take(event).await;
        let (last, apart) = match patience.is_zero() {
            true => (self.prompt, self.frame_time),
            false => (self.last, self.frame_time.max(patience)),
        };
        self.asked |= patience.is_zero();
        let earliest = last.map_or_else(Instant::now, |last| last + apart);
        self.due = Some(self.due.map_or(earliest, |due| due.min(earliest)));
        self.own(effects).await
    }

    async fn terminal_event(&mut self, event: TerminalEvent) -> io::Result<()> {
        self.front.map_repository();
        let event = match event {
            TerminalEvent::Key(key) => match Key::from_event(key) {
                Some(key) => return self.key(key).await,
                None => return Ok(()),
            },
            TerminalEvent::Paste(text) => {
                self.resolver.reset();
                Event::Typed(TextEdit::Paste(text))
            }
            TerminalEvent::Resize(width, height) => Event::Resized(width, height),
            TerminalEvent::Mouse(mouse) => {
                let screen = self.screen.get_frame().area();
                let arrangement = ui::arrange(screen, &self.front.state.layout);
                let Some((area, row)) = arrangement.pane_at(mouse.column, mouse.row) else { return Ok(()) };
                match pointer(mouse.kind, area, row) {
                    Some(pointer) => Event::Pointed(pointer),
                    None => return Ok(()),
                }
            }
            TerminalEvent::FocusGained | TerminalEvent::FocusLost => return Ok(()),
        };
        self.event(event, Duration::ZERO).await
    }

    async fn key(&mut self, key: Key) -> io::Result<()> {
        if !self.front.state.chord.is_empty() {
            self.event(Event::ChordPending(Vec::new()), Duration::ZERO).await?;
        }
        let event = match self.resolver.resolve(&self.front.state.scopes(), key) {
            Resolution::Action(action) => Event::User(action),
            Resolution::Pending { continuations, .. } => {
                let ways = continuations.iter().map(|c| {
                    let label = c.action.map_or("…", crate::input::label);
                    (c.key.compact(), label.to_owned())
                });
                Event::ChordPending(ways.collect())
            }
            Resolution::Type(key) => match text_edit(key) {
                Some(edit) => Event::Typed(edit),
                None => return Ok(()),
            },
            Resolution::Unbound(keys) => {
                Event::KeyUnbound(keys.into_iter().map(Key::compact).collect::<Vec<_>>().join(" "))
            }
        };
        self.event(event, Duration::ZERO).await
    }

    async fn draw(&mut self) -> io::Result<()> {
        self.due = None;
        let (state, view) = (&self.front.state, &mut self.view);
        let mut beyond = Vec::new();
        let drawn = self.screen.draw(|frame| beyond = ui::draw(frame, state, view))?;
        self.last = Some(Instant::now());
        if std::mem::take(&mut self.asked) {
            self.prompt = self.last;
        }
        let (width, height) = (drawn.area.width, drawn.area.height);
        if (width, height) == state.size {
            self.front.drawn(drawn.buffer);
        } else {
            // The terminal has changed its size and the signal has not come yet, or came while we were stopped.
            return self.event(Event::Resized(width, height), Duration::ZERO).await;
        }
        for event in beyond {
            self.event(event, Duration::ZERO).await?;
        }
        Ok(())
    }

    /// Performs what only the terminal can do.
    async fn own(&mut self, effects: Vec<Effect>) -> io::Result<()> {
        self.view.follow(&effects);
        for effect in effects {
            match effect {
                Effect::Terminal(effect) => self.terminal(effect).await?,
                Effect::CopyText(text) => {
                    let mut out = io::stdout().lock();
                    crossterm::queue!(out, CopyToClipboard::to_clipboard_from(text))?;
                    out.flush()?;
                }
                Effect::Notify(text) => self.ring(&text)?,
                _ => {}
            }
        }
        Ok(())
    }

    async fn terminal(&mut self, effect: TerminalEffect) -> io::Result<()> {
        match effect {
            TerminalEffect::Suspend => {
                self.keys = None;
                match self.guard.suspend()? {
                    Suspended::Back => self.clear()?,
                    Suspended::NoShell => {
                        let message = "There is no shell here that could bring the program back.";
                        let failure = Failure::fatal(FailureKind::Denied, message);
                        Box::pin(self.event(Event::Noticed(failure), Duration::ZERO)).await?;
                    }
                }
            }
            TerminalEffect::Redraw => self.clear()?,
            TerminalEffect::Mouse(mouse) => self.guard.set_mouse(mouse)?,
            TerminalEffect::Edit { path, text, line } => {
                let event = match self.edit(&path, &text, line).await? {
                    Some(Ok(text)) => Event::EditorClosed { path, text },
                    Some(Err(failure)) => Event::Noticed(failure),
                    None => Event::EndRequested,
                };
                Box::pin(self.event(event, Duration::ZERO)).await?;
            }
            TerminalEffect::NextTheme | TerminalEffect::Quit => {}
        }
        Ok(())
    }

    /// Lends the terminal to the user's own editor until that ends. `None` where this program was told to end meanwhile.
    async fn edit(&mut self, path: &str, text: &str, line: u32) -> io::Result<Option<Result<String, Failure>>> {
        self.keys = None;
        self.guard.lend();
        let edited = match Editor::start(|name| std::env::var(name).ok(), path, text, line) {
            Err(failure) => Some(Err(failure)),
            Ok(mut editor) => loop {
                tokio::select! {
                    ended = editor.child.wait() => break Some(editor.saved(ended?)),
                    attention = self.signals.next() => match attention {
                        // An editor that stops itself has stopped its group, which is ours.
                        Attention::Suspend => self.guard.stop()?,
                        Attention::End => break None,
                        Attention::Interrupt | Attention::Continued => {}
                    },
                }
            },
        };
        self.guard.again()?;
        self.clear()?;
        Ok(edited)
    }

    /// The next frame is drawn whole. Not `Terminal::clear`: that asks the terminal where its cursor is, and waits.
    fn clear(&mut self) -> io::Result<()> {
        let size = self.screen.size()?;
        self.screen.resize(Rect::new(0, 0, size.width, size.height))
    }

    /// Calls the user, as configured.
    fn ring(&self, text: &str) -> io::Result<()> {
        let mut out = io::stdout().lock();
        match self.notify {
            Notify::None => return Ok(()),
            Notify::Bell => out.write_all(b"\x07")?,
            Notify::Desktop => write!(out, "\x1b]9;{text}\x1b\\")?,
        }
        out.flush()
    }
}

/// The terminal's events. The terminal is asked, which takes a system call and a lock, only when it has something, and not
/// whenever the loop is woken: that is what a selection of one is for.
fn keys() -> SelectAll<EventStream> {
    select_all([EventStream::new()])
}

/// Whether nothing more comes of an answer.
fn is_end(event: &Event) -> bool {
    matches!(event, Event::Models(ModelEvent::Answered { .. } | ModelEvent::Failed { .. }))
}

fn pointer(kind: MouseEventKind, area: Area, row: u16) -> Option<Pointer> {
    match kind {
        MouseEventKind::Down(MouseButton::Left) => Some(Pointer::Clicked(area, row)),
        MouseEventKind::ScrollUp => Some(Pointer::Scrolled(area, -3)),
        MouseEventKind::ScrollDown => Some(Pointer::Scrolled(area, 3)),
        _ => None,
    }
}

/// The edit that a key without a binding is, the way shells have it.
fn text_edit(key: Key) -> Option<TextEdit> {
    if let Some(c) = key.text() {
        return Some(TextEdit::Insert(c));
    }
    let event = key.event();
    let control = event.modifiers.contains(KeyModifiers::CONTROL);
    let alt = event.modifiers.contains(KeyModifiers::ALT);
    Some(match event.code {
        KeyCode::Backspace if control || alt => TextEdit::DeleteWord,
        KeyCode::Backspace => TextEdit::Backspace,
        KeyCode::Delete => TextEdit::Delete,
        KeyCode::Left if control || alt => TextEdit::WordLeft,
        KeyCode::Right if control || alt => TextEdit::WordRight,
        KeyCode::Left => TextEdit::Left,
        KeyCode::Right => TextEdit::Right,
        KeyCode::Home => TextEdit::LineStart,
        KeyCode::End => TextEdit::LineEnd,
        KeyCode::Char('a') if control => TextEdit::LineStart,
        KeyCode::Char('e') if control => TextEdit::LineEnd,
        KeyCode::Char('w') if control => TextEdit::DeleteWord,
        KeyCode::Char('u') if control => TextEdit::DeleteToStart,
        KeyCode::Char('k') if control => TextEdit::DeleteToEnd,
        KeyCode::Char('_') if control => TextEdit::Undo,
        _ => return None,
    })
}
