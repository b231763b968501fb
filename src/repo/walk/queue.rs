//! Work that makes further work, shared among threads: each keeps its own and hands the older half over when another waits.
//!
//! What is newest is done first, so that a tree is walked in depth and little of it is held. Knows nothing of the work.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// What is there for whoever has nothing to do.
#[derive(Debug)]
pub(super) struct Queue<T> {
    shared: Mutex<Shared<T>>,
    ready: Condvar,
    /// Threads that wait; changed under the lock only.
    waiting: AtomicUsize,
    /// Threads that work here.
    threads: usize,
}

#[derive(Debug)]
struct Shared<T> {
    work: Vec<T>,
    is_over: bool,
}

impl<T> Queue<T> {
    /// For so many threads, each of which takes until there is no more.
    pub(super) fn new(threads: usize) -> Queue<T> {
        let shared = Mutex::new(Shared { work: Vec::new(), is_over: false });
        Queue { shared, ready: Condvar::new(), waiting: AtomicUsize::new(0), threads }
    }

    /// The next work: the thread's own, or what another hands over. `None` when no thread has any.
    pub(super) fn take(&self, own: &mut Vec<T>) -> Option<T> {
        if let Some(work) = own.pop() {
            return Some(work);
        }
        let mut shared = self.lock();
        loop {
            if shared.is_over {
                return None;
            }
            if let Some(work) = shared.work.pop() {
                return Some(work);
            }
            if self.waiting.fetch_add(1, Ordering::Relaxed) + 1 == self.threads {
                shared.is_over = true;
                self.ready.notify_all();
                return None;
            }
            shared = self.ready.wait(shared).unwrap_or_else(PoisonError::into_inner);
            self.waiting.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// Hands the older half of a thread's work over, if another waits for some.
    pub(super) fn share(&self, own: &mut Vec<T>) {
        if own.len() > 1 && self.waiting.load(Ordering::Relaxed) > 0 {
            self.lock().work.extend(own.drain(..own.len() / 2));
            self.ready.notify_all();
        }
    }

    /// Lets nobody wait any longer, whatever is left.
    pub(super) fn close(&self) {
        self.lock().is_over = true;
        self.ready.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Shared<T>> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_work_is_done_once_by_however_many_threads() {
        for threads in [1, 2, 5] {
            let (queue, done) = (Queue::new(threads), AtomicUsize::new(0));
            let work = |mut own: Vec<u32>| {
                while let Some(depth) = queue.take(&mut own) {
                    done.fetch_add(1, Ordering::Relaxed);
                    own.extend((0..depth).map(|_| depth - 1));
                    queue.share(&mut own);
                }
            };
            std::thread::scope(|scope| {
                (1..threads).for_each(|_| drop(scope.spawn(|| work(Vec::new()))));
                work(vec![6]);
            });
            // 1 + 6 + 6·5 + … + 6!
            assert_eq!(done.into_inner(), 1957, "{threads}");
        }
    }

    #[test]
    fn closing_ends_every_wait() {
        let queue: Queue<()> = Queue::new(3);
        std::thread::scope(|scope| {
            let waits = [(); 2].map(|()| scope.spawn(|| queue.take(&mut Vec::new())));
            queue.close();
            assert!(waits.into_iter().all(|wait| wait.join().unwrap().is_none()));
        });
    }
}
