//! The one thread that starts children.
//!
//! Linux sends the parent-death signal when the *thread* that started the child ends, not the process. Async
//! runtimes and test harnesses end threads at will, so one thread that lives as long as the process starts all.

use std::{
    io,
    os::unix::process::CommandExt,
    process::{Child, Command},
    sync::{
        OnceLock,
        mpsc::{self, Sender},
    },
    thread,
};

use nix::sys::signal::Signal;

struct Job {
    command: Command,
    on_our_death: Signal,
    answer: Sender<io::Result<Child>>,
}

/// Starts `command` in a process group of its own, so that the terminal's Ctrl-C reaches only us.
pub(super) fn spawn(command: Command, on_our_death: Signal) -> io::Result<Child> {
    let gone = || io::Error::other("the thread that starts children is gone");
    let (answer, result) = mpsc::channel();
    let job = Job { command, on_our_death, answer };
    let jobs = jobs().as_ref().map_err(|error| io::Error::other(error.to_string()))?;
    jobs.send(job).map_err(|_| gone())?;
    result.recv().map_err(|_| gone())?
}

fn jobs() -> &'static io::Result<Sender<Job>> {
    static JOBS: OnceLock<io::Result<Sender<Job>>> = OnceLock::new();
    JOBS.get_or_init(|| {
        let (jobs, incoming) = mpsc::channel::<Job>();
        thread::Builder::new().name("children".to_owned()).spawn(move || {
            for mut job in incoming {
                job.command.process_group(0);
                die_with_us(&mut job.command, job.on_our_death);
                // Whoever asked may have given up waiting; the child then dies by its `Drop`.
                let _ = job.answer.send(job.command.spawn());
            }
        })?;
        Ok(jobs)
    })
}

#[cfg(target_os = "linux")]
fn die_with_us(command: &mut Command, signal: Signal) {
    use nix::{
        errno::Errno,
        sys::prctl::set_pdeathsig,
        unistd::{getpid, getppid},
    };

    let us = getpid();
    let ask = move || {
        set_pdeathsig(signal)?;
        // Between fork and the call above we may have died already, unnoticed.
        if getppid() == us { Ok(()) } else { Err(Errno::ESRCH.into()) }
    };
    // SAFETY: the closure runs between fork and exec, where only async-signal-safe functions may be called and
    // nothing may be allocated: it makes two system calls and builds an error from an error number. The standard
    // library runs it after the change of user, which would clear the setting.
    #[expect(unsafe_code, reason = "pre_exec is the only way to be told of the parent's death from the start")]
    unsafe {
        command.pre_exec(ask)
    };
}

#[cfg(not(target_os = "linux"))]
fn die_with_us(_command: &mut Command, _signal: Signal) {}
