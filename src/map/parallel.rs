//! Work in parts, on all cores. How large the parts are is fixed, and what comes of each stands in its own place: nothing depends
//! on how many cores there are, or which of them was first.

use std::num::NonZero;
use std::sync::{LazyLock, Mutex};
use std::thread;

/// Threads at most.
const MOST: usize = 8;

/// Does `work` with each item.
pub(super) fn each<I: ExactSizeIterator + Send>(items: I, work: impl Fn(I::Item) + Sync) {
    static CORES: LazyLock<usize> = LazyLock::new(|| thread::available_parallelism().map_or(1, NonZero::get).min(MOST));
    let threads = items.len().min(*CORES);
    if threads < 2 {
        return items.for_each(work);
    }
    let items = Mutex::new(items);
    let next = || items.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).next();
    let run = || {
        while let Some(item) = next() {
            work(item);
        }
    };
    thread::scope(|scope| {
        (1..threads).for_each(|_| drop(scope.spawn(run)));
        run();
    });
}

/// What `make` makes of each `part` items.
pub(super) fn parts<I: Sync, T: Send>(items: &[I], part: usize, make: impl Fn(&[I]) -> T + Sync) -> Vec<T> {
    let mut made: Vec<Option<T>> = items.chunks(part).map(|_| None).collect();
    each(items.chunks(part).zip(&mut made), |(some, made)| *made = Some(make(some)));
    made.into_iter().flatten().collect()
}

/// Sets each value to what `value` says of its place.
pub(super) fn fill<T: Send>(values: &mut [T], part: usize, value: impl Fn(usize) -> T + Sync) {
    each(values.chunks_mut(part).enumerate(), |(number, some)| {
        some.iter_mut().zip(number * part..).for_each(|(place, at)| *place = value(at));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_of_the_parts_stands_in_their_order() {
        let items: Vec<u32> = (0..1000).collect();
        let made = parts(&items, 7, |some| some.to_vec());
        assert_eq!(made.len(), 143);
        assert_eq!(made.concat(), items);
        assert!(parts(&[0u32; 0], 7, |some| some.len()).is_empty());
        let mut values = [0; 1000];
        fill(&mut values, 7, |at| at as u32);
        assert_eq!(values[..], items);
    }
}
