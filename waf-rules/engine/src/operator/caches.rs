//! Working memory of patterns: states of their lazy automata and what a simulation needs. Each thread keeps what its
//! searches made, of all patterns together within one limit; beyond it everything is dropped and made again as values
//! ask for it.

use std::cell::RefCell;
use std::sync::{Arc, Weak};

use regex_automata::meta::{Cache, Regex};
use rustc_hash::FxHashMap;

use crate::limits::MAX_PATTERN_CACHES_BYTES;

/// Bytes of values that one pattern searches before its memory is measured again: a byte makes one state at most.
const MEASURED_EVERY_BYTES: usize = 256;

thread_local! {
    static CACHES: RefCell<Caches> = RefCell::new(Caches::new(MAX_PATTERN_CACHES_BYTES));
}

/// Lends the cache of a pattern for a search of so many bytes. `name` is the pattern's and no other's as long as it lives.
#[inline]
pub(super) fn with<R>(
    name: &Arc<()>,
    regex: &Regex,
    bytes: usize,
    search: impl FnOnce(&mut Cache) -> R,
) -> R {
    CACHES.with_borrow_mut(|caches| caches.lend(name, regex, bytes, search))
}

/// Of one thread.
#[derive(Debug)]
struct Caches {
    limit: usize,
    /// By address of the name, which a kept weak reference holds taken.
    of: FxHashMap<usize, Kept>,
    /// Bytes of all, as measured.
    bytes: usize,
    /// How many there are when those of patterns that are gone are dropped.
    sweep_at: usize,
}

#[derive(Debug)]
struct Kept {
    name: Weak<()>,
    cache: Cache,
    /// As measured.
    bytes: usize,
    /// Bytes searched since.
    searched: usize,
}

impl Caches {
    const FIRST_SWEEP: usize = 64;

    fn new(limit: usize) -> Self {
        Self { limit, of: FxHashMap::default(), bytes: 0, sweep_at: Self::FIRST_SWEEP }
    }

    #[inline]
    fn lend<R>(
        &mut self,
        name: &Arc<()>,
        regex: &Regex,
        bytes: usize,
        search: impl FnOnce(&mut Cache) -> R,
    ) -> R {
        let kept = self.of.entry(Arc::as_ptr(name).addr()).or_insert_with(|| Kept {
            name: Arc::downgrade(name),
            cache: regex.create_cache(),
            bytes: 0,
            searched: MEASURED_EVERY_BYTES,
        });
        let result = search(&mut kept.cache);
        kept.searched = kept.searched.saturating_add(bytes);
        if kept.searched >= MEASURED_EVERY_BYTES {
            let grown = kept.cache.memory_usage();
            self.bytes = self.bytes - kept.bytes + grown;
            (kept.bytes, kept.searched) = (grown, 0);
            self.bound();
        }
        result
    }

    /// Drops what is beyond the limits.
    fn bound(&mut self) {
        if self.bytes > self.limit {
            *self = Self::new(self.limit);
        } else if self.of.len() >= self.sweep_at {
            self.of.retain(|_, kept| kept.name.strong_count() > 0);
            self.bytes = self.of.values().map(|kept| kept.bytes).sum();
            self.sweep_at = (2 * self.of.len()).max(Self::FIRST_SWEEP);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use regex_automata::meta::Regex;

    use super::{CACHES, Caches};
    use crate::limits::MAX_PATTERN_CACHE_BYTES;
    use crate::operator::{Meaning, Pattern};

    fn is_match(caches: &mut Caches, name: &Arc<()>, regex: &Regex, value: &[u8]) -> bool {
        caches.lend(name, regex, value.len(), |cache| {
            regex.search_half_with(cache, &regex_automata::Input::new(value)).is_some()
        })
    }

    #[test]
    fn all_caches_together_stay_within_the_limit_and_searches_go_on() {
        let regexes: Vec<_> = (0..50)
            .map(|n| (Arc::new(()), Regex::new(&format!("(?-u)(a|b)*x{n}[a-m]{{8}}y")).unwrap()))
            .collect();
        let each = {
            let mut caches = Caches::new(usize::MAX);
            let (name, regex) = &regexes[0];
            is_match(&mut caches, name, regex, b"");
            caches.bytes
        };
        let mut caches = Caches::new(each * 10);
        let mut dropped = 0;
        for (n, (name, regex)) in regexes.iter().enumerate() {
            let before = caches.of.len();
            assert!(is_match(&mut caches, name, regex, format!("abx{n}abcdefghy").as_bytes()));
            assert!(!is_match(&mut caches, name, regex, format!("abx{n}abcdefgxy").as_bytes()));
            assert!(caches.bytes <= caches.limit, "{} of {}", caches.bytes, caches.limit);
            dropped += usize::from(caches.of.len() < before);
        }
        assert!(dropped >= 3, "the limit was not reached");
    }

    #[test]
    fn caches_of_patterns_that_are_gone_are_dropped() {
        let mut caches = Caches::new(usize::MAX);
        for n in 0..10 * Caches::FIRST_SWEEP {
            let regex = Regex::new(&format!("x{n}[a-z]")).unwrap();
            assert!(is_match(&mut caches, &Arc::new(()), &regex, format!("x{n}a").as_bytes()));
        }
        assert!(caches.of.len() <= Caches::FIRST_SWEEP, "{} are kept", caches.of.len());
    }

    /// Values at random make a new state with nearly every byte.
    #[test]
    fn one_pattern_keeps_no_more_than_its_limit() {
        let pattern = Pattern::new("(?i)[a-f].{40}[g-m].{20}z!", Meaning::Values).unwrap();
        let mut state = 1_u32;
        let mut most = 0;
        for _ in 0..40 {
            let value: Vec<u8> = (0..10_000)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    b'a' + (state >> 24) as u8 % 13
                })
                .collect();
            assert!(!pattern.is_match(&value));
            most = most.max(CACHES.with_borrow(|caches| caches.bytes));
        }
        // A search has two directions, and a simulation beside them.
        assert!(most > MAX_PATTERN_CACHE_BYTES / 2, "{most} bytes: the limit was not reached");
        assert!(most < 3 * MAX_PATTERN_CACHE_BYTES, "{most} bytes");
    }
}
