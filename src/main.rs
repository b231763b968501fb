//! The entry. A hidden first argument makes the process the sandbox of a check command.

fn main() {
    #[cfg(unix)]
    if std::env::args_os().nth(1).is_some_and(|first| first == vibe_tui::validate::ENTRY) {
        vibe_tui::validate::sandbox_main(std::env::args_os().skip(2));
    }
}
