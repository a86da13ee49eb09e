//! Runs exchanges through both engines.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::exchange::Exchange;
use crate::verdict::Difference;

/// An exchange both engines answered, and how they differ.
#[derive(Debug, Clone)]
pub struct Found {
    /// Which exchange of the corpus.
    pub index: usize,
    /// How.
    pub difference: Difference,
}

/// Compares `exchanges` on `threads` threads by `judge`, which runs one exchange through both engines.
///
/// # Errors
/// The first failure of an engine to answer at all.
pub fn compare(
    exchanges: &[Exchange],
    threads: usize,
    judge: impl Fn(usize, &Exchange) -> Result<Option<Difference>, String> + Sync,
) -> Result<Vec<Found>, String> {
    let next = AtomicUsize::new(0);
    let worker = || {
        let mut found = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(exchange) = exchanges.get(index) else { return Ok(found) };
            if let Some(difference) = judge(index, exchange)? {
                found.push(Found { index, difference });
            }
        }
    };
    let parts: Vec<Result<Vec<Found>, String>> = thread::scope(|scope| {
        let handles: Vec<_> = (0..threads.max(1)).map(|_| scope.spawn(worker)).collect();
        let panicked = |_| Err("a comparison ended in a panic".to_owned());
        handles.into_iter().map(|handle| handle.join().unwrap_or_else(panicked)).collect()
    });
    let mut found: Vec<Found> =
        parts.into_iter().collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect();
    found.sort_by_key(|found| found.index);
    Ok(found)
}
