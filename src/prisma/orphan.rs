//! No orphans: a child that we start dies when we are killed, even by a signal that cannot be handled.

use std::process::Command;

/// Makes the kernel kill the child when the thread that starts it ends. On systems that cannot do that nothing happens, and the
/// child ends when its pipes close.
///
/// The thread matters: start the child on one that lives as long as the child should.
#[cfg(target_os = "linux")]
#[allow(unsafe_code)]
pub fn die_with_parent(command: &mut Command) {
    use std::os::unix::process::CommandExt as _;

    let parent = rustix::process::getpid();
    let ask = move || {
        rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
        // Killed between the fork and the line above: the signal was missed.
        if rustix::process::getppid() == Some(parent) { Ok(()) } else { Err(rustix::io::Errno::SRCH.into()) }
    };
    // SAFETY: between fork and exec only async-signal-safe calls are allowed. The closure makes two plain system calls (`prctl`,
    // `getppid`), allocates nothing, takes no lock, and owns one integer. There is no safe way to ask for this in the child.
    unsafe {
        command.pre_exec(ask);
    }
}

/// See the Linux version: other systems have no such request.
#[cfg(not(target_os = "linux"))]
pub fn die_with_parent(_: &mut Command) {}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::io::Read as _;
    use std::process::{Command, Stdio};

    use super::die_with_parent;

    #[test]
    fn a_child_dies_with_the_thread_that_started_it() {
        let child = std::thread::spawn(|| {
            let mut command = Command::new("sleep");
            command.arg("600").stdout(Stdio::piped());
            die_with_parent(&mut command);
            command.spawn().unwrap()
        });
        let mut child = child.join().unwrap();
        // The pipe closes when the child is gone: without the death signal this read would take ten minutes.
        let mut rest = String::new();
        child.stdout.take().unwrap().read_to_string(&mut rest).unwrap();
        use std::os::unix::process::ExitStatusExt as _;
        assert_eq!(child.wait().unwrap().signal(), Some(9));
    }
}
