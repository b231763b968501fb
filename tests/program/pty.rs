//! A program on a pseudo-terminal whose bytes are read by a terminal emulator.

use super::place::wait_until;
use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub struct Pty {
    master: Box<dyn MasterPty + Send>,
    writer: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    seen: Arc<Mutex<Seen>>,
}

struct Seen {
    emulator: vt100::Parser,
    bytes: Vec<u8>,
}

fn cells(count: u16) -> NonZeroU16 {
    NonZeroU16::new(count).unwrap()
}

fn size(columns: u16, rows: u16) -> PtySize {
    PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }
}

impl Pty {
    /// Starts `words` in `dir` with this environment and no other, on a terminal of this size.
    pub fn start(words: &[&str], dir: &Path, environment: &[(String, String)], (columns, rows): (u16, u16)) -> Pty {
        let pair = native_pty_system().openpty(size(columns, rows)).unwrap();
        let mut command = CommandBuilder::new(words[0]);
        command.args(&words[1..]);
        command.env_clear();
        for (key, value) in environment {
            command.env(key, value);
        }
        command.cwd(dir);
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let seen = Arc::new(Mutex::new(Seen {
            emulator: vt100::Parser::new(cells(rows), cells(columns), 0),
            bytes: Vec::new(),
        }));
        let (mut reader, sink) = (pair.master.try_clone_reader().unwrap(), Arc::clone(&seen));
        std::thread::spawn(move || {
            let mut buffer = [0; 65536];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                let mut seen = sink.lock().unwrap();
                seen.emulator.process(&buffer[..count]);
                seen.bytes.extend_from_slice(&buffer[..count]);
            }
        });
        let writer = pair.master.take_writer().unwrap();
        Pty { master: pair.master, writer, child, seen }
    }

    /// Presses keys, as the bytes a terminal sends for them.
    pub fn press(&mut self, keys: &str) {
        self.writer.write_all(keys.as_bytes()).unwrap();
        self.writer.flush().unwrap();
    }

    /// What stands on the screen.
    pub fn screen(&self) -> String {
        self.look(|screen| screen.contents())
    }

    pub fn look<T>(&self, at: impl FnOnce(&vt100::Screen) -> T) -> T {
        at(self.seen.lock().unwrap().emulator.screen())
    }

    /// All bytes written so far.
    pub fn bytes(&self) -> Vec<u8> {
        self.seen.lock().unwrap().bytes.clone()
    }

    /// Whether these bytes were written.
    pub fn has_written(&self, text: &str) -> bool {
        self.bytes().windows(text.len()).any(|w| w == text.as_bytes())
    }

    /// Waits until `text` stands on the screen.
    pub fn expect(&self, text: &str) {
        self.expect_that(text, |screen| screen.contains(text));
    }

    /// Waits until the screen is as it should be.
    pub fn expect_that(&self, what: &str, is_so: impl Fn(&str) -> bool) {
        let mut last = String::new();
        let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            wait_until(what, || {
                last = self.screen();
                is_so(&last)
            });
        }));
        assert!(caught.is_ok(), "never came: {what}\n{last}");
    }

    /// Waits until nothing has been written for a while.
    pub fn settle(&self) {
        let mut before = self.bytes().len();
        loop {
            std::thread::sleep(Duration::from_millis(300));
            let now = self.bytes().len();
            if now == before {
                return;
            }
            before = now;
        }
    }

    pub fn resize(&self, columns: u16, rows: u16) {
        self.seen.lock().unwrap().emulator.screen_mut().set_size(cells(rows), cells(columns));
        self.master.resize(size(columns, rows)).unwrap();
    }

    pub fn pid(&self) -> i32 {
        i32::try_from(self.child.process_id().unwrap()).unwrap()
    }

    pub fn signal(&self, signal: rustix::process::Signal) {
        let pid = rustix::process::Pid::from_raw(self.pid()).unwrap();
        rustix::process::kill_process(pid, signal).unwrap();
    }

    /// Waits for its end, and for its last bytes.
    pub fn end(&mut self) -> ExitStatus {
        let mut status = None;
        wait_until("the program ends", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        std::thread::sleep(Duration::from_millis(100));
        status.unwrap()
    }

    /// Fails unless every mode that a full-screen program sets is unset.
    pub fn assert_restored(&self) {
        self.look(|screen| {
            assert!(!screen.alternate_screen(), "the alternate screen is still on");
            assert!(!screen.hide_cursor(), "the cursor is still hidden");
            assert!(!screen.bracketed_paste(), "bracketed paste is still on");
            assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None, "the mouse is still taken");
        });
        let bytes = self.bytes();
        let last = |text: &str| bytes.windows(text.len()).rposition(|w| w == text.as_bytes());
        assert!(last("\x1b[<1u") > last("\x1b[>1u"), "the keyboard flags are still pushed");
        assert!(last("\x1b[?2026l") >= last("\x1b[?2026h"), "a synchronized update is still open");
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
