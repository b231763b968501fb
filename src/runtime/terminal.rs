//! The terminal, taken and given back. Whatever way the program ends (return, error, panic in any thread, signal),
//! every mode that was set is unset; the next start resets first, in case a kill left one behind.

use crate::app::Mouse;
use crossterm::event::{
    DisableBracketedPaste, DisableFocusChange, DisableMouseCapture, EnableBracketedPaste, KeyboardEnhancementFlags,
    PopKeyboardEnhancementFlags, PushKeyboardEnhancementFlags,
};
use crossterm::terminal::{
    BeginSynchronizedUpdate, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode,
    enable_raw_mode,
};
use crossterm::{Command, cursor, queue};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use std::fmt;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};

/// The terminal as ratatui draws on it: one write a frame.
pub type Screen = Terminal<CrosstermBackend<FrameWriter>>;

/// Asks for presses and the wheel (xterm mode 1000) in coordinates of any size (1006). Not what crossterm asks for, every
/// movement (1003), of which nothing is made here but work. [`DisableMouseCapture`] unsets these, too.
struct EnableButtons;

impl Command for EnableButtons {
    fn write_ansi(&self, f: &mut impl fmt::Write) -> fmt::Result {
        f.write_str("\x1b[?1000h\x1b[?1006h")
    }
}

/// Whether the terminal is ours now. Read by the panic hook, so that it restores at most once.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// Collects a frame's bytes and writes them at once, as one synchronized update (DEC private mode 2026).
#[derive(Debug, Default)]
pub struct FrameWriter {
    frame: Vec<u8>,
}

impl Write for FrameWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.frame.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.frame.is_empty() {
            return Ok(());
        }
        let mut whole = Vec::with_capacity(self.frame.len() + 16);
        queue!(whole, BeginSynchronizedUpdate)?;
        whole.append(&mut self.frame);
        queue!(whole, EndSynchronizedUpdate)?;
        let mut out = io::stdout().lock();
        out.write_all(&whole)?;
        out.flush()
    }
}

/// The terminal while it is ours. Dropping it gives it back.
pub struct Guard {
    mouse: Mouse,
}

impl Guard {
    /// Takes the terminal: raw mode, the alternate screen, bracketed paste, unambiguous keys where offered.
    ///
    /// # Errors
    /// When standard output is no terminal, or refuses.
    pub fn take(mouse: Mouse) -> io::Result<(Guard, Screen)> {
        super::panic::watch(restore);
        let guard = Guard { mouse };
        guard.enter()?;
        let screen = Terminal::new(CrosstermBackend::new(FrameWriter::default()))?;
        Ok((guard, screen))
    }

    /// Unsets first what a killed process may have left behind, so that entering twice is no harm either.
    fn enter(&self) -> io::Result<()> {
        TAKEN.store(true, Ordering::SeqCst);
        enable_raw_mode()?;
        let mut out = io::stdout().lock();
        queue!(
            out,
            EnterAlternateScreen,
            PopKeyboardEnhancementFlags,
            DisableMouseCapture,
            EnableBracketedPaste,
            PushKeyboardEnhancementFlags(KeyboardEnhancementFlags::DISAMBIGUATE_ESCAPE_CODES),
            cursor::Hide
        )?;
        if self.mouse == Mouse::Captured {
            queue!(out, EnableButtons)?;
        }
        out.flush()
    }

    /// Gives the mouse to the panes or to the terminal.
    ///
    /// # Errors
    /// When standard output refuses.
    pub fn set_mouse(&mut self, mouse: Mouse) -> io::Result<()> {
        self.mouse = mouse;
        let mut out = io::stdout().lock();
        match mouse {
            Mouse::Captured => queue!(out, EnableButtons)?,
            Mouse::Released => queue!(out, DisableMouseCapture)?,
        }
        out.flush()
    }

    /// Gives the terminal back, stops this process group as Ctrl-Z would, and takes the terminal again when it is
    /// continued. Without a shell that could continue it, nothing happens, and that is the answer.
    ///
    /// # Errors
    /// When the terminal refuses, or the signal cannot be sent.
    pub fn suspend(&self) -> io::Result<Suspended> {
        if !has_shell() {
            return Ok(Suspended::NoShell);
        }
        restore();
        // Not TSTP: that one is caught, so that a `kill -TSTP` comes here, too.
        rustix::process::kill_current_process_group(rustix::process::Signal::STOP)?;
        self.enter()?;
        Ok(Suspended::Back)
    }

    /// Gives the terminal to another program until [`Guard::again`].
    pub fn lend(&self) {
        restore();
    }

    /// Stops this process group as Ctrl-Z would, the terminal being lent. Without a shell that could continue it, it goes
    /// on at once.
    ///
    /// # Errors
    /// When the signal cannot be sent.
    pub fn stop(&self) -> io::Result<()> {
        use rustix::process::{Signal, kill_current_process_group};
        kill_current_process_group(if has_shell() { Signal::STOP } else { Signal::CONT })?;
        Ok(())
    }

    /// Takes the terminal again after something else stopped and continued this process.
    ///
    /// # Errors
    /// When the terminal refuses.
    pub fn again(&self) -> io::Result<()> {
        // The modes of now are those to go back to: a shell has set them while this process was stopped.
        disable_raw_mode()?;
        self.enter()
    }
}

/// How going to the background went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suspended {
    /// The process was stopped and is continued.
    Back,
    /// Nobody could continue it: it was not stopped.
    NoShell,
}

/// Whether the parent is a shell of this session with job control: the group would be orphaned otherwise (POSIX 3.264),
/// and a stopped one would never go on.
fn has_shell() -> bool {
    let Some(parent) = rustix::process::getppid() else { return false };
    let (theirs, ours) = (Belonging::of(parent), Belonging::of(rustix::process::getpid()));
    matches!((theirs, ours), (Some(theirs), Some(ours)) if theirs.session == ours.session && theirs.group != ours.group)
}

/// The process group and the session of a process.
struct Belonging {
    group: i32,
    session: i32,
}

impl Belonging {
    /// As `/proc/PID/stat` has them (proc_pid_stat(5), fields 5 and 6): in a container either may lead from outside, which
    /// the kernel gives as 0, a number that `rustix::process::getsid` panics on.
    #[cfg(target_os = "linux")]
    fn of(process: rustix::process::Pid) -> Option<Belonging> {
        let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
        // The name before stands in brackets and may hold anything.
        let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace().skip(2).map(str::parse);
        Some(Belonging { group: fields.next()?.ok()?, session: fields.next()?.ok()? })
    }

    #[cfg(not(target_os = "linux"))]
    fn of(process: rustix::process::Pid) -> Option<Belonging> {
        let group = rustix::process::getpgid(Some(process)).ok()?.as_raw_nonzero().get();
        let session = rustix::process::getsid(Some(process)).ok()?.as_raw_nonzero().get();
        Some(Belonging { group, session })
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        restore();
    }
}

/// Unsets every mode, once. Errors are of no use here: there is nowhere left to tell them.
pub fn restore() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut out = io::stdout().lock();
    let _ = queue!(
        out,
        EndSynchronizedUpdate,
        DisableMouseCapture,
        DisableFocusChange,
        PopKeyboardEnhancementFlags,
        DisableBracketedPaste,
        cursor::Show,
        LeaveAlternateScreen
    );
    let _ = out.flush();
    let _ = disable_raw_mode();
}
