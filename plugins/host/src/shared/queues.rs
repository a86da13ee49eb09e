//! Shared queues: bytes from any plugin to the one that has registered the queue.

use std::collections::VecDeque;
use std::sync::Weak;

use bytes::Bytes;
use parking_lot::Mutex;
use rustc_hash::FxHashMap;

use crate::abi::Status;
use crate::limits::SharedLimits;
use crate::plugin::{Event, Slot};

/// Queues of all `vm_id`s.
pub(crate) struct Queues {
    limits: SharedLimits,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    names: FxHashMap<(String, Vec<u8>), u32>,
    queues: FxHashMap<u32, Queue>,
}

struct Queue {
    owner: Weak<Slot>,
    entries: VecDeque<Bytes>,
    bytes: usize,
}

impl Queues {
    pub(crate) fn new(limits: SharedLimits) -> Self {
        Self { limits, inner: Mutex::default() }
    }

    /// Makes a queue, or takes over its events: who registered it last is told.
    pub(crate) fn register(
        &self,
        vm_id: &str,
        name: &[u8],
        owner: Weak<Slot>,
    ) -> Result<u32, Status> {
        let mut inner = self.inner.lock();
        let key = (vm_id.to_owned(), name.to_vec());
        if let Some(&id) = inner.names.get(&key) {
            if let Some(queue) = inner.queues.get_mut(&id) {
                queue.owner = owner;
            }
            return Ok(id);
        }
        if inner.names.keys().filter(|(space, _)| space == vm_id).count() >= self.limits.queues {
            return Err(Status::InternalFailure);
        }
        let id = u32::try_from(inner.queues.len() + 1).map_err(|_| Status::InternalFailure)?;
        inner.names.insert(key, id);
        inner.queues.insert(id, Queue { owner, entries: VecDeque::new(), bytes: 0 });
        Ok(id)
    }

    pub(crate) fn resolve(&self, vm_id: &str, name: &[u8]) -> Option<u32> {
        self.inner.lock().names.get(&(vm_id.to_owned(), name.to_vec())).copied()
    }

    /// Puts an entry in, and tells the owner.
    pub(crate) fn enqueue(&self, id: u32, entry: &[u8]) -> Result<(), Status> {
        let owner = {
            let mut inner = self.inner.lock();
            let queue = inner.queues.get_mut(&id).ok_or(Status::NotFound)?;
            let bytes = queue.bytes + entry.len();
            if queue.entries.len() >= self.limits.queue_entries || bytes > self.limits.queue_bytes {
                return Err(Status::InternalFailure);
            }
            queue.bytes = bytes;
            queue.entries.push_back(Bytes::copy_from_slice(entry));
            queue.owner.clone()
        };
        if let Some(owner) = owner.upgrade() {
            owner.post(Event::QueueReady(id));
        }
        Ok(())
    }

    pub(crate) fn dequeue(&self, id: u32) -> Result<Bytes, Status> {
        let mut inner = self.inner.lock();
        let queue = inner.queues.get_mut(&id).ok_or(Status::NotFound)?;
        let entry = queue.entries.pop_front().ok_or(Status::Empty)?;
        queue.bytes -= entry.len();
        Ok(entry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_has_a_name_an_order_and_a_limit() {
        let limits = SharedLimits { queues: 1, queue_entries: 2, ..SharedLimits::default() };
        let queues = Queues::new(limits);
        assert_eq!(queues.resolve("v", b"q"), None);
        let id = queues.register("v", b"q", Weak::new()).unwrap();
        assert_ne!(id, 0);
        assert_eq!(queues.register("v", b"q", Weak::new()), Ok(id));
        assert_eq!(queues.register("v", b"r", Weak::new()), Err(Status::InternalFailure));
        assert_eq!(queues.resolve("v", b"q"), Some(id));
        assert_eq!(queues.dequeue(id), Err(Status::Empty));
        assert_eq!(queues.dequeue(id + 1), Err(Status::NotFound));
        assert_eq!(queues.enqueue(id + 1, b""), Err(Status::NotFound));
        queues.enqueue(id, b"1").unwrap();
        queues.enqueue(id, b"2").unwrap();
        assert_eq!(queues.enqueue(id, b"3"), Err(Status::InternalFailure));
        assert_eq!(queues.dequeue(id).unwrap(), "1");
        assert_eq!(queues.dequeue(id).unwrap(), "2");
    }
}
