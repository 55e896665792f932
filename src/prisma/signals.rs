//! Signals while a child runs: we outlive it, so that we can tell what came of it.

use std::sync::mpsc::Sender;

use super::runner::Event;

/// While this lives, SIGINT, SIGTERM and SIGHUP become [`Event::Signal`]. Afterwards they end us again, as they did before.
pub(super) struct Signals {
    #[cfg(unix)]
    handle: Option<signal_hook::iterator::Handle>,
}

#[cfg(unix)]
mod unix {
    use std::io::IsTerminal as _;
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
    use std::sync::{Arc, LazyLock};

    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

    use super::{Event, Sender, Signals};

    const ENDING: [i32; 3] = [SIGINT, SIGTERM, SIGHUP];

    /// Whether a signal does what it does by default. A handler once installed cannot be taken out again, so it asks this.
    static BY_DEFAULT: LazyLock<Arc<AtomicBool>> = LazyLock::new(|| {
        let flag = Arc::new(AtomicBool::new(true));
        for signal in ENDING {
            let _ = signal_hook::flag::register_conditional_default(signal, Arc::clone(&flag));
        }
        flag
    });

    /// How many children are waited for; several deploys may run at once.
    static WAITING: AtomicUsize = AtomicUsize::new(0);

    fn begin() {
        WAITING.fetch_add(1, Ordering::SeqCst);
        BY_DEFAULT.store(false, Ordering::SeqCst);
    }

    fn end() {
        if WAITING.fetch_sub(1, Ordering::SeqCst) == 1 {
            BY_DEFAULT.store(true, Ordering::SeqCst);
            // One that began in between had its word overwritten.
            if WAITING.load(Ordering::SeqCst) > 0 {
                BY_DEFAULT.store(false, Ordering::SeqCst);
            }
        }
    }

    impl Signals {
        pub(in super::super) fn forward_to(events: &Sender<Event>) -> Self {
            begin();
            let Ok(mut signals) = signal_hook::iterator::Signals::new(ENDING) else {
                return Signals { handle: None };
            };
            let handle = signals.handle();
            let events = events.clone();
            std::thread::spawn(move || {
                for signal in signals.forever() {
                    if events.send(Event::Signal(signal)).is_err() {
                        return;
                    }
                }
            });
            Signals { handle: Some(handle) }
        }
    }

    impl Drop for Signals {
        fn drop(&mut self) {
            if let Some(handle) = &self.handle {
                handle.close();
            }
            end();
        }
    }

    /// Sends the signal to the child. A terminal sends Ctrl-C to the child by itself, and a second one would cut its cleaning up short.
    pub(in super::super) fn pass_on(signal: i32, children: &[u32]) {
        if signal == SIGINT && std::io::stdin().is_terminal() {
            return;
        }
        let which = match signal {
            SIGINT => rustix::process::Signal::INT,
            SIGHUP => rustix::process::Signal::HUP,
            _ => rustix::process::Signal::TERM,
        };
        for child in children {
            if let Some(pid) = i32::try_from(*child).ok().and_then(rustix::process::Pid::from_raw) {
                // Gone already: nothing to tell it.
                let _ = rustix::process::kill_process(pid, which);
            }
        }
    }
}

#[cfg(unix)]
pub(super) use unix::pass_on;

#[cfg(not(unix))]
impl Signals {
    /// Windows sends Ctrl-C to every process of the console by itself.
    pub(super) fn forward_to(_: &Sender<Event>) -> Self {
        Signals {}
    }
}

#[cfg(not(unix))]
pub(super) fn pass_on(_: i32, _: &[u32]) {}
