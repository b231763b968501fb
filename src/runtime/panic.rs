//! A panic in any thread ends the program in order. What a task would have answered never comes, so a front that went on
//! would wait for ever; instead it hears of the panic, settles what is out, and ends with an error.

use std::sync::Once;
use tokio::sync::Notify;

static HAPPENED: Notify = Notify::const_new();

/// From now on a panic first does `before` (gives the terminal back, so that the message can be read), then tells
/// [`happened`].
pub fn watch(before: fn()) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            before();
            previous(panic);
            HAPPENED.notify_one();
        }));
    });
}

/// Waits for a panic.
pub async fn happened() {
    HAPPENED.notified().await;
}
