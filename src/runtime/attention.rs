//! Signals that concern the terminal, as what they ask for.

use std::io;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// What a signal asks for.
pub enum Attention {
    /// Leave.
    End,
    /// Leave, unless the terminal is lent: then it was meant for who has it.
    Interrupt,
    /// Go to the background.
    Suspend,
    /// The process was stopped and goes on.
    Continued,
}

/// The signals that concern the terminal.
pub struct Signals {
    ends: Vec<Signal>,
    interrupt: Signal,
    stop: Signal,
    goes_on: Signal,
}

impl Signals {
    /// Listens from now on.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn new() -> io::Result<Signals> {
        let ends = [SignalKind::terminate(), SignalKind::hangup(), SignalKind::quit()];
        let of = |signal_: rustix::process::Signal| signal(SignalKind::from_raw(signal_.as_raw()));
        Ok(Signals {
            ends: ends.into_iter().map(signal).collect::<io::Result<_>>()?,
            interrupt: signal(SignalKind::interrupt())?,
            stop: of(rustix::process::Signal::TSTP)?,
            goes_on: of(rustix::process::Signal::CONT)?,
        })
    }

    /// Waits for one.
    pub async fn next(&mut self) -> Attention {
        let end = futures_util::future::select_all(self.ends.iter_mut().map(|s| Box::pin(s.recv())));
        tokio::select! {
            biased;
            _ = end => Attention::End,
            _ = self.interrupt.recv() => Attention::Interrupt,
            _ = self.stop.recv() => Attention::Suspend,
            _ = self.goes_on.recv() => Attention::Continued,
        }
    }
}
