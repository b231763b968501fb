//! The largest file that may be written (`ulimit -f`): a write beyond it fails and is told like any other, where the system would
//! end the program by a signal. Changes no limit.

/// To be called once, at the start. The signal gets a handler that does nothing of use and is not ignored, since that is what programs we
/// start would inherit (`signal(7)`).
pub fn outlive_file_limit() {
    #[cfg(unix)]
    {
        let signal = rustix::process::Signal::XFSZ.as_raw();
        // Refused, the program ends at that limit as it would have anyhow.
        let _ = signal_hook::flag::register(signal, std::sync::Arc::default());
    }
}
