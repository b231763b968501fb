//! The thread that owns the connection, and the handle through which everyone else asks it.
//!
//! It refuses to answer before the commit: what a caller hears of as written is written. Appends that wait together
//! are committed together.

use super::database::{Database, Durability};
use super::error::StoreError;
use super::journal::{Append, NewRow, Row};
use super::ledger::SpendingRow;
use super::open::{self, Access, Notice};
use super::patch::SummaryPatch;
use super::pattern::{PatternOutcome, PatternStat};
use crate::budget::ledger::{Grant, Reservation, Totals};
use crate::budget::token::Calibration;
use crate::domain::clock::Timestamp;
use crate::domain::ids::{MemoryId, RequestId, RunId, SessionId};
use crate::domain::memory::{Memory, NewMemory};
use crate::domain::model::{ModelRef, Usage};
use crate::domain::money::Money;
use crate::domain::past::Similar;
use crate::domain::rung::{KeptLesson, Rate, Teaching};
use crate::domain::session::SessionSummary;
use std::path::Path;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

/// Jobs that may wait. A caller that finds the queue full waits for room.
const QUEUE: usize = 256;
/// Appends committed together at most.
const GROUP: usize = 128;
/// Rows a page of `load` reads, so that writers are not kept waiting behind a long session.
const PAGE: usize = 1_000;

type Work = Box<dyn FnOnce(&mut Database) + Send>;
type Answer<T> = oneshot::Sender<Result<T, StoreError>>;

enum Job {
    Append(Append, Answer<u64>),
    Run(Work),
    Close(oneshot::Sender<()>),
}

/// A handle to the database. Clones share one thread; the thread ends when the last one is dropped, or at `close`.
#[derive(Clone, Debug)]
pub struct Store {
    jobs: mpsc::Sender<Job>,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    access: Access,
    notice: Option<Notice>,
}

impl Store {
    /// Opens the database file at `path`, making it and its directory if need be. It always gives a store: when the
    /// file cannot be used, one in memory. `access` and `notice` say so, and the notice is to be shown.
    pub async fn open(path: &Path) -> Store {
        let (jobs, queue) = mpsc::channel(QUEUE);
        let (ready, opened) = oneshot::channel();
        let owned = path.to_owned();
        let started = std::thread::Builder::new().name("store".to_owned()).spawn(move || {
            let opened = open::open(&owned);
            let _ = ready.send(Shared { access: opened.database.access, notice: opened.notice });
            serve(opened.database, queue);
        });
        let shared = match started {
            Ok(_) => opened.await.ok(),
            Err(_) => None,
        };
        // Without its thread every call answers `Closed`; that is said once here, too.
        let shared = shared.unwrap_or_else(|| {
            let message = "Nothing is being saved: the database's thread could not be started.".to_owned();
            Shared { access: Access::Memory, notice: Some(Notice { message, salvage: None }) }
        });
        Store { jobs, shared: Arc::new(shared) }
    }

    /// What becomes of what is written.
    pub fn access(&self) -> Access {
        self.shared.access
    }

    /// What has to be said loudly about how the database was opened.
    pub fn notice(&self) -> Option<&Notice> {
        self.shared.notice.as_ref()
    }

    /// Finishes everything that was asked for, closes the file and ends the thread. Later calls answer `Closed`.
    pub async fn close(&self) {
        let (done, closed) = oneshot::channel();
        if self.jobs.send(Job::Close(done)).await.is_ok() {
            let _ = closed.await;
        }
    }

    /// Appends rows from `expected` on, and changes the session's summary in the same commit. Answers with the place
    /// of the last row. `Durable` rows, and all before them, survive a power cut once this returns.
    ///
    /// # Errors
    /// `Conflict` if another instance appended first, `Leased` if another living one holds the session, `NoSession`.
    pub async fn append(
        &self,
        session: &SessionId,
        expected: u64,
        rows: Vec<NewRow>,
        patch: SummaryPatch,
        durability: Durability,
    ) -> Result<u64, StoreError> {
        let (answer, answered) = oneshot::channel();
        let append = Append { session: session.clone(), expected, rows, patch, durability };
        self.jobs.send(Job::Append(append, answer)).await.map_err(|_| StoreError::Closed)?;
        answered.await.map_err(|_| StoreError::Closed)?
    }

    /// All rows of a session from `from` on (from 1), in order, read in pages.
    pub async fn load(&self, session: &SessionId, from: u64) -> Result<Vec<Row>, StoreError> {
        let mut rows: Vec<Row> = Vec::new();
        loop {
            let next = rows.last().map_or(from.max(1), |row| row.seq + 1);
            let page = self.load_page(session, next, PAGE).await?;
            let full = page.len() == PAGE;
            rows.extend(page);
            if !full {
                return Ok(rows);
            }
        }
    }

    /// At most `limit` rows of a session from `from` on (from 1), in order.
    pub async fn load_page(&self, session: &SessionId, from: u64, limit: usize) -> Result<Vec<Row>, StoreError> {
        let session = session.clone();
        self.ask(move |db| db.page(&session, from, limit)).await
    }

    /// Begins a session and takes its lease. Answers with its name, made unique within the root by a suffix like ` (2)`.
    pub async fn create_session(
        &self,
        id: &SessionId,
        root: &str,
        name: &str,
        at: Timestamp,
    ) -> Result<String, StoreError> {
        let (id, root, name) = (id.clone(), root.to_owned(), name.to_owned());
        self.ask(move |db| db.create_session(&id, &root, &name, at)).await
    }

    /// All sessions, or those of one root, the one used last first.
    pub async fn sessions(&self, root: Option<&str>) -> Result<Vec<SessionSummary>, StoreError> {
        let root = root.map(str::to_owned);
        self.ask(move |db| db.sessions(root.as_deref())).await
    }

    /// The session of that name in the root, else the one whose identifier is or begins with it.
    ///
    /// # Errors
    /// `NoSession`, or `Ambiguous` when several identifiers begin with it.
    pub async fn find_session(&self, root: &str, name_or_id: &str) -> Result<SessionSummary, StoreError> {
        let (root, wanted) = (root.to_owned(), name_or_id.to_owned());
        self.ask(move |db| db.find_session(&root, &wanted)).await
    }

    /// Removes a session and its journal. What it spent still counts.
    pub async fn delete_session(&self, id: &SessionId) -> Result<(), StoreError> {
        let id = id.clone();
        self.ask(move |db| db.delete_session(&id)).await
    }

    /// Takes the session for this store until it is given back or its process is gone.
    ///
    /// # Errors
    /// `Leased` names the living process that has it.
    pub async fn lease(&self, id: &SessionId, now: Timestamp) -> Result<(), StoreError> {
        let id = id.clone();
        self.ask(move |db| db.lease(&id, now)).await
    }

    /// Takes the session from a process of another machine or container, whatever has become of it.
    ///
    /// # Errors
    /// `Leased`: its holder is of this machine and alive.
    pub async fn free(&self, id: &SessionId) -> Result<(), StoreError> {
        let id = id.clone();
        self.ask(move |db| db.free(&id)).await
    }

    /// Gives the session back.
    pub async fn unlease(&self, id: &SessionId) -> Result<(), StoreError> {
        let id = id.clone();
        self.ask(move |db| db.unlease(&id)).await
    }

    /// Makes the list of sessions anew from the journal.
    pub async fn rebuild(&self) -> Result<(), StoreError> {
        self.ask(Database::rebuild).await
    }

    /// Claims money before a request leaves. Granted means durably written; refused means nothing was.
    pub async fn reserve(&self, claim: Reservation) -> Result<Grant, StoreError> {
        self.ask(move |db| db.reserve(&claim)).await
    }

    /// Replaces a claim by what the request cost; `None` when the price is unknown. Settling twice counts once.
    pub async fn settle(
        &self,
        session: &SessionId,
        request: RequestId,
        actual: Option<Money>,
        usage: Usage,
    ) -> Result<(), StoreError> {
        let session = session.clone();
        self.ask(move |db| db.settle(&session, request, actual, usage)).await
    }

    /// Gives a claim back. Only for a request that never left.
    pub async fn release(&self, session: &SessionId, request: RequestId) -> Result<(), StoreError> {
        let session = session.clone();
        self.ask(move |db| db.release(&session, request)).await
    }

    /// What counts against each scope: of that run and session, and of the day, week and month that `day` lies in.
    pub async fn totals(&self, session: &SessionId, run: RunId, day: i64) -> Result<Totals, StoreError> {
        let session = session.clone();
        self.ask(move |db| db.totals(&session, run, day)).await
    }

    /// What requests of the days from `first` to `last` took, by day, model and node.
    pub async fn spending(&self, first: i64, last: i64) -> Result<Vec<SpendingRow>, StoreError> {
        self.ask(move |db| db.spending(first, last)).await
    }

    /// Puts a prompt at the top of the history.
    pub async fn history_add(&self, text: &str, at: Timestamp) -> Result<(), StoreError> {
        let text = text.to_owned();
        self.ask(move |db| db.history_add(&text, at)).await
    }

    /// The newest `limit` prompts, newest first, each once.
    pub async fn history(&self, limit: u32) -> Result<Vec<String>, StoreError> {
        self.ask(move |db| db.history(limit)).await
    }

    /// Counts what became of a pattern.
    pub async fn pattern_used(&self, name: &str, outcome: PatternOutcome, at: Timestamp) -> Result<(), StoreError> {
        let name = name.to_owned();
        self.ask(move |db| db.pattern_used(&name, outcome, at)).await
    }

    /// How every pattern that was ever used has fared, by name.
    pub async fn pattern_stats(&self) -> Result<Vec<PatternStat>, StoreError> {
        self.ask(Database::pattern_stats).await
    }

    /// Keeps what is known of a model's tokenizer, in place of what was kept before.
    pub async fn keep_calibration(
        &self,
        model: &ModelRef,
        calibration: Calibration,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let model = model.clone();
        self.ask(move |db| db.keep_calibration(&model, &calibration, at)).await
    }

    /// What is known of every model's tokenizer.
    pub async fn calibrations(&self) -> Result<Vec<(ModelRef, Calibration)>, StoreError> {
        self.ask(Database::calibrations).await
    }

    /// Remembers something of a root; a text that is remembered already is renewed.
    pub async fn remember(&self, root: &str, new: NewMemory, at: Timestamp) -> Result<Memory, StoreError> {
        let root = root.to_owned();
        self.ask(move |db| db.remember(&root, &new, at)).await
    }

    /// Forgets one of the root's memories. Answers with it, `None` if there is no such.
    pub async fn forget(&self, root: &str, id: MemoryId) -> Result<Option<Memory>, StoreError> {
        let root = root.to_owned();
        self.ask(move |db| db.forget(&root, id)).await
    }

    /// Pins one of the root's memories, or lets it go. Answers with it as it now is, `None` if there is no such.
    pub async fn pin(&self, root: &str, id: MemoryId) -> Result<Option<Memory>, StoreError> {
        let root = root.to_owned();
        self.ask(move |db| db.pin(&root, id)).await
    }

    /// The root's memories, oldest first.
    pub async fn memories(&self, root: &str) -> Result<Vec<Memory>, StoreError> {
        let root = root.to_owned();
        self.ask(move |db| db.memories(&root)).await
    }

    /// Counts that these were recalled for a prompt.
    pub async fn memories_recalled(&self, ids: Vec<MemoryId>) -> Result<(), StoreError> {
        self.ask(move |db| db.memories_recalled(&ids)).await
    }

    /// Counts that a change was accepted after these had been recalled for it.
    pub async fn memories_accepted(&self, ids: Vec<MemoryId>, at: Timestamp) -> Result<(), StoreError> {
        self.ask(move |db| db.memories_accepted(&ids, at)).await
    }

    /// Keeps what an attempt at healing taught in a root.
    pub async fn teach(&self, root: &str, teaching: Teaching, at: Timestamp) -> Result<(), StoreError> {
        let root = root.to_owned();
        self.ask(move |db| db.teach(&root, &teaching, at)).await
    }

    /// What healing taught in the root, oldest first.
    pub async fn lessons(&self, root: &str) -> Result<Vec<KeptLesson>, StoreError> {
        let root = root.to_owned();
        self.ask(move |db| db.lessons(&root)).await
    }

    /// Forgets one of the root's lessons. Answers with it, `None` if there is no such.
    pub async fn forget_lesson(&self, root: &str, id: u64) -> Result<Option<KeptLesson>, StoreError> {
        let root = root.to_owned();
        self.ask(move |db| db.forget_lesson(&root, id)).await
    }

    /// How each kind of rung has fared in the root, by the kind of error.
    pub async fn rung_rates(&self, root: &str) -> Result<Vec<Rate>, StoreError> {
        let root = root.to_owned();
        self.ask(move |db| db.rung_rates(&root)).await
    }

    /// What is known of findings of these kinds in the root from before then.
    pub async fn similar(&self, root: &str, keys: Vec<String>, before: Timestamp) -> Result<Vec<Similar>, StoreError> {
        let root = root.to_owned();
        self.ask(move |db| db.similar(&root, &keys, before)).await
    }

    async fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Database) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        let work: Work = Box::new(move |db| {
            let _ = answer.send(work(db));
        });
        self.jobs.send(Job::Run(work)).await.map_err(|_| StoreError::Closed)?;
        answered.await.map_err(|_| StoreError::Closed)?
    }
}

fn serve(mut database: Database, mut queue: mpsc::Receiver<Job>) {
    let mut waiting = None;
    while let Some(job) = waiting.take().or_else(|| queue.blocking_recv()) {
        match job {
            Job::Run(work) => work(&mut database),
            Job::Append(append, answer) => {
                let (mut appends, mut answers) = (vec![append], vec![answer]);
                while appends.len() < GROUP {
                    match queue.try_recv() {
                        Ok(Job::Append(append, answer)) => {
                            appends.push(append);
                            answers.push(answer);
                        }
                        Ok(other) => {
                            waiting = Some(other);
                            break;
                        }
                        Err(_) => break,
                    }
                }
                for (answer, result) in answers.into_iter().zip(database.append_group(&appends)) {
                    let _ = answer.send(result);
                }
            }
            Job::Close(done) => {
                queue.close();
                while let Ok(job) = queue.try_recv() {
                    match job {
                        Job::Run(work) => work(&mut database),
                        Job::Append(append, answer) => {
                            let result = database.append_group(&[append]).pop();
                            let _ = answer.send(result.unwrap_or(Err(StoreError::Closed)));
                        }
                        Job::Close(_) => {}
                    }
                }
                database.unlease_all();
                drop(database);
                let _ = done.send(());
                return;
            }
        }
    }
    database.unlease_all();
}
