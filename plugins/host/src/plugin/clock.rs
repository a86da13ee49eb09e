//! The thread that ticks: it runs `proxy_on_tick` when it is due, and whatever a busy VM has left undone.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

use super::Slot;

/// Longest it sleeps: slots that are gone are forgotten then.
const IDLE: Duration = Duration::from_secs(1);

/// Everything that ticks.
#[derive(Default)]
pub(crate) struct Clock {
    slots: Mutex<Vec<Weak<Slot>>>,
    /// Those of plugins that are gone, until their roots have ended.
    retired: Mutex<Vec<Arc<Slot>>>,
    woken: Mutex<bool>,
    signal: Condvar,
    stopped: AtomicBool,
}

impl Clock {
    pub(crate) fn start() -> std::io::Result<Arc<Self>> {
        let clock = Arc::new(Self::default());
        let run = Arc::clone(&clock);
        thread::Builder::new().name("plugin-ticks".to_owned()).spawn(move || run.run())?;
        Ok(clock)
    }

    pub(crate) fn watch(&self, slots: &[Arc<Slot>]) {
        self.slots.lock().extend(slots.iter().map(Arc::downgrade));
        self.wake();
    }

    /// Keeps the slot of a plugin that is gone until its root has ended.
    pub(crate) fn keep(&self, slot: &Arc<Slot>) {
        self.retired.lock().push(Arc::clone(slot));
    }

    /// Something may be due sooner than it was.
    pub(crate) fn wake(&self) {
        *self.woken.lock() = true;
        self.signal.notify_one();
    }

    pub(crate) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
        self.wake();
    }

    fn run(&self) {
        while !self.stopped.load(Ordering::Relaxed) {
            let now = Instant::now();
            let mut next = now + IDLE;
            let slots: Vec<Arc<Slot>> = {
                let mut slots = self.slots.lock();
                slots.retain(|slot| slot.strong_count() > 0);
                slots.iter().filter_map(Weak::upgrade).collect()
            };
            let retired: Vec<_> = self.retired.lock().clone();
            retired.iter().for_each(|slot| slot.turn(now));
            self.retired.lock().retain(|slot| !slot.has_ended());
            for slot in slots {
                if let Some(due) = slot.due() {
                    if due <= now {
                        slot.turn(now);
                    }
                    next = next.min(slot.due().unwrap_or(next));
                }
            }
            let mut woken = self.woken.lock();
            if !std::mem::take(&mut *woken) {
                self.signal.wait_until(&mut woken, next);
                *woken = false;
            }
        }
    }
}
