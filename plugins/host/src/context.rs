//! One exchange in a VM: what it lends, what is held of its bodies, and what the module wants done with it.

use std::task::Waker;

use bytes::{Bytes, BytesMut};

use crate::abi::{Map, Side};
use crate::limits::Limits;
use crate::pairs::Pairs;
use crate::stream::Stream;

/// An answer a module gives itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginReply {
    /// As the module gave it: any number.
    pub status: u32,
    /// For the logs.
    pub details: String,
    /// All of it.
    pub body: Bytes,
    /// As the module gave them.
    pub headers: Pairs,
    /// None for no gRPC.
    pub grpc_status: Option<u32>,
}

/// What becomes of what a module was shown.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// It goes on, and with it whatever was held before: these bytes of the body, after the headers if they were
    /// held.
    Continue(Bytes),
    /// The headers go on, and the message ends with them.
    ContinueAndEnd,
    /// The headers are held; the body is shown to the module. Its first part that goes on releases them.
    HoldHeaders,
    /// Everything stays where it is until the module says so: poll for it. What was given of a body is kept in the
    /// context.
    Hold,
    /// The module sends these bytes of the response downstream, past what it holds; and whether they are the last.
    Inject(Bytes, bool),
    /// The module answers itself.
    Reply(Box<PluginReply>),
    /// The exchange ends without an answer.
    Reset,
    /// The module holds more of a body than it may: 413 for a request, 500 for a response.
    TooLarge,
}

/// An exchange in a VM.
pub(crate) struct Context {
    pub(crate) stream: Box<dyn Stream>,
    pub(crate) halves: [Half; 2],
    reply: Option<Box<PluginReply>>,
    replied: bool,
    reset: bool,
    /// The log phase: every map can be read.
    pub(crate) logging: bool,
    /// The module changes headers without wanting another route.
    pub(crate) keep_route: bool,
    injected: Vec<(Bytes, bool)>,
    waker: Option<Waker>,
}

/// A direction of an exchange in a VM.
#[derive(Debug, Default)]
pub(crate) struct Half {
    pub(crate) headers_open: bool,
    pub(crate) trailers_open: bool,
    /// What the module sees.
    pub(crate) body: BytesMut,
    /// Whether there is a body it may change.
    pub(crate) body_open: bool,
    /// What it has put aside.
    pub(crate) kept: BytesMut,
    pub(crate) end: bool,
    pub(crate) limit: usize,
    resumed: bool,
}

impl Half {
    /// Everything that was held, as one.
    fn release(&mut self) -> Bytes {
        self.headers_open = false;
        self.trailers_open = false;
        self.body_open = false;
        self.resumed = false;
        let body = self.body.split();
        if self.kept.is_empty() {
            return body.freeze();
        }
        let mut kept = self.kept.split();
        kept.unsplit(body);
        kept.freeze()
    }

    pub(crate) fn is_resumed(&self) -> bool {
        self.resumed
    }

    pub(crate) fn held_bytes(&self) -> usize {
        self.body.len() + self.kept.len()
    }
}

impl Context {
    pub(crate) fn new(stream: Box<dyn Stream>, limits: &Limits) -> Self {
        let half = || Half { limit: limits.body_bytes, ..Half::default() };
        Self {
            stream,
            halves: [half(), half()],
            reply: None,
            replied: false,
            reset: false,
            logging: false,
            keep_route: false,
            injected: Vec::new(),
            waker: None,
        }
    }

    pub(crate) fn half(&mut self, side: Side) -> &mut Half {
        let [request, response] = &mut self.halves;
        match side {
            Side::Request => request,
            Side::Response => response,
        }
    }

    pub(crate) fn half_read(&self, side: Side) -> &Half {
        let [request, response] = &self.halves;
        match side {
            Side::Request => request,
            Side::Response => response,
        }
    }

    /// Whether a map may be touched now.
    pub(crate) fn is_open(&self, map: Map) -> bool {
        let half = self.half_read(map.side);
        if map.trailers { half.trailers_open } else { half.headers_open }
    }

    /// The module wants a direction to go on. Where nothing is held that says nothing.
    pub(crate) fn resume(&mut self, side: Side) {
        let half = self.half(side);
        if !half.headers_open && !half.trailers_open && !half.body_open {
            return;
        }
        half.resumed = true;
        half.headers_open = false;
        half.trailers_open = false;
        half.body_open = false;
        self.wake();
    }

    /// The module answers itself; false when it has done so before.
    pub(crate) fn reply(&mut self, reply: PluginReply) -> bool {
        if std::mem::replace(&mut self.replied, true) {
            return false;
        }
        self.stream.details(&reply.details);
        self.reply = Some(Box::new(reply));
        self.wake();
        true
    }

    pub(crate) fn close(&mut self) {
        self.stream.details("wasm_close_stream");
        self.reset = true;
        self.wake();
    }

    /// Bytes past what is held. False beyond the limit of a response body.
    pub(crate) fn inject(&mut self, bytes: Bytes, end: bool) -> bool {
        let waiting: usize = self.injected.iter().map(|(bytes, _)| bytes.len()).sum();
        if waiting + bytes.len() > self.half(Side::Response).limit {
            return false;
        }
        self.injected.push((bytes, end));
        self.wake();
        true
    }

    /// Gives back what was lent.
    pub(crate) fn into_stream(mut self) -> Box<dyn Stream> {
        self.wake();
        self.stream
    }

    pub(crate) fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }

    /// Wakes this when the module has decided something.
    pub(crate) fn watch(&mut self, waker: &Waker) {
        if !self.waker.as_ref().is_some_and(|old| old.will_wake(waker)) {
            self.waker = Some(waker.clone());
        }
    }

    /// What the module has decided beside what its callback answered: an end before all else.
    pub(crate) fn decided(&mut self, side: Side) -> Option<Step> {
        if let Some(reply) = self.reply.take() {
            return Some(Step::Reply(reply));
        }
        if self.reset {
            return Some(Step::Reset);
        }
        if side == Side::Response && !self.injected.is_empty() {
            let (bytes, end) = self.injected.remove(0);
            return Some(Step::Inject(bytes, end));
        }
        let half = self.half(side);
        if half.resumed { Some(Step::Continue(half.release())) } else { None }
    }

    /// The callback itself has answered that a direction goes on.
    pub(crate) fn go_on(&mut self, side: Side) {
        self.half(side).resumed = true;
    }

    /// Lets everything go that is held in a direction.
    pub(crate) fn release(&mut self, side: Side) -> Bytes {
        self.half(side).release()
    }
}
