//! What the terminal sends, read beside the loop: asking the terminal takes a system call and a lock, and the loop is woken for
//! each frame of a stream.

use crossterm::event::{Event, EventStream};
use futures_util::StreamExt;
use std::io;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Events read ahead of the loop; more wait in the terminal.
const AHEAD: usize = 64;

/// The terminal's events, in order. None is lost when reading pauses.
pub struct Keyboard {
    sender: mpsc::Sender<io::Result<Event>>,
    events: mpsc::Receiver<io::Result<Event>>,
    /// `None` while the terminal is not ours.
    reader: Option<JoinHandle<()>>,
}

impl Keyboard {
    /// One that begins to read when it is asked.
    pub fn new() -> Keyboard {
        let (sender, events) = mpsc::channel(AHEAD);
        Keyboard { sender, events, reader: None }
    }

    /// The next event; `None` when the terminal is gone. Reads from now on.
    pub async fn next(&mut self) -> Option<io::Result<Event>> {
        let sender = &self.sender;
        let reader = self.reader.get_or_insert_with(|| tokio::spawn(read(sender.clone())));
        tokio::select! {
            biased;
            event = self.events.recv() => return event,
            _ = reader => (),
        }
        self.reader = None;
        None
    }

    /// Leaves the terminal alone, as soon as this returns, until the next event is asked for.
    pub async fn pause(&mut self) {
        if let Some(reader) = self.reader.take() {
            reader.abort();
            // It ends by being stopped: that is no news.
            let _ = reader.await;
        }
    }
}

/// Takes an event only when there is room for it, so that none is in hand when this is stopped.
async fn read(events: mpsc::Sender<io::Result<Event>>) {
    let mut terminal = EventStream::new();
    while let Ok(room) = events.reserve().await {
        let Some(event) = terminal.next().await else { return };
        room.send(event);
    }
}
