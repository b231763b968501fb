//! Answers from a file, for tests and demonstrations: the same chunks at the same times, without a model.
//!
//! A script is JSON Lines (`docs/PROVIDERS.md` documents the format); a folder is all its `*.jsonl` files in the order of
//! their names. Every mistake is found when the script is loaded, never while it plays.

use super::wire::{LINE_CAP, json};
use super::{Answer, ChunkStream, Provider};
use crate::domain::failure::{Failure, FailureKind};
use crate::domain::model::{Chunk, Locality, ModelInfo, ModelRef, ModelRequest, Node, Structured};
use futures_util::stream;
use serde::Deserialize;
use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::sleep;

/// Most bytes of one script file.
const FILE_CAP: usize = 4 * LINE_CAP;
/// The longest pause before one step.
const LONGEST_PAUSE_MS: u64 = 600_000;
const WINDOW: u32 = 32_768;

/// A provider that replays a script, called `scripted/…` with any model name.
#[derive(Debug)]
pub struct Scripted {
    answers: Vec<Scene>,
    played: Mutex<HashMap<Option<Node>, usize>>,
    speed: f64,
}

#[derive(Clone, Debug)]
struct Scene {
    /// `None` answers every node that has no scene of its own.
    node: Option<Node>,
    steps: Arc<Vec<Step>>,
}

#[derive(Clone, Debug)]
struct Step {
    after: Duration,
    item: Result<Chunk, Failure>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    r#for: Option<String>,
    #[serde(default)]
    after_ms: u64,
    chunk: Option<Chunk>,
    fail: Option<Failure>,
}

impl Scripted {
    /// Loads a file, or the `*.jsonl` files of a folder. `speed` 1 plays the pauses as written, 2 halves them, 0 leaves
    /// them out. Failures name file and line.
    pub fn load(path: &Path, speed: f64) -> Result<Scripted, Failure> {
        let mut answers = Vec::new();
        for file in files(path)? {
            let text = read(&file)?;
            answers.extend(parse(&file.display().to_string(), &text)?);
        }
        if answers.is_empty() {
            return Err(config(format!("{}: no answer; a script needs at least one chunk line", path.display())));
        }
        Ok(Scripted { answers, played: Mutex::default(), speed })
    }

    /// A script from text; `name` stands for the file in failures.
    pub fn parse(name: &str, text: &str, speed: f64) -> Result<Scripted, Failure> {
        Ok(Scripted { answers: parse(name, text)?, played: Mutex::default(), speed })
    }

    /// The scene that comes next for a node: its own in order, the last one again and again.
    fn next(&self, node: Node) -> Option<Arc<Vec<Step>>> {
        let own = self.answers.iter().any(|a| a.node == Some(node));
        let key = own.then_some(node);
        let scenes: Vec<_> = self.answers.iter().filter(|a| a.node == key).collect();
        let mut played = self.played.lock().unwrap_or_else(|e| e.into_inner());
        let turn = played.entry(key).or_insert(0);
        let scene = scenes.get((*turn).min(scenes.len().checked_sub(1)?))?;
        *turn += 1;
        Some(Arc::clone(&scene.steps))
    }

    fn pause(&self, written: Duration) -> Duration {
        if self.speed > 0.0 { written.div_f64(self.speed.max(0.001)) } else { Duration::ZERO }
    }
}

impl Provider for Scripted {
    fn name(&self) -> &str {
        "scripted"
    }

    fn models(&self) -> Answer<'_, Vec<ModelInfo>> {
        Box::pin(std::future::ready(Ok(vec![info("script")])))
    }

    fn describe(&self, model: &str) -> Answer<'_, ModelInfo> {
        Box::pin(std::future::ready(Ok(info(model))))
    }

    fn stream(&self, request: ModelRequest) -> ChunkStream {
        let node = request.brief.node;
        let Some(steps) = self.next(node) else {
            let message = format!("The script has no answer for the {node:?}: add a `{{\"for\": …}}` line for it.");
            return Box::pin(stream::iter([Err(Failure::fatal(FailureKind::Config, message))]));
        };
        let pauses: Vec<Duration> = steps.iter().map(|step| self.pause(step.after)).collect();
        Box::pin(stream::unfold((steps, pauses, 0), |(steps, pauses, at)| async move {
            let item = steps.get(at)?.item.clone();
            if !pauses[at].is_zero() {
                sleep(pauses[at]).await;
            }
            Some((item, (steps, pauses, at + 1)))
        }))
    }

    fn count_tokens(&self, _model: &str, _text: &str) -> Option<Answer<'_, u32>> {
        None
    }
}

fn info(model: &str) -> ModelInfo {
    ModelInfo {
        reference: ModelRef { provider: "scripted".to_owned(), model: model.to_owned() },
        locality: Locality::Embedded,
        window: Some(WINDOW),
        max_output: None,
        parameters_b: None,
        structured: Structured::JsonSchema,
        note: "a script, no model".to_owned(),
    }
}

fn config(message: String) -> Failure {
    Failure::fatal(FailureKind::Config, message)
}

fn files(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    let unreadable = |error: std::io::Error| {
        let message = format!("{}: cannot be read ({error}); check the path of the script", path.display());
        Failure::fatal(FailureKind::Io, message)
    };
    if !path.metadata().map_err(unreadable)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    for entry in path.read_dir().map_err(unreadable)? {
        let file = entry.map_err(unreadable)?.path();
        if file.extension().is_some_and(|e| e == "jsonl") {
            found.push(file);
        }
    }
    found.sort();
    Ok(found)
}

fn read(file: &Path) -> Result<String, Failure> {
    let failed = |why: &str| Failure::fatal(FailureKind::Io, format!("{}: {why}", file.display()));
    let mut bytes = Vec::new();
    let opened = File::open(file).and_then(|f| f.take(FILE_CAP as u64 + 1).read_to_end(&mut bytes));
    opened.map_err(|error| failed(&format!("cannot be read ({error}); check the path of the script")))?;
    if bytes.len() > FILE_CAP {
        return Err(failed("is larger than 16 MiB; split it"));
    }
    String::from_utf8(bytes).map_err(|_| failed("is not UTF-8; save it as UTF-8"))
}

fn parse(file: &str, text: &str) -> Result<Vec<Scene>, Failure> {
    let mut scenes: Vec<(usize, Option<Node>, Vec<Step>)> = Vec::new();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let wrong = |why: String| config(format!("{file}:{}: {why}", index + 1));
        let read: Line = json(line, "line of a script").map_err(|e| wrong(e.to_string()))?;
        let over = scenes.last().is_some_and(|(_, _, steps)| steps.last().is_some_and(ends));
        let item = match (read.r#for, read.chunk, read.fail) {
            (Some(word), None, None) => {
                if let Some((line, ..)) = scenes.last().filter(|(_, _, steps)| !steps.last().is_some_and(ends)) {
                    return Err(config(unfinished(file, *line)));
                }
                scenes.push((index + 1, node(&word).map_err(wrong)?, Vec::new()));
                continue;
            }
            (None, Some(chunk), None) => Ok(chunk),
            (None, None, Some(failure)) => Err(failure),
            _ => return Err(wrong("needs exactly one of `for`, `chunk` and `fail`".to_owned())),
        };
        if over {
            return Err(wrong(
                "follows the end of an answer; begin the next one with a `{\"for\": …}` line".to_owned(),
            ));
        }
        if scenes.is_empty() {
            scenes.push((index + 1, None, Vec::new()));
        }
        if let Some((_, _, steps)) = scenes.last_mut() {
            steps.push(Step { after: Duration::from_millis(read.after_ms.min(LONGEST_PAUSE_MS)), item });
        }
    }
    match scenes.last().filter(|(_, _, steps)| !steps.last().is_some_and(ends)) {
        Some((line, ..)) => Err(config(unfinished(file, *line))),
        None => Ok(scenes.into_iter().map(|(_, node, steps)| Scene { node, steps: Arc::new(steps) }).collect()),
    }
}

fn ends(step: &Step) -> bool {
    matches!(step.item, Err(_) | Ok(Chunk::Finished(_)))
}

fn unfinished(file: &str, line: usize) -> String {
    format!(
        "{file}:{line}: this answer does not end; close it with `{{\"chunk\":{{\"finished\":\"stop\"}}}}` or a `fail` line"
    )
}

fn node(word: &str) -> Result<Option<Node>, String> {
    if word == "any" {
        return Ok(None);
    }
    let named = serde_json::from_value(serde_json::Value::String(word.to_owned())).ok();
    let known = "any, planner, executor, validator, healer, reviewer or formatter";
    named.map(Some).ok_or_else(|| format!("`{word}` is no node; write {known}"))
}
