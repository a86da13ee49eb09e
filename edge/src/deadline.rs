//! A deadline that costs nothing to move.
//!
//! An exchange sets several deadlines one after the other and meets nearly all of them. Moving a timer for each
//! would take the runtime's timer lock several times a request; here moving a deadline later is a store, and
//! the timer is set anew only when it fires too early or must fire earlier.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::time::{Sleep, sleep_until};

/// One deadline, moved as often as its owner likes.
#[derive(Debug, Default)]
pub(crate) struct Deadline {
    at: Option<Instant>,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Deadline {
    /// Expires this long from now.
    pub(crate) fn after(&mut self, wait: Duration) {
        self.at = Instant::now().checked_add(wait);
    }

    /// Expires at this moment, or never.
    pub(crate) fn at(&mut self, moment: Option<Instant>) {
        self.at = moment;
    }

    /// Expires never.
    pub(crate) fn disarm(&mut self) {
        self.at = None;
    }

    /// Ready once the deadline has passed. Registers the task only when it has not.
    pub(crate) fn poll_expired(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(at) = self.at else { return Poll::Pending };
        let at = tokio::time::Instant::from_std(at);
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(at)));
        if timer.deadline() > at {
            timer.as_mut().reset(at);
        }
        loop {
            if timer.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            if tokio::time::Instant::now() >= at {
                return Poll::Ready(());
            }
            timer.as_mut().reset(at);
        }
    }
}
