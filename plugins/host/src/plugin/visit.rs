//! An exchange's stay in a plugin, for whoever moves its messages.

use std::fmt;
use std::sync::Arc;
use std::task::{Poll, Waker};

use bytes::Bytes;

use super::{Event, Slot};
use crate::abi::Side;
use crate::broken::Broken;
use crate::context::Step;
use crate::stream::Stream;

/// An exchange that a VM has taken in.
///
/// Every method runs one callback of the module and returns at once. What is dropped without
/// [`Visit::finish`] ends as well, a little later.
pub struct Visit {
    slot: Arc<Slot>,
    generation: u64,
    id: u32,
    finished: bool,
}

impl Visit {
    pub(super) fn new(slot: Arc<Slot>, generation: u64, id: u32) -> Self {
        Self { slot, generation, id, finished: false }
    }

    /// The headers of a message have come; `end` when there is no body.
    ///
    /// # Errors
    /// The VM crashed, now or before.
    pub fn headers(&self, side: Side, end: bool) -> Result<Step, Broken> {
        self.slot.with(self.generation, |vm| vm.headers(self.id, side, end))
    }

    /// A part of a body has come; `end` with the last one, which may be empty.
    ///
    /// # Errors
    /// The VM crashed, now or before.
    pub fn body(&self, side: Side, part: &Bytes, end: bool) -> Result<Step, Broken> {
        self.slot.with(self.generation, |vm| vm.body(self.id, side, part, end))
    }

    /// The trailers of a message have come: its end.
    ///
    /// # Errors
    /// The VM crashed, now or before.
    pub fn trailers(&self, side: Side) -> Result<Step, Broken> {
        self.slot.with(self.generation, |vm| vm.trailers(self.id, side))
    }

    /// What was decided of a direction that is held; the waker is woken when there may be something.
    ///
    /// # Errors
    /// The VM crashed, now or before.
    pub fn poll(&self, side: Side, waker: &Waker) -> Result<Poll<Step>, Broken> {
        self.slot.with(self.generation, |vm| vm.poll(self.id, side, waker))
    }

    /// Looks at what the exchange lent, between two callbacks.
    ///
    /// # Errors
    /// The VM crashed, now or before.
    pub fn stream<T>(&self, look: impl FnOnce(&mut dyn Stream) -> T) -> Result<T, Broken> {
        self.slot.with(self.generation, |vm| vm.stream(self.id).map(look).ok_or(Broken::Gone))
    }

    /// Ends the stay: `proxy_on_log`, `proxy_on_done`, `proxy_on_delete`. Gives back what the exchange lent; none
    /// only when the host has lost it.
    pub fn finish(mut self) -> (Option<Box<dyn Stream>>, Result<(), Broken>) {
        self.finished = true;
        match self.slot.with(self.generation, |vm| vm.close(self.id)) {
            Ok(stream) => (stream, Ok(())),
            Err(broken) => (self.slot.orphan(self.generation, self.id), Err(broken)),
        }
    }

    /// Gives back what the exchange lent to a VM that has crashed.
    #[must_use]
    pub fn reclaim(mut self) -> Option<Box<dyn Stream>> {
        self.finished = true;
        self.slot.orphan(self.generation, self.id)
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        if !self.finished {
            self.slot.post(Event::Abandon(self.generation, self.id));
        }
    }
}

impl fmt::Debug for Visit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Visit").field("id", &self.id).finish_non_exhaustive()
    }
}
