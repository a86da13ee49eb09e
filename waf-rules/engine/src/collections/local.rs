//! Records in the memory of this process, bounded.
//!
//! Records are spread over shards by their hash; a shard is locked for one change at a time. When a shard is full, the
//! record that was not looked at for the longest time goes, and that is counted: a caller who can make many keys can
//! push out records of others, so keys are to be made of what a caller cannot choose freely (an address, not a header).

mod record;

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use record::{Record, Verdict};

use crate::collections::{Access, Change, CollectionStore, Edit, Opened, RecordId};
use crate::limits;

/// How much a [`LocalCollections`] holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CollectionLimits {
    /// Records of all collections together.
    pub records: usize,
    /// Variables of one record.
    pub record_variables: usize,
    /// Bytes of one record: key, names, values and an estimate of what keeping them takes.
    pub record_bytes: usize,
    /// Bytes of all records.
    pub total_bytes: usize,
}

impl Default for CollectionLimits {
    fn default() -> Self {
        Self {
            records: limits::MAX_RECORDS,
            record_variables: limits::MAX_RECORD_VARIABLES,
            record_bytes: limits::MAX_RECORD_BYTES,
            total_bytes: limits::MAX_RECORDS_BYTES,
        }
    }
}

/// What a store holds and what it had to give up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CollectionCounts {
    /// Records held, those whose time is over and that nobody asked for since included.
    pub records: u64,
    /// Bytes of these records.
    pub bytes: u64,
    /// Records that went because the store was full.
    pub evictions: u64,
    /// Changes that were not made because the record was full.
    pub refusals: u64,
}

/// A store in memory.
#[derive(Debug)]
pub struct LocalCollections {
    shards: Box<[Mutex<Shard>]>,
    hasher: RandomState,
    /// Limits of one shard.
    limits: CollectionLimits,
    records: AtomicU64,
    bytes: AtomicU64,
    evictions: AtomicU64,
    refusals: AtomicU64,
}

impl Default for LocalCollections {
    fn default() -> Self {
        Self::new(CollectionLimits::default())
    }
}

impl LocalCollections {
    /// An empty store. Limits are divided among shards; a store for few records has one.
    pub fn new(limits: CollectionLimits) -> Self {
        let shards = limits::RECORD_SHARDS.min(limits.records / limits::RECORD_SHARDS).max(1);
        let shard = CollectionLimits {
            records: limits.records / shards,
            total_bytes: limits.total_bytes / shards,
            ..limits
        };
        Self {
            shards: (0..shards).map(|_| Mutex::default()).collect(),
            hasher: RandomState::new(),
            limits: shard,
            records: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            evictions: AtomicU64::new(0),
            refusals: AtomicU64::new(0),
        }
    }

    /// What it holds now.
    pub fn counts(&self) -> CollectionCounts {
        CollectionCounts {
            records: self.records.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
            evictions: self.evictions.load(Ordering::Relaxed),
            refusals: self.refusals.load(Ordering::Relaxed),
        }
    }

    /// Brings the sums up to date with what a shard became.
    fn account(&self, (records, bytes): (usize, usize), shard: &Shard) {
        let change = |sum: &AtomicU64, before: usize, after: usize| {
            if before != after {
                // Wraps below zero and back.
                sum.fetch_add((after as u64).wrapping_sub(before as u64), Ordering::Relaxed);
            }
        };
        change(&self.records, records, shard.records.len());
        change(&self.bytes, bytes, shard.bytes);
    }

    fn shard(&self, record: &RecordId) -> Option<MutexGuard<'_, Shard>> {
        let at = self.hasher.hash_one(record) as usize % self.shards.len().max(1);
        self.shards.get(at).map(locked)
    }
}

impl CollectionStore for LocalCollections {
    fn open(&self, access: &Access<'_>) -> Opened {
        let new = || Opened {
            is_new: true,
            created_ms: access.now_ms,
            updated_ms: access.now_ms,
            updates: 0,
            timeout_seconds: access.timeout_seconds,
            variables: Vec::new(),
        };
        let Some(mut shard) = self.shard(access.record) else { return new() };
        let before = shard.size();
        let opened = shard.live(access).map_or_else(new, |record| record.opened(access.now_ms));
        self.account(before, &shard);
        opened
    }

    fn change(&self, access: &Access<'_>, edit: &Edit<'_>) -> Option<Box<[u8]>> {
        let mut shard = self.shard(access.record)?;
        let before = shard.size();
        let value = self.change_in(&mut shard, access, edit);
        let evicted = shard.shrink(&self.limits);
        self.evictions.fetch_add(evicted, Ordering::Relaxed);
        self.account(before, &shard);
        value
    }
}

impl LocalCollections {
    fn change_in(
        &self,
        shard: &mut Shard,
        access: &Access<'_>,
        edit: &Edit<'_>,
    ) -> Option<Box<[u8]>> {
        let record = match edit.change {
            // What takes away makes no record.
            Change::Unset | Change::Decay { .. } => shard.live(access)?,
            Change::Set(_) | Change::Add(_) | Change::Expire { .. } | Change::Timeout { .. } => {
                shard.live_or_new(access)?
            }
        };
        let before = record.bytes;
        let verdict = record.change(access.now_ms, edit, &self.limits);
        let (value, after) = (record.value(edit.name, access.now_ms), record.bytes);
        shard.bytes = (shard.bytes + after).saturating_sub(before);
        if verdict == Verdict::Full {
            self.refusals.fetch_add(1, Ordering::Relaxed);
        }
        value
    }
}

/// A part of the records, with the order in which they were looked at.
#[derive(Debug, Default)]
struct Shard {
    records: HashMap<Arc<RecordId>, Record>,
    /// By the time of the last look, oldest first.
    order: BTreeMap<u64, Arc<RecordId>>,
    looks: u64,
    bytes: usize,
}

impl Shard {
    /// Records and bytes.
    fn size(&self) -> (usize, usize) {
        (self.records.len(), self.bytes)
    }

    /// A record whose time is not over; one whose time is goes.
    fn live(&mut self, access: &Access<'_>) -> Option<&mut Record> {
        let record = self.records.get_mut(access.record)?;
        if record.is_over(access.now_ms) {
            self.remove(access.record);
            return None;
        }
        self.looks += 1;
        if let Some(id) = self.order.remove(&record.look) {
            self.order.insert(self.looks, id);
        }
        record.look = self.looks;
        self.records.get_mut(access.record)
    }

    fn live_or_new(&mut self, access: &Access<'_>) -> Option<&mut Record> {
        if self.live(access).is_none() {
            self.sweep(access.now_ms);
            let id = Arc::new(access.record.clone());
            self.looks += 1;
            let record = Record::new(access, self.looks);
            self.bytes += record.bytes;
            self.order.insert(self.looks, Arc::clone(&id));
            self.records.insert(id, record);
        }
        self.records.get_mut(access.record)
    }

    /// Each new record takes up to two away whose time is over, so that those nobody asks for again do not pile up.
    fn sweep(&mut self, now_ms: u64) {
        for _ in 0..2 {
            let Some((_, oldest)) = self.order.first_key_value() else { return };
            let oldest = Arc::clone(oldest);
            if !self.records.get(&oldest).is_some_and(|record| record.is_over(now_ms)) {
                return;
            }
            self.remove(&oldest);
        }
    }

    /// Lets the oldest records go until the shard is within its limits; the newest stays.
    fn shrink(&mut self, limits: &CollectionLimits) -> u64 {
        let mut evicted = 0;
        while self.records.len() > 1
            && (self.records.len() > limits.records || self.bytes > limits.total_bytes)
        {
            let Some((_, oldest)) = self.order.first_key_value() else { break };
            let oldest = Arc::clone(oldest);
            self.remove(&oldest);
            evicted += 1;
        }
        evicted
    }

    fn remove(&mut self, id: &RecordId) {
        if let Some(record) = self.records.remove(id) {
            self.order.remove(&record.look);
            self.bytes = self.bytes.saturating_sub(record.bytes);
        }
    }
}

/// A panic of another thread leaves records as they are: every change is made in one step.
fn locked(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
