//! What a VM's host functions work on: the data of its store.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use bytes::Bytes;
use rustc_hash::FxHashMap;
use wasmtime::{Memory, ResourceLimiter, TypedFunc};

use crate::abi::{AbiVersion, Status};
use crate::context::Context;
use crate::pairs::Pairs;
use crate::plugin::{Setup, Slot};
use crate::services::HttpAnswer;

/// The root context: one plugin a VM, so one root.
pub(crate) const ROOT: u32 = 1;

/// How far a VM has come. It decides which buffers there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    Starting,
    Configuring,
    Running,
}

/// The answer a callback is being told of.
#[derive(Debug)]
pub(crate) enum InHand {
    Http(HttpAnswer),
    GrpcMetadata(Pairs),
    GrpcTrailers(Pairs),
    GrpcMessage(Bytes),
    Redis(Bytes),
}

/// What a token waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Awaited {
    Http,
    Redis,
    GrpcCall,
    GrpcStream,
}

/// The data of a store.
pub(crate) struct State {
    pub(crate) setup: Arc<Setup>,
    pub(crate) slot: Weak<Slot>,
    pub(crate) generation: u64,
    pub(crate) abi: AbiVersion,
    pub(crate) memory: Option<Memory>,
    pub(crate) allocate: Option<TypedFunc<u32, u32>>,
    pub(crate) stage: Stage,
    pub(crate) contexts: FxHashMap<u32, Context>,
    /// Whose callback this is.
    pub(crate) current: u32,
    /// Whom host functions work on.
    pub(crate) effective: u32,
    pub(crate) in_hand: Option<InHand>,
    pub(crate) status: (u32, &'static str, String),
    pub(crate) tick: Option<Duration>,
    pub(crate) next_tick: Option<Instant>,
    pub(crate) pending: FxHashMap<u32, (Awaited, Option<crate::plugin::Reply>)>,
    pub(crate) last_token: u32,
    /// The callback's own answer does not count: it has replied or closed.
    pub(crate) stopped: bool,
    pub(crate) host_calls_left: u32,
    pub(crate) lines: Rate,
    pub(crate) scratch: Vec<u8>,
    pub(crate) done: Done,
    pub(crate) rebuild_wanted: bool,
    pub(crate) memory_refused: bool,
}

/// Where a root context stands at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Done {
    No,
    /// Asked, and it wants to be waited for.
    Pending,
    Yes,
}

impl State {
    pub(crate) fn new(
        setup: Arc<Setup>,
        slot: Weak<Slot>,
        generation: u64,
        abi: AbiVersion,
    ) -> Self {
        Self {
            lines: Rate::new(setup.spec.limits.log_lines_per_second),
            setup,
            slot,
            generation,
            abi,
            memory: None,
            allocate: None,
            stage: Stage::Starting,
            contexts: FxHashMap::default(),
            current: ROOT,
            effective: ROOT,
            in_hand: None,
            status: (0, "", String::new()),
            tick: None,
            next_tick: None,
            pending: FxHashMap::default(),
            last_token: 0,
            stopped: false,
            host_calls_left: 0,
            scratch: Vec::new(),
            done: Done::No,
            rebuild_wanted: false,
            memory_refused: false,
        }
    }

    /// The exchange host functions work on; none for the root. A context that has gone leaves the true one.
    pub(crate) fn context(&self) -> Option<&Context> {
        self.contexts.get(&self.effective).or_else(|| {
            if self.effective == ROOT { None } else { self.contexts.get(&self.current) }
        })
    }

    pub(crate) fn context_mut(&mut self) -> Option<&mut Context> {
        let id = match self.effective {
            id if id == ROOT || self.contexts.contains_key(&id) => id,
            _ => self.current,
        };
        self.contexts.get_mut(&id)
    }

    /// A token for a call that is about to begin.
    pub(crate) fn token(&mut self, awaited: Awaited) -> Result<u32, Status> {
        if self.pending.len() >= self.setup.spec.limits.pending_calls {
            return Err(Status::InternalFailure);
        }
        loop {
            self.last_token = self.last_token.wrapping_add(1);
            if self.last_token != 0 && !self.pending.contains_key(&self.last_token) {
                self.pending.insert(self.last_token, (awaited, None));
                return Ok(self.last_token);
            }
        }
    }
}

impl ResourceLimiter for State {
    fn memory_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let fits = desired <= self.setup.spec.limits.memory_bytes;
        self.memory_refused |= !fits;
        Ok(fits)
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        Ok(desired <= self.setup.spec.limits.table_elements)
    }

    fn instances(&self) -> usize {
        1
    }

    fn tables(&self) -> usize {
        16
    }

    fn memories(&self) -> usize {
        1
    }
}

/// So many a second.
#[derive(Debug)]
pub(crate) struct Rate {
    per_second: u32,
    left: u32,
    since: Instant,
}

impl Rate {
    pub(crate) fn new(per_second: u32) -> Self {
        Self { per_second, left: per_second, since: Instant::now() }
    }

    /// Whether one more is allowed.
    pub(crate) fn take(&mut self) -> bool {
        if self.left == 0 && self.since.elapsed() >= Duration::from_secs(1) {
            self.since = Instant::now();
            self.left = self.per_second;
        }
        match self.left.checked_sub(1) {
            Some(left) => {
                self.left = left;
                true
            }
            None => false,
        }
    }
}
