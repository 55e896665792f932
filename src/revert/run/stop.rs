//! Ctrl-C while a revert runs: the statement under way is ended in order, so that what it says afterwards is true.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

#[cfg(unix)]
const SIGNALS: [i32; 3] = [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM, signal_hook::consts::SIGHUP];
#[cfg(not(unix))]
const SIGNALS: [i32; 2] = [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM];

/// While this lives, the signals that end a program raise a flag instead; a second one ends it at once.
pub struct StopFlag {
    handlers: Vec<signal_hook::SigId>,
}

impl StopFlag {
    /// Begins to listen. Where the system refuses, signals do what they always do.
    #[must_use]
    pub fn listen(flag: &Arc<AtomicBool>) -> Self {
        let mut handlers = Vec::new();
        for signal in SIGNALS {
            // In this order: the first signal finds the flag down.
            handlers.extend(signal_hook::flag::register_conditional_shutdown(signal, 130, Arc::clone(flag)).ok());
            handlers.extend(signal_hook::flag::register(signal, Arc::clone(flag)).ok());
        }
        StopFlag { handlers }
    }
}

impl Drop for StopFlag {
    fn drop(&mut self) {
        for handler in self.handlers.drain(..) {
            signal_hook::low_level::unregister(handler);
        }
    }
}
