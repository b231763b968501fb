//! Who holds a session: a process, told from every other by boot, process namespace, pid, start time and a counter within
//! it. Names of hosts are for the user: they change under a running machine.
//!
//! It refuses to guess about other machines and containers: their processes count as alive, since nobody here can ask.

use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicU64, Ordering};

/// One store of one process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Owner {
    host: String,
    /// What stays the same over the machine's boots; empty where there is none.
    machine: String,
    /// The kernel's identifier of this boot; empty where there is none.
    boot: String,
    /// The namespace that pids are counted in; empty where there is none.
    namespace: String,
    pid: u32,
    /// Start time in clock ticks since boot (field 22 of `/proc/PID/stat`); 0 where there is none. Tells a reused pid.
    started: u64,
    /// Counts the stores of one process.
    instance: u64,
}

impl Owner {
    /// The calling process, as a holder of its own.
    pub(super) fn current() -> Owner {
        static INSTANCES: AtomicU64 = AtomicU64::new(1);
        let pid = std::process::id();
        Owner {
            host: host(),
            machine: read("/etc/machine-id"),
            boot: read("/proc/sys/kernel/random/boot_id"),
            namespace: namespace(),
            pid,
            started: started(pid).unwrap_or(0),
            instance: INSTANCES.fetch_add(1, Ordering::Relaxed),
        }
    }

    /// Whether the holder may still be working, seen from `here`.
    pub(super) fn may_be_alive(&self, here: &Owner) -> bool {
        let exists = || exists(self.pid) && started(self.pid).unwrap_or(0) == self.started;
        !self.is_in_sight(here) || (self.boot == here.boot && exists())
    }

    /// Whether it can be told from here that the holder is alive, or that it is not.
    pub(super) fn is_in_sight(&self, here: &Owner) -> bool {
        let visible = self.namespace.is_empty() || self.namespace == here.namespace;
        self.is_of_this_machine(here) && (self.boot != here.boot || visible)
    }

    /// By its boot or its identifier; by its name only where there is neither.
    fn is_of_this_machine(&self, here: &Owner) -> bool {
        let same_boot = !self.boot.is_empty() && self.boot == here.boot;
        let known = !self.machine.is_empty() && !here.machine.is_empty();
        same_boot || if known { self.machine == here.machine } else { self.host == here.host }
    }

    /// The holder as a phrase.
    pub(super) fn phrase(&self, here: &Owner) -> String {
        match (self.is_in_sight(here), self.pid == here.pid) {
            (true, true) => "another place of this process".to_owned(),
            (true, false) => format!("process {} on this machine", self.pid),
            (false, _) => format!(
                "process {} on {}, out of sight from here (if it is gone, `vibe-tui sessions --free NAME` frees the session)",
                self.pid, self.host
            ),
        }
    }
}

fn read(path: &str) -> String {
    std::fs::read_to_string(path).map(|text| text.trim().to_owned()).unwrap_or_default()
}

fn namespace() -> String {
    std::fs::read_link("/proc/self/ns/pid").map(|link| link.to_string_lossy().into_owned()).unwrap_or_default()
}

fn host() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname")
        .map(|name| name.trim().to_owned())
        .or_else(|_| std::env::var("HOSTNAME"))
        .unwrap_or_default()
}

fn started(pid: u32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The command (field 2) may hold spaces and parentheses; fields count on after the last `)`.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    // What was killed and is not waited for by its parent (a container without an init) is there for ever, and dead.
    let dead = fields.next().is_some_and(|state| matches!(state, "Z" | "X"));
    fields.nth(18).filter(|_| !dead)?.parse().ok()
}

#[cfg(unix)]
fn exists(pid: u32) -> bool {
    let Some(pid) = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw) else { return false };
    // EPERM means that it exists and belongs to somebody else.
    !matches!(rustix::process::test_kill_process(pid), Err(rustix::io::Errno::SRCH))
}

/// Where processes cannot be asked for, a holder counts as alive.
#[cfg(not(unix))]
fn exists(_pid: u32) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_killed_process_that_nobody_waits_for_is_gone() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let here = Owner::current();
        let owner = Owner { pid: child.id(), started: started(child.id()).unwrap_or(0), ..here.clone() };
        assert!(owner.may_be_alive(&here));
        child.kill().unwrap();
        let killed = std::time::Instant::now();
        while cfg!(target_os = "linux") && owner.may_be_alive(&here) {
            assert!(killed.elapsed().as_secs() < 30, "it stays alive for ever");
            std::thread::yield_now();
        }
        child.wait().unwrap();
    }

    #[test]
    fn a_holder_is_gone_after_a_reboot_when_its_pid_is_gone_and_when_its_pid_was_reused() {
        let here = Owner::current();
        let gone = Owner { pid: 0x7fff_fff0, started: 0, ..here.clone() };
        let known = !here.machine.is_empty();
        let cases = [
            ("itself", here.clone(), true),
            ("another store of the same process", Owner::current(), true),
            ("another boot", Owner { boot: "x".into(), ..here.clone() }, false),
            ("another boot, under another name", Owner { boot: "x".into(), host: "x".into(), ..here.clone() }, !known),
            ("itself, before its machine was renamed", Owner { host: "x".into(), ..here.clone() }, true),
            ("a pid that is gone, its machine renamed since", Owner { host: "x".into(), ..gone.clone() }, false),
            ("a pid of another container", Owner { namespace: "pid:[1]".into(), ..gone.clone() }, true),
            ("a pid that is gone", gone.clone(), false),
            ("a pid that was reused", Owner { started: here.started + 1, ..here.clone() }, false),
            (
                "another machine",
                Owner { host: "x".into(), machine: "x".into(), boot: "y".into(), ..here.clone() },
                true,
            ),
        ];
        for (what, owner, alive) in cases {
            assert_eq!(owner.may_be_alive(&here), alive, "{what}");
        }
    }
}
