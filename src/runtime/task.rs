//! Work under way, by what will answer for it. Replacing or removing an entry ends the work: its future is dropped.

use crate::domain::ids::JobId;
use std::collections::HashMap;
use tokio::task::AbortHandle;

/// What a piece of work answers for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TaskKey {
    /// A job of a run.
    Job(JobId),
    /// The search for models.
    Discovery,
    /// A report on the code: only the newest matters.
    Report,
    /// What a revert would do: only the newest matters.
    Revert,
    /// What the letters behind an `@` may mean: only the newest letters matter.
    Completion,
}

/// The registry.
#[derive(Debug, Default)]
pub struct Tasks {
    running: HashMap<TaskKey, AbortHandle>,
}

impl Tasks {
    /// Starts work. What ran under the same key ends.
    pub fn start<F>(&mut self, key: TaskKey, work: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.running.retain(|_, handle| !handle.is_finished());
        let handle = tokio::spawn(work).abort_handle();
        if let Some(previous) = self.running.insert(key, handle) {
            previous.abort();
        }
    }

    /// Ends every job of a run.
    pub fn stop_jobs(&mut self) {
        self.running.retain(|key, handle| {
            let job = matches!(key, TaskKey::Job(_));
            if job {
                handle.abort();
            }
            !job
        });
    }
}

impl Drop for Tasks {
    fn drop(&mut self) {
        for handle in self.running.values() {
            handle.abort();
        }
    }
}
