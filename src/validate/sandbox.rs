//! The sandbox, seen from inside: this program started again to confine itself and then become the check.
//!
//! Linux: Landlock lets it write beneath the scratch copy and its temporary directory only, open no device but the
//! harmless ones and signal nobody outside; a seccomp filter refuses every socket; an administrator's privileges are gone. Elsewhere there is no sandbox, and
//! this says so. It does not hide files from reading.

use super::Network;
use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

/// The hidden subcommand whose arguments belong to [`sandbox_main`].
pub const ENTRY: &str = "__sandbox";
/// The first argument of the process that waits and kills, and of the one that becomes the check.
pub(super) const SUPERVISE: &str = "supervise";
pub(super) const ENTER: &str = "enter";

/// What the sandbox is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Spec {
    /// Sockets.
    pub network: Network,
    /// What may be written.
    pub writable: Vec<PathBuf>,
    /// Milliseconds between asking a process to end and ending it.
    pub grace_ms: u64,
}

/// Why the check was not started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Refusal {
    /// The system cannot confine it.
    NoSandbox(String),
    /// The command is not there.
    NotFound(String),
    /// Anything else.
    Failed(String),
}

/// Runs the hidden subcommand: `arguments` are what follows [`ENTRY`] on the command line. Never returns.
pub fn sandbox_main(arguments: impl IntoIterator<Item = OsString>) -> ! {
    let arguments: Result<Vec<String>, _> = arguments.into_iter().map(OsString::into_string).collect();
    let arguments = arguments.unwrap_or_else(|_| wrong("an argument is not UTF-8"));
    let (stage, spec, argv) = match arguments.as_slice() {
        [stage, spec, dashes, argv @ ..] if dashes == "--" && !argv.is_empty() => (stage.as_str(), spec, argv),
        _ => wrong("expected a stage, a specification, `--` and a command"),
    };
    let spec: Spec = serde_json::from_str(spec).unwrap_or_else(|e| wrong(&e.to_string()));
    match stage {
        SUPERVISE => super::supervise::main(&spec, argv),
        ENTER => enter(&spec, argv),
        _ => wrong("the stage is unknown"),
    }
}

fn wrong(what: &str) -> ! {
    let _ = writeln!(std::io::stderr(), "vibe-tui {ENTRY}: {what}; this subcommand is for the program's own use");
    std::process::exit(2)
}

/// Becomes the check: own session, confined, standard input empty. Standard input is, until then, a pipe on which a
/// refusal is reported; it closes without a word when the check starts.
fn enter(spec: &Spec, argv: &[String]) -> ! {
    let refusal = match rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdin(), 3) {
        Err(error) => Refusal::Failed(format!("cannot keep the report pipe: {error}")),
        Ok(report) => {
            let refusal = confine(spec).and_then(|()| become_check(argv)).err();
            let refusal = refusal.unwrap_or_else(|| Refusal::Failed("the command did not start".to_owned()));
            let line = serde_json::to_vec(&refusal).unwrap_or_default();
            // Nobody to tell if the report pipe is gone.
            let _ = std::fs::File::from(report).write_all(&line);
            std::process::exit(2)
        }
    };
    wrong(&format!("{refusal:?}"))
}

fn confine(spec: &Spec) -> Result<(), Refusal> {
    let failed = |what: &'static str| move |e: rustix::io::Errno| Refusal::Failed(format!("{what}: {e}"));
    let empty = std::fs::File::open("/dev/null").map_err(|e| Refusal::Failed(format!("/dev/null: {e}")))?;
    rustix::stdio::dup2_stdin(&empty).map_err(failed("cannot empty standard input"))?;
    rustix::process::setsid().map_err(failed("cannot leave the terminal"))?;
    #[cfg(target_os = "linux")]
    {
        let kill = rustix::process::Signal::KILL;
        rustix::process::set_parent_process_death_signal(Some(kill)).map_err(failed("cannot follow the supervisor"))?;
    }
    linux::confine(spec).map_err(Refusal::NoSandbox)
}

fn become_check(argv: &[String]) -> Result<(), Refusal> {
    let error = Command::new(&argv[0]).args(&argv[1..]).exec();
    let program = &argv[0];
    Err(match error.kind() {
        std::io::ErrorKind::NotFound => Refusal::NotFound(format!(
            "`{program}` was not found; install it, correct the check command, or check PATH"
        )),
        std::io::ErrorKind::PermissionDenied => {
            Refusal::NotFound(format!("`{program}` may not be executed; check its permissions"))
        }
        _ => Refusal::Failed(format!("`{program}` did not start: {error}")),
    })
}

#[cfg(target_os = "linux")]
mod linux {
    use super::{Network, Spec};
    use landlock::{
        ABI, AccessFs, BitFlags, CompatLevel, Compatible, PathBeneath, PathFd, Ruleset, RulesetAttr, RulesetCreated,
        RulesetCreatedAttr, RulesetError, Scope,
    };
    use rustix::thread::{CapabilitySet, capabilities, set_capabilities};
    use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, TargetArch};
    use std::path::Path;

    /// Landlock's version 3 (Linux 6.2) is the first that guards truncation; earlier ones would let files be emptied.
    const REQUIRED: ABI = ABI::V3;
    /// Devices without effect.
    const DEVICES: &[&str] = &["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"];

    pub(super) fn confine(spec: &Spec) -> Result<(), String> {
        privileges()?;
        files(spec).map_err(|e| {
            format!("Landlock is missing or too old ({e}); it needs Linux 6.2 with Landlock switched on")
        })?;
        if spec.network == Network::Denied {
            sockets()?;
        }
        Ok(())
    }

    /// Takes away what an administrator may do, but for what files any user of that name may open. With more, the
    /// kernel shows the environment of every process, our keys among it, whatever Landlock says (`perfmon_capable` in its
    /// `mm_access`). Landlock forbids new privileges, so that none come back with the command.
    fn privileges() -> Result<(), String> {
        let told = |e: rustix::io::Errno| format!("the administrator's privileges cannot be given up for it: {e}");
        let mut held = capabilities(None).map_err(told)?;
        held.permitted &= CapabilitySet::DAC_OVERRIDE;
        held.effective &= held.permitted;
        held.inheritable = CapabilitySet::empty();
        set_capabilities(None, held).map_err(told)
    }

    fn files(spec: &Spec) -> Result<(), RulesetError> {
        let write = AccessFs::from_write(REQUIRED);
        let all = write | AccessFs::ReadFile;
        let mut rules = Ruleset::default()
            .set_compatibility(CompatLevel::HardRequirement)
            .handle_access(all)?
            .set_compatibility(CompatLevel::BestEffort)
            .handle_access(AccessFs::IoctlDev)?
            .scope(Scope::Signal | Scope::AbstractUnixSocket)?
            .create()?;
        // Everything may be read but devices: a terminal among them would give the user's keys away.
        let top = std::fs::read_dir("/").into_iter().flatten().flatten().map(|e| e.path());
        for entry in top.filter(|p| p != Path::new("/dev")) {
            rules = allow(rules, &entry, AccessFs::ReadFile.into())?;
        }
        for device in DEVICES {
            rules = allow(rules, Path::new(device), AccessFs::ReadFile | AccessFs::WriteFile | AccessFs::Truncate)?;
        }
        for path in &spec.writable {
            rules = allow(rules, path, all | AccessFs::IoctlDev)?;
        }
        rules.restrict_self()?;
        Ok(())
    }

    /// A rule for a path; one that cannot be opened gets none and so stays forbidden.
    fn allow(rules: RulesetCreated, path: &Path, access: BitFlags<AccessFs>) -> Result<RulesetCreated, RulesetError> {
        match PathFd::new(path) {
            Ok(fd) if path.is_dir() => rules.add_rule(PathBeneath::new(fd, access)),
            Ok(fd) => rules.add_rule(PathBeneath::new(fd, access & AccessFs::from_file(ABI::V5))),
            Err(_) => Ok(rules),
        }
    }

    /// System call numbers, from the kernel's `syscall_64.tbl` and `asm-generic/unistd.h`. `io_uring` opens sockets too.
    const IO_URING_SETUP: i64 = 425;
    #[cfg(target_arch = "x86_64")]
    const REFUSED: &[i64] = &[41, IO_URING_SETUP, X32 + 41, X32 + IO_URING_SETUP];
    #[cfg(target_arch = "x86_64")]
    const X32: i64 = 0x4000_0000;
    #[cfg(not(target_arch = "x86_64"))]
    const REFUSED: &[i64] = &[198, IO_URING_SETUP];
    /// What a refused call answers: EACCES.
    const EACCES: u32 = 13;

    fn sockets() -> Result<(), String> {
        let told = |e: &dyn std::fmt::Display| format!("the network cannot be switched off for it (seccomp: {e})");
        let arch = TargetArch::try_from(std::env::consts::ARCH).map_err(|e| told(&e))?;
        let rules = REFUSED.iter().map(|call| (*call, Vec::new())).collect();
        let filter = SeccompFilter::new(rules, SeccompAction::Allow, SeccompAction::Errno(EACCES), arch);
        let program: BpfProgram = filter.and_then(TryInto::try_into).map_err(|e| told(&e))?;
        seccompiler::apply_filter(&program).map_err(|e| told(&e))
    }
}

#[cfg(not(target_os = "linux"))]
mod linux {
    pub(super) fn confine(_: &super::Spec) -> Result<(), String> {
        Err("this system has no sandbox that is supported (Linux with Landlock is)".to_owned())
    }
}
