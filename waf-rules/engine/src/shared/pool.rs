//! Values kept once, found by what they are made of.

use std::collections::HashMap;
use std::convert::Infallible;
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// Weak references to values of one kind. A pool keeps no value alive; a limited number of them is found again.
#[derive(Debug)]
pub(crate) struct Pool<T: ?Sized> {
    limit: usize,
    hasher: RandomState,
    entries: Mutex<Entries<T>>,
}

#[derive(Debug)]
struct Entries<T: ?Sized> {
    /// By the hash of what a value is made of.
    by_hash: HashMap<u64, Vec<Weak<T>>>,
    count: usize,
}

impl<T: ?Sized> Pool<T> {
    /// A pool that finds so many values again.
    pub(crate) fn new(limit: usize) -> Self {
        let entries = Entries { by_hash: HashMap::new(), count: 0 };
        Self { limit, hasher: RandomState::new(), entries: Mutex::new(entries) }
    }

    /// The value made of `content`, by `is`, or the one that `make` makes now.
    ///
    /// # Errors
    /// Those of `make`.
    pub(crate) fn find_or<E>(
        &self,
        content: &(impl Hash + ?Sized),
        is: impl Fn(&T) -> bool,
        make: impl FnOnce() -> Result<Arc<T>, E>,
    ) -> Result<Arc<T>, E> {
        let hash = self.hasher.hash_one(content);
        if let Some(known) = self.lock().find(hash, &is) {
            return Ok(known);
        }
        // Others may use the pool meanwhile: making takes long.
        let made = make()?;
        let mut entries = self.lock();
        if let Some(known) = entries.find(hash, &is) {
            return Ok(known);
        }
        entries.add(hash, &made, self.limit);
        Ok(made)
    }

    /// As [`Pool::find_or`], where making cannot fail.
    pub(crate) fn find_or_make(
        &self,
        content: &(impl Hash + ?Sized),
        is: impl Fn(&T) -> bool,
        make: impl FnOnce() -> Arc<T>,
    ) -> Arc<T> {
        match self.find_or(content, is, || Ok::<_, Infallible>(make())) {
            Ok(value) => value,
            Err(never) => match never {},
        }
    }

    /// Every value that is alive.
    pub(crate) fn alive(&self) -> Vec<Arc<T>> {
        self.lock().by_hash.values().flatten().filter_map(Weak::upgrade).collect()
    }

    /// Forgets values that nobody has any more.
    pub(crate) fn sweep(&self) {
        let mut entries = self.lock();
        let mut count = 0;
        entries.by_hash.retain(|_, list| {
            list.retain(|value| value.strong_count() > 0);
            count += list.len();
            !list.is_empty()
        });
        entries.count = count;
        if entries.by_hash.capacity() > 4 * entries.by_hash.len() + 64 {
            entries.by_hash.shrink_to_fit();
        }
    }

    /// References held, dead ones included.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.lock().count
    }

    /// What a panic of another thread left is as good as before: each change is one step.
    fn lock(&self) -> MutexGuard<'_, Entries<T>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Hash + Eq> Pool<T> {
    /// The value equal to this one.
    pub(crate) fn keep(&self, value: T) -> Arc<T> {
        let hash = self.hasher.hash_one(&value);
        let mut entries = self.lock();
        entries.find(hash, &|known: &T| *known == value).unwrap_or_else(|| {
            let made = Arc::new(value);
            entries.add(hash, &made, self.limit);
            made
        })
    }
}

impl<T: Hash + Eq> Pool<[T]> {
    /// The values equal to these.
    pub(crate) fn keep_all(&self, values: Vec<T>) -> Arc<[T]> {
        let hash = self.hasher.hash_one(values.as_slice());
        let mut entries = self.lock();
        entries.find(hash, &|known: &[T]| *known == *values).unwrap_or_else(|| {
            let made = Arc::from(values);
            entries.add(hash, &made, self.limit);
            made
        })
    }
}

impl<T: ?Sized> Entries<T> {
    fn find(&self, hash: u64, is: &impl Fn(&T) -> bool) -> Option<Arc<T>> {
        let same_hash = self.by_hash.get(&hash)?;
        same_hash.iter().filter_map(Weak::upgrade).find(|value| is(value))
    }

    fn add(&mut self, hash: u64, value: &Arc<T>, limit: usize) {
        if self.count < limit {
            self.by_hash.entry(hash).or_default().push(Arc::downgrade(value));
            self.count += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::Pool;

    fn kept(pool: &Pool<str>, text: &str) -> Arc<str> {
        pool.find_or_make(text, |known| known == text, || text.into())
    }

    #[test]
    fn equal_values_are_one() {
        let pool = Pool::new(10);
        let (a, b, c) = (kept(&pool, "a"), kept(&pool, "a"), kept(&pool, "c"));
        assert!(Arc::ptr_eq(&a, &b));
        assert!(!Arc::ptr_eq(&a, &c));
        let numbers = Pool::new(10);
        assert!(Arc::ptr_eq(&numbers.keep(7), &numbers.keep(7)));
    }

    #[test]
    fn values_that_nobody_has_are_forgotten() {
        let pool = Pool::new(10);
        let a = kept(&pool, "a");
        drop(kept(&pool, "b"));
        pool.sweep();
        assert_eq!(pool.len(), 1);
        drop(a);
        pool.sweep();
        assert_eq!(pool.len(), 0);
    }

    #[test]
    fn beyond_the_limit_nothing_is_shared() {
        let pool = Pool::new(1);
        let _a = kept(&pool, "a");
        let (b, again) = (kept(&pool, "b"), kept(&pool, "b"));
        assert!(!Arc::ptr_eq(&b, &again));
        assert_eq!(pool.len(), 1);
    }

    #[test]
    fn errors_of_making_are_passed_on() {
        let pool = Pool::<str>::new(1);
        assert_eq!(pool.find_or("a", |_| false, || Err("no")), Err("no"));
        assert_eq!(pool.len(), 0);
    }
}
