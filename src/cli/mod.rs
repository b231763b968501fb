//! The command line: one file per subcommand; this file only parses and dispatches.

mod analyze;
mod apply;
mod check;
mod context;
mod doctor;
mod heal;
mod hook;
mod intent;
mod map;
mod memory;
mod replay;
mod review;
mod run;
mod search;
mod sessions;
mod tokens;
mod undo;
mod workbench;

use crate::config::Overrides;
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::revert::Way;
use crate::runtime::{self, Flags, Setup};
use clap::{Args, CommandFactory, Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// A terminal workbench for coding with language models: local first, per-hunk review, a spending limit that holds.
#[derive(Debug, Parser)]
#[command(version, about, args_conflicts_with_subcommands = true, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    workbench: workbench::Workbench,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Do one thing without the workbench, and end.
    Run(run::Run),
    /// Mend what the checks find in the working tree.
    Heal(heal::Heal),
    /// Apply the edits of a model's answer, from standard input, to the files here.
    Apply(apply::Apply),
    /// Show how a request reads.
    Intent(intent::Intent),
    /// Show what a model would be shown for a request.
    Context(context::Context),
    /// Check the files as they stand, with the tools that the project is set up for, or hold them against a gate.
    Check(check::Check),
    /// Print what matters in a repository, within a budget of tokens.
    Map(map::Map),
    /// Find names, lines and files of a repository.
    Search(search::Search),
    /// List the sessions of this repository.
    Sessions(sessions::Sessions),
    /// Take back what a run wrote, at any later time.
    Undo(undo::Undo),
    /// Make again what was taken back.
    Redo(undo::Undo),
    /// Report what a change does to the code: complexity, coverage, security findings, the gate's verdict.
    Review(review::Review),
    /// Report on the code that is there: totals, hardest functions, coverage, security findings.
    Analyze(analyze::Analyze),
    /// Put the gate before every commit, or take it away.
    Hook(hook::Hook),
    /// Count the tokens of a text.
    Tokens(tokens::Tokens),
    /// Show, add, drop and pin what is remembered of this repository.
    Memory(memory::Memory),
    /// Play a recording back and check that every frame comes out the same.
    Replay(replay::Replay),
    /// Look for what is wrong, and say what to do.
    Doctor(doctor::Doctor),
    /// Print the completions for a shell, to put where it looks for them.
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page, in roff.
    Man,
}

/// Flags that several subcommands share.
#[derive(Debug, Args)]
struct Common {
    /// Work in this directory.
    #[arg(long, value_name = "DIR")]
    cwd: Option<PathBuf>,
    /// The model: `provider/model`, or `auto`.
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,
    /// The mode: coder, architect, peer, sdet, or one of yours.
    #[arg(long, value_name = "MODE")]
    mode: Option<String>,
    /// Let no connection leave this machine.
    #[arg(long)]
    offline: bool,
    /// Spend at most so many dollars on a run.
    #[arg(long, value_name = "USD")]
    budget: Option<String>,
    /// Open this session, or begin one of that name.
    #[arg(long, value_name = "NAME")]
    session: Option<String>,
    /// Check every proposal with this command, in a scratch copy.
    #[arg(long, value_name = "CMD")]
    check: Option<String>,
    /// Answer from this script instead of a model, for tests and demonstrations.
    #[arg(long, value_name = "FILE")]
    script: Option<PathBuf>,
    /// How much faster than recorded the script answers; 0 waits for nothing.
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0, requires = "script")]
    script_speed: f64,
}

impl Common {
    fn flags(&self) -> Flags {
        let mut overrides = Overrides::default();
        let settings = [
            ("--model", "model", self.model.as_deref()),
            ("--mode", "mode", self.mode.as_deref()),
            ("--offline", "offline", self.offline.then_some("true")),
            ("--budget", "limits.run", self.budget.as_deref()),
            ("--check", "check.command", self.check.as_deref()),
        ];
        for (flag, key, value) in settings {
            if let Some(value) = value {
                overrides.set(flag, key, value);
            }
        }
        Flags {
            overrides,
            directory: self.cwd.clone(),
            session: self.session.clone(),
            script: self.script.clone(),
            script_speed: self.script_speed,
        }
    }

    /// Everything a front starts from. A flag that cannot be used is an error here, not a notice: it was just typed.
    fn setup(&self) -> Result<Setup, Failure> {
        opened(&self.flags())
    }
}

fn opened(flags: &Flags) -> Result<Setup, Failure> {
    let setup = Setup::new(flags)?;
    let flag = setup.loaded.failures.iter().find(|f| f.message.starts_with("--"));
    match flag {
        Some(failure) => Err(failure.clone()),
        None => Ok(setup),
    }
}

/// What a subcommand starts from that only prints. What is wrong with the configuration is told on standard error and costs
/// its own key.
fn begin(flags: &Flags) -> anyhow::Result<Setup> {
    let setup = opened(flags).map_err(usage)?;
    for failure in &setup.loaded.failures {
        runtime::tell_line(&format!("vibe-tui: {}", runtime::visible(&failure.message)));
    }
    Ok(setup)
}

/// Parses, dispatches, and returns the exit code.
pub fn main() -> ExitCode {
    runtime::become_sandbox_if_asked();
    runtime::outlive_file_limit();
    let cli = Cli::parse();
    let outcome = match cli.command {
        None => workbench::main(&cli.workbench),
        Some(Command::Completions { shell }) => completions(shell),
        Some(Command::Man) => man(),
        Some(Command::Run(run)) => run::main(&run),
        Some(Command::Heal(heal)) => heal::main(&heal),
        Some(Command::Apply(apply)) => apply::main(&apply),
        Some(Command::Intent(intent)) => intent::main(&intent),
        Some(Command::Context(context)) => context::main(&context),
        Some(Command::Check(check)) => check::main(&check),
        Some(Command::Map(map)) => map::main(&map),
        Some(Command::Search(search)) => search::main(&search),
        Some(Command::Sessions(sessions)) => sessions::main(&sessions),
        Some(Command::Undo(undo)) => undo::main(&undo, Way::Undo),
        Some(Command::Redo(redo)) => undo::main(&redo, Way::Redo),
        Some(Command::Review(review)) => review::main(&review),
        Some(Command::Analyze(analyze)) => analyze::main(&analyze),
        Some(Command::Hook(hook)) => hook::main(&hook),
        Some(Command::Tokens(tokens)) => tokens::main(&tokens),
        Some(Command::Memory(memory)) => memory::main(&memory),
        Some(Command::Replay(replay)) => replay::main(&replay),
        Some(Command::Doctor(doctor)) => doctor::main(&doctor),
    };
    let code = outcome.unwrap_or_else(|error| {
        runtime::tell_line(&format!("vibe-tui: {error:#}"));
        ExitCode::from(if error.is::<Usage>() { 2 } else { 1 })
    });
    match runtime::refused() {
        Some(why) => {
            runtime::tell_line(&format!("vibe-tui: standard output did not take what was printed: {why}"));
            ExitCode::FAILURE
        }
        None => code,
    }
}

fn completions(shell: clap_complete::Shell) -> anyhow::Result<ExitCode> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "vibe-tui", &mut text);
    runtime::print(&String::from_utf8(text)?);
    Ok(ExitCode::SUCCESS)
}

fn man() -> anyhow::Result<ExitCode> {
    let mut text = Vec::new();
    clap_mangen::Man::new(Cli::command()).render(&mut text)?;
    runtime::print(&String::from_utf8(text)?);
    Ok(ExitCode::SUCCESS)
}

/// An error in how the program was called.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Usage(String);

/// Runs `work` on the asynchronous runtime. Beside this thread, which draws, one is enough for one user: two would wake
/// each other for every token.
fn block_on<F: Future>(work: F) -> anyhow::Result<F::Output> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let output = runtime.block_on(work);
    // A blocked worker (a slow disk, a resolver) must not hold the prompt back.
    runtime.shutdown_timeout(std::time::Duration::from_millis(500));
    Ok(output)
}

/// A number of tokens as it was typed.
fn number(typed: &str) -> Result<u32, String> {
    typed.parse().map_err(|_| format!("a number of tokens from 0 to {}, in digits only", u32::MAX))
}

/// A failure as an error of the call where what was asked for cannot be done as it was typed: a path that is not there, bytes
/// that are no text.
fn asked(failure: Failure) -> anyhow::Error {
    match failure.kind {
        FailureKind::BadRequest => usage(failure),
        _ => failure.into(),
    }
}

/// A failure of the set-up as an error of the call.
fn usage(failure: Failure) -> anyhow::Error {
    Usage(failure.message).into()
}
