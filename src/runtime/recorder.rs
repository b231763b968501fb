//! `--record FILE`: every event as it was stamped, and a fingerprint of every frame, one JSON object a line.

use super::presentation::Presentation;
use super::report::tell_line;
use crate::app::Stamped;
use ratatui::buffer::Buffer;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

/// The version of the format.
pub const VERSION: u32 = 1;

/// One line of a recording.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Record {
    /// The first line.
    Header {
        /// `VERSION` when it was written.
        version: u32,
        /// Theme, depth and keys as they were: frames depend on them.
        presentation: Presentation,
    },
    /// Something happened.
    Event(Box<Stamped>),
    /// A frame was drawn.
    Frame {
        /// SHA-256 of its cells, in hex. `None` where only that it was drawn counts, as in a recording that is kept while
        /// how things look goes on changing.
        hash: Option<String>,
    },
}

/// Writes a recording.
pub struct Recorder {
    file: BufWriter<File>,
    /// The first write that failed; what follows is not written.
    broken: Option<std::io::Error>,
}

impl Recorder {
    /// Begins a recording, for the user alone: prompts and code are in it.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub fn create(path: &Path, presentation: Presentation) -> std::io::Result<Recorder> {
        let mut options = File::options();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut recorder = Recorder { file: BufWriter::new(options.open(path)?), broken: None };
        recorder.write(&Record::Header { version: VERSION, presentation });
        Ok(recorder)
    }

    /// Notes an event.
    pub fn event(&mut self, stamped: &Stamped) {
        self.write(&Record::Event(Box::new(stamped.clone())));
    }

    /// Notes a frame.
    pub fn frame(&mut self, buffer: &Buffer) {
        self.write(&Record::Frame { hash: Some(fingerprint(buffer)) });
    }

    fn write(&mut self, record: &Record) {
        if self.broken.is_some() {
            return;
        }
        let line = serde_json::to_string(record).map_err(std::io::Error::from);
        if let Err(error) = line.and_then(|l| writeln!(self.file, "{l}")) {
            self.broken = Some(error);
        }
    }

    /// Writes what is left, and says on standard error if the recording is not whole.
    pub fn finish(mut self) {
        if let Some(error) = self.broken.take().or_else(|| self.file.flush().err()) {
            tell_line(&format!("vibe-tui: the recording is not whole: {error}"));
        }
    }
}

/// SHA-256 over the size and each cell's symbol and style.
pub fn fingerprint(buffer: &Buffer) -> String {
    let mut hash = Sha256::new();
    hash.update(buffer.area.width.to_le_bytes());
    hash.update(buffer.area.height.to_le_bytes());
    for cell in &buffer.content {
        hash.update(cell.symbol().as_bytes());
        hash.update(format!("\0{:?}{:?}{:?}{:?}", cell.fg, cell.bg, cell.underline_color, cell.modifier).as_bytes());
    }
    hash.finalize().iter().map(|b| format!("{b:02x}")).collect()
}
