//! `vibe-tui replay FILE`: the same events through the same `update` give the same state and the same frames, without a model,
//! a clock or a disk.

use super::recorder::{Record, VERSION, fingerprint};
use crate::app::{Event, Stamped, State, update};
use crate::domain::failure::{Failure, FailureKind};
use crate::ui::{self, View};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use std::io::BufRead;
use std::path::Path;

/// What a replay gave.
#[derive(Debug)]
pub struct Replayed {
    /// Events folded.
    pub events: usize,
    /// What each frame drawn came to, as `recorder` says it.
    pub frames: Vec<String>,
    /// Lines of the recording whose frame came out different.
    pub different: Vec<usize>,
    /// The last frame, as text.
    pub screen: String,
    /// The state at the end; `None` when nothing happened.
    pub state: Option<State>,
}

/// Replays a recording.
///
/// # Errors
/// When the file cannot be read or a line of it is no record: it names file and line.
pub fn replay(path: &Path) -> Result<Replayed, Failure> {
    let shown = path.display();
    let wrong = |line: usize, what: String| Failure::fatal(FailureKind::Config, format!("{shown}:{line}: {what}"));
    let file = std::fs::File::open(path)
        .map_err(|e| Failure::fatal(FailureKind::BadRequest, format!("{shown}: cannot be opened: {e}")))?;
    let mut player: Option<Player> = None;
    for (index, line) in std::io::BufReader::new(file).lines().enumerate() {
        let number = index + 1;
        let line = line.map_err(|e| wrong(number, format!("cannot be read: {e}")))?;
        let record: Record = serde_json::from_str(&line)
            .map_err(|e| wrong(number, format!("is no line of a recording ({e}); record again with --record")))?;
        match (record, &mut player) {
            (Record::Header { version, presentation }, None) if version == VERSION => {
                let (looks, keymap) = presentation.restore();
                player = Some(Player::new(View::new(looks, keymap)));
            }
            (Record::Header { version, .. }, _) => {
                return Err(wrong(
                    number,
                    format!("is a header of version {version}; this program replays version {VERSION} once"),
                ));
            }
            (_, None) => return Err(wrong(number, "comes before the header".to_owned())),
            (Record::Event(stamped), Some(player)) => player.event(&stamped),
            (Record::Frame { hash }, Some(player)) => player.frame(number, hash.as_deref()),
        }
    }
    player.map(Player::finish).ok_or_else(|| wrong(1, "the recording is empty".to_owned()))
}

struct Player {
    view: View,
    state: Option<State>,
    terminal: Option<Terminal<TestBackend>>,
    replayed: Replayed,
}

impl Player {
    fn new(view: View) -> Player {
        let replayed =
            Replayed { events: 0, frames: Vec::new(), different: Vec::new(), screen: String::new(), state: None };
        Player { view, state: None, terminal: None, replayed }
    }

    fn event(&mut self, stamped: &Stamped) {
        self.replayed.events += 1;
        if let Event::Opened(opening) = &stamped.event {
            self.state = Some(State::new(opening));
        }
        if let Some(state) = &mut self.state {
            let effects = update(state, stamped);
            self.view.follow(&effects);
        }
    }

    fn frame(&mut self, line: usize, hash: Option<&str>) {
        let Some(state) = &self.state else { return };
        let (width, height) = state.size;
        let fits = |t: &Terminal<TestBackend>| t.backend().buffer().area.as_size() == (width, height).into();
        if !self.terminal.as_ref().is_some_and(fits) {
            self.terminal = Terminal::new(TestBackend::new(width, height)).ok();
        }
        let Some(terminal) = &mut self.terminal else { return };
        let drawn = terminal.draw(|frame| {
            ui::draw(frame, state, &mut self.view);
        });
        let Ok(drawn) = drawn;
        let drawn = fingerprint(drawn.buffer);
        if hash.is_some_and(|hash| hash != drawn) {
            self.replayed.different.push(line);
        }
        self.replayed.frames.push(drawn);
    }

    fn finish(mut self) -> Replayed {
        if let Some(terminal) = &self.terminal {
            let buffer = terminal.backend().buffer();
            let width = usize::from(buffer.area.width.max(1));
            let rows = buffer.content.chunks(width).map(|row| row.iter().map(|c| c.symbol()).collect::<String>());
            self.replayed.screen = rows.map(|row| format!("{}\n", row.trim_end())).collect();
        }
        self.replayed.state = self.state;
        self.replayed
    }
}
