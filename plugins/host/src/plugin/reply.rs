//! How an answer finds its way back to the VM that has asked.

use std::fmt;
use std::sync::Weak;

use bytes::Bytes;

use super::Slot;
use crate::pairs::Pairs;
use crate::services::HttpAnswer;

/// What a VM is told between two callbacks.
#[derive(Debug)]
pub(crate) enum Event {
    /// A queue it has registered has something in it.
    QueueReady(u32),
    /// A call was answered: of which VM, under which token.
    Answer(u64, u32, Answer),
    /// An exchange was dropped without having been finished.
    Abandon(u64, u32),
}

/// What a call was answered with.
#[derive(Debug)]
pub(crate) enum Answer {
    Http(HttpAnswer),
    Redis(Bytes),
    GrpcMetadata(Pairs),
    GrpcMessage(Bytes),
    GrpcTrailers(Pairs),
    GrpcClosed(u32, String),
    Failed,
}

/// What happens on a gRPC stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GrpcEvent {
    /// What the answer begins with.
    Metadata(Pairs),
    /// A message.
    Message(Bytes),
    /// What the answer ends with.
    Trailers(Pairs),
    /// The end: gRPC's status and message.
    Closed(u32, String),
}

/// The way back to a module that has called. Dropped without an answer it says that the call has failed, so that no
/// module waits for ever.
pub struct Reply {
    slot: Weak<Slot>,
    generation: u64,
    token: u32,
    /// Whether dropping it says something.
    open: bool,
}

impl Reply {
    pub(crate) fn new(slot: Weak<Slot>, generation: u64, token: u32) -> Self {
        Self { slot, generation, token, open: true }
    }

    /// The same way back for whoever must only be able to name it.
    pub(crate) fn handle(&self) -> Self {
        Self {
            slot: self.slot.clone(),
            generation: self.generation,
            token: self.token,
            open: false,
        }
    }

    /// Names the call: unique in the process while the call lasts.
    #[must_use]
    pub fn id(&self) -> (usize, u64, u32) {
        (self.slot.as_ptr() as usize, self.generation, self.token)
    }

    fn tell(&self, answer: Answer) {
        if let Some(slot) = self.slot.upgrade() {
            slot.post(Event::Answer(self.generation, self.token, answer));
        }
    }

    /// Answers an HTTP call.
    pub fn http(mut self, answer: HttpAnswer) {
        self.open = false;
        self.tell(Answer::Http(answer));
    }

    /// Answers a Redis call with RESP as it came.
    pub fn redis(mut self, answer: Bytes) {
        self.open = false;
        self.tell(Answer::Redis(answer));
    }

    /// Tells of a gRPC call or stream. After [`GrpcEvent::Closed`] nothing is heard any more.
    pub fn grpc(&mut self, event: GrpcEvent) {
        if !self.open {
            return;
        }
        self.open = !matches!(event, GrpcEvent::Closed(..));
        self.tell(match event {
            GrpcEvent::Metadata(pairs) => Answer::GrpcMetadata(pairs),
            GrpcEvent::Message(message) => Answer::GrpcMessage(message),
            GrpcEvent::Trailers(pairs) => Answer::GrpcTrailers(pairs),
            GrpcEvent::Closed(status, message) => Answer::GrpcClosed(status, message),
        });
    }

    /// Says that there is no answer: the connection broke, it took too long, it was too large.
    pub fn fail(self) {}
}

impl Drop for Reply {
    fn drop(&mut self) {
        if self.open {
            self.tell(Answer::Failed);
        }
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply").field("token", &self.token).finish_non_exhaustive()
    }
}
