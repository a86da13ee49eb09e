//! An exchange's messages on their way through a module.

use std::task::{Poll, Waker};

use bytes::Bytes;

use super::Vm;
use super::exports::OnHeaders;
use crate::abi::{BodyAction, HeadersAction, Map, Side};
use crate::broken::Broken;
use crate::context::{Context, Step};

impl Vm {
    fn context(&mut self, id: u32) -> Result<&mut Context, Broken> {
        self.store.data_mut().contexts.get_mut(&id).ok_or(Broken::Gone)
    }

    /// What the module has decided beside what its callback answered.
    fn decided(&mut self, id: u32, side: Side) -> Result<Option<Step>, Broken> {
        Ok(self.context(id)?.decided(side))
    }

    fn fields(&mut self, id: u32, map: Map) -> Result<u32, Broken> {
        let mut count = 0_u32;
        if let Some(fields) = self.context(id)?.stream.fields_read(map) {
            fields.each(&mut |_, _| count += 1);
        }
        Ok(count)
    }

    /// Shows the headers of a message; `end` when there is no body.
    pub(crate) fn headers(&mut self, id: u32, side: Side, end: bool) -> Result<Step, Broken> {
        let map = Map { side, trailers: false };
        let half = self.context(id)?.half(side);
        half.headers_open = true;
        half.end = end;
        let answered = match self.exports.headers.get(side.index()) {
            None | Some(OnHeaders::None) => None,
            Some(OnHeaders::Long(_)) => {
                let count = self.fields(id, map)?;
                self.run(
                    |e| match e.headers.get(side.index()) {
                        Some(OnHeaders::Long(function)) => Some(function),
                        _ => None,
                    },
                    id,
                    (id, count, u32::from(end)),
                )?
            }
            Some(OnHeaders::Short(_)) => {
                let count = self.fields(id, map)?;
                self.run(
                    |e| match e.headers.get(side.index()) {
                        Some(OnHeaders::Short(function)) => Some(function),
                        _ => None,
                    },
                    id,
                    (id, count),
                )?
            }
        };
        let state = self.store.data();
        let action = HeadersAction::of(answered.unwrap_or(0), state.abi, state.stopped);
        if action == HeadersAction::Continue {
            self.context(id)?.go_on(side);
        }
        if let Some(step) = self.decided(id, side)? {
            return Ok(step);
        }
        Ok(match action {
            HeadersAction::Continue => Step::Continue(self.context(id)?.release(side)),
            HeadersAction::ContinueAndEnd => {
                self.context(id)?.release(side);
                Step::ContinueAndEnd
            }
            HeadersAction::HoldHeaders if !end => Step::HoldHeaders,
            HeadersAction::HoldHeaders | HeadersAction::HoldAll => Step::Hold,
        })
    }

    /// Shows a part of a body, with what is held of it; `end` with the last one, which may be empty.
    pub(crate) fn body(
        &mut self,
        id: u32,
        side: Side,
        part: &Bytes,
        end: bool,
    ) -> Result<Step, Broken> {
        let half = self.context(id)?.half(side);
        half.body.extend_from_slice(part);
        half.body_open = true;
        half.end = end;
        let size = u32::try_from(half.body.len()).unwrap_or(u32::MAX);
        let parameters = (id, size, u32::from(end));
        let answered =
            self.run(|e| e.body.get(side.index()).and_then(Option::as_ref), id, parameters)?;
        let stopped = self.store.data().stopped;
        let context = self.context(id)?;
        let half = context.half(side);
        match BodyAction::of(answered.unwrap_or(0), stopped) {
            BodyAction::Continue => context.go_on(side),
            BodyAction::Buffer => {}
            BodyAction::Watermark => {
                let body = half.body.split();
                half.kept.unsplit(body);
            }
            // What a module has asked to let go it has not taken.
            BodyAction::NoBuffer if half.is_resumed() => {}
            BodyAction::NoBuffer => half.body.clear(),
        }
        if let Some(step) = context.decided(side) {
            return Ok(step);
        }
        let half = context.half(side);
        Ok(if half.held_bytes() > half.limit { Step::TooLarge } else { Step::Hold })
    }

    /// Shows the trailers of a message.
    pub(crate) fn trailers(&mut self, id: u32, side: Side) -> Result<Step, Broken> {
        let half = self.context(id)?.half(side);
        half.trailers_open = true;
        half.body_open = true;
        half.end = true;
        let count = self.fields(id, Map { side, trailers: true })?;
        let answered =
            self.run(|e| e.trailers.get(side.index()).and_then(Option::as_ref), id, (id, count))?;
        if answered.unwrap_or(0) == 0 && !self.store.data().stopped {
            self.context(id)?.go_on(side);
        }
        Ok(self.decided(id, side)?.unwrap_or(Step::Hold))
    }

    /// What has been decided of a direction that is held; the waker is told of it.
    pub(crate) fn poll(
        &mut self,
        id: u32,
        side: Side,
        waker: &Waker,
    ) -> Result<Poll<Step>, Broken> {
        let context = self.context(id)?;
        match context.decided(side) {
            Some(step) => Ok(Poll::Ready(step)),
            None => {
                context.watch(waker);
                Ok(Poll::Pending)
            }
        }
    }

    /// Wakes whoever waits for an exchange in a VM that is no use any more.
    pub(crate) fn wake_all(&mut self) {
        for context in self.store.data_mut().contexts.values_mut() {
            context.wake();
        }
    }
}
