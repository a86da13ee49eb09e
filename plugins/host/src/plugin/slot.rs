//! The place of one VM: its lock, what waits for it, and what comes after it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use parking_lot::{Mutex, MutexGuard};
use rustc_hash::FxHashMap;

use super::{Event, NotOpened, Setup, Visit};
use crate::broken::{Broken, Reason};
use crate::limits::INBOX_EVENTS;
use crate::module::Module;
use crate::stream::Stream;
use crate::vm::{StartError, Vm};

/// Events a VM is told of in one go; the rest waits for the next.
const EVENTS_A_TURN: usize = 256;
/// Longest a retired VM is waited for that has not said it is done.
const RETIRED: Duration = Duration::from_secs(60);

/// The place of one VM.
pub(crate) struct Slot {
    setup: Arc<Setup>,
    module: Arc<Module>,
    place: Mutex<Place>,
    inbox: Mutex<VecDeque<Event>>,
    due: Mutex<Option<Instant>>,
    generation: AtomicU64,
}

#[derive(Default)]
struct Place {
    vm: Option<Vm>,
    /// The one before, while exchanges are in it. At most one: a VM is not replaced again before it is empty.
    before: Option<Vm>,
    /// What exchanges lent to VMs that crashed, until they take it back.
    orphans: FxHashMap<(u64, u32), Box<dyn Stream>>,
    waiters: Vec<Waker>,
    crashes: u32,
    building: bool,
    waiting: bool,
    retired: Option<Instant>,
}

impl Place {
    fn of(&mut self, generation: u64) -> Option<&mut Vm> {
        let vms = [self.vm.as_mut(), self.before.as_mut()];
        vms.into_iter().flatten().find(|vm| vm.generation() == generation)
    }
}

impl Slot {
    pub(crate) fn start(module: &Arc<Module>, setup: &Arc<Setup>) -> Result<Arc<Self>, StartError> {
        let slot = Arc::new(Self {
            setup: Arc::clone(setup),
            module: Arc::clone(module),
            place: Mutex::default(),
            inbox: Mutex::default(),
            due: Mutex::default(),
            generation: AtomicU64::new(0),
        });
        let vm = slot.make()?;
        let mut place = slot.place.lock();
        place.vm = Some(vm);
        slot.settle(place);
        Ok(slot)
    }

    fn make(self: &Arc<Self>) -> Result<Vm, StartError> {
        let generation = self.generation.fetch_add(1, Ordering::Relaxed) + 1;
        Vm::new(&self.module, &self.setup, Arc::downgrade(self), generation)
    }

    pub(crate) fn open(self: &Arc<Self>, stream: Box<dyn Stream>) -> Result<Visit, NotOpened> {
        let mut place = self.place.lock();
        let Some(vm) = place.vm.as_mut() else {
            return Err(NotOpened { broken: Broken::Down, stream });
        };
        let generation = vm.generation();
        let opened = vm.open(stream);
        self.settle(place);
        opened.map(|id| Visit::new(Arc::clone(self), generation, id))
    }

    /// Does something with the VM of a generation, and what follows from it.
    pub(crate) fn with<T>(
        self: &Arc<Self>,
        generation: u64,
        work: impl FnOnce(&mut Vm) -> Result<T, Broken>,
    ) -> Result<T, Broken> {
        let mut place = self.place.lock();
        let done = place.of(generation).ok_or(Broken::Gone).and_then(work);
        self.settle(place);
        done
    }

    /// What an exchange lent to a VM that has crashed.
    pub(crate) fn orphan(&self, generation: u64, id: u32) -> Option<Box<dyn Stream>> {
        self.place.lock().orphans.remove(&(generation, id))
    }

    /// Leaves an event. It is told at once, unless the VM is at work: then whoever is in it tells it.
    pub(crate) fn post(self: &Arc<Self>, event: Event) {
        {
            let mut inbox = self.inbox.lock();
            if inbox.len() >= INBOX_EVENTS && matches!(event, Event::QueueReady(_)) {
                return;
            }
            inbox.push_back(event);
        }
        if let Some(place) = self.place.try_lock() {
            self.settle(place);
        }
    }

    /// Whether a VM is up; pending while one is being made at this moment.
    pub(crate) fn poll_up(&self, waker: &Waker) -> Poll<bool> {
        let mut place = self.place.lock();
        if place.vm.is_some() {
            return Poll::Ready(true);
        }
        if place.building && !place.waiting {
            if !place.waiters.iter().any(|waiter| waiter.will_wake(waker)) {
                place.waiters.push(waker.clone());
            }
            return Poll::Pending;
        }
        Poll::Ready(false)
    }

    pub(crate) fn contexts(&self) -> usize {
        let place = self.place.lock();
        [&place.vm, &place.before].into_iter().flatten().map(Vm::contexts).sum()
    }

    pub(crate) fn due(&self) -> Option<Instant> {
        *self.due.lock()
    }

    /// Ticks, and tells what is left in the inbox.
    pub(crate) fn turn(self: &Arc<Self>, now: Instant) {
        let mut place = self.place.lock();
        if let Some(vm) = place.vm.as_mut() {
            // A crash is seen by `settle`, and has been counted and logged.
            let _ = vm.tick(now);
        }
        self.settle(place);
    }

    /// No exchange comes any more. The root context is asked to end. False when it must be waited for.
    pub(crate) fn retire(self: &Arc<Self>) -> bool {
        let mut place = self.place.lock();
        place.retired = Some(Instant::now());
        self.settle(place);
        self.has_ended()
    }

    /// Whether nothing is left of a retired VM.
    pub(crate) fn has_ended(&self) -> bool {
        let place = self.place.lock();
        place.vm.is_none() && place.before.is_none()
    }

    /// What follows from every use of the VM: events are told, a crashed VM is replaced, a retired one ended.
    fn settle<'a>(self: &'a Arc<Self>, mut place: MutexGuard<'a, Place>) {
        let mut left = EVENTS_A_TURN;
        loop {
            while left > 0
                && let Some(event) = { self.inbox.lock().pop_front() }
            {
                left -= 1;
                self.tell(&mut place, event);
            }
            self.replace(&mut place);
            self.end(&mut place);
            let again = left == 0 && !self.inbox.lock().is_empty();
            self.note_due(&place, again);
            drop(place);
            if again || self.inbox.lock().is_empty() {
                return;
            }
            // Something came after the last look, and whoever brought it found the lock taken.
            match self.place.try_lock() {
                Some(next) => place = next,
                None => return,
            }
        }
    }

    fn tell(&self, place: &mut Place, event: Event) {
        let vm = match &event {
            Event::QueueReady(_) => place.vm.as_mut(),
            Event::Answer(generation, ..) => place.of(*generation),
            Event::Abandon(generation, id) => {
                place.orphans.remove(&(*generation, *id));
                place.of(*generation)
            }
        };
        if let Some(vm) = vm
            && !vm.is_crashed()
        {
            let _ = vm.deliver(event);
        }
    }

    fn note_due(&self, place: &Place, at_once: bool) {
        let next = match &place.vm {
            _ if at_once => Some(Instant::now()),
            Some(vm) => vm.next_tick(),
            None => None,
        };
        let mut due = self.due.lock();
        if *due != next {
            *due = next;
            self.setup.clock.wake();
        }
    }

    /// Takes VMs out that are no use any more, and has a new one made.
    fn replace(self: &Arc<Self>, place: &mut Place) {
        let mut garbage = Vec::new();
        if place.before.as_ref().is_some_and(|vm| vm.is_crashed() || vm.contexts() == 0) {
            garbage.extend(place.before.take());
        }
        let crashed = place.vm.as_ref().is_some_and(Vm::is_crashed);
        if crashed && let Some(vm) = place.vm.take() {
            let calm = vm.age() >= self.setup.spec.limits.calm;
            place.crashes = if calm { 1 } else { place.crashes + 1 };
            garbage.push(vm);
        }
        for vm in &mut garbage {
            vm.wake_all();
            let generation = vm.generation();
            let streams = vm.take_streams().map(|(id, stream)| ((generation, id), stream));
            place.orphans.extend(streams);
        }
        let wanted = place.vm.as_ref().is_some_and(Vm::wants_rebuild) && place.before.is_none();
        if place.retired.is_some() || place.building || !(crashed || wanted) {
            return;
        }
        if wanted {
            self.setup.counters.crash(Reason::Asked);
        }
        let wait = self.backoff(place.crashes);
        place.building = true;
        place.waiting = !wait.is_zero();
        let slot = Arc::downgrade(self);
        let rebuild = move || {
            drop(garbage);
            thread::sleep(wait);
            while let Some(slot) = slot.upgrade() {
                let Some(wait) = slot.rebuild() else { return };
                drop(slot);
                thread::sleep(wait);
            }
        };
        if thread::Builder::new().name("plugin-rebuild".to_owned()).spawn(rebuild).is_err() {
            place.building = false;
        }
    }

    /// At once after a first crash, then longer each time.
    fn backoff(&self, crashes: u32) -> Duration {
        let limits = &self.setup.spec.limits;
        match crashes.checked_sub(2) {
            None => Duration::ZERO,
            Some(doublings) => {
                let factor = 1_u32.checked_shl(doublings).unwrap_or(u32::MAX);
                limits.backoff_first.saturating_mul(factor).min(limits.backoff_max)
            }
        }
    }

    /// Makes a new VM and puts it in place; how long to wait before the next try when it cannot.
    fn rebuild(self: &Arc<Self>) -> Option<Duration> {
        let made = self.make();
        let mut place = self.place.lock();
        let place_now = &mut *place;
        let wait = match made {
            Ok(vm) => {
                self.setup.counters.rebuilt.increment();
                place_now.before = place_now.vm.replace(vm);
                place_now.building = false;
                None
            }
            Err(error) => {
                self.setup.counters.rebuild_failed.increment();
                let plugin = &*self.setup.spec.name;
                tracing::error!(plugin, %error, "A plugin could not be restarted");
                place_now.crashes = place_now.crashes.saturating_add(1);
                place_now.waiting = true;
                Some(self.backoff(place_now.crashes.max(2)))
            }
        };
        place_now.waiters.drain(..).for_each(Waker::wake);
        self.settle(place);
        wait
    }

    fn end(&self, place: &mut Place) {
        let Some(since) = place.retired else { return };
        let Some(vm) = place.vm.as_mut() else { return };
        if vm.contexts() > 0 || vm.is_crashed() {
            return;
        }
        let ended = vm.end().unwrap_or(true);
        if ended || since.elapsed() >= RETIRED {
            place.vm = None;
        }
    }
}
