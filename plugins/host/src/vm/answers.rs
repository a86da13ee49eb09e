//! Answers to calls, and queues with something in them: all told to the root context.

use super::Vm;
use crate::broken::Broken;
use crate::plugin::{Answer, Event};
use crate::state::{Awaited, InHand, ROOT};

/// The code a module finds after a call that got no answer.
const BROKEN_CONNECTION: u32 = 11;

impl Vm {
    /// Tells the module of an event. An answer nobody waits for any more is dropped.
    pub(crate) fn deliver(&mut self, event: Event) -> Result<(), Broken> {
        match event {
            Event::QueueReady(queue) => {
                self.run(|e| e.queue_ready.as_ref(), ROOT, (ROOT, queue))?;
                Ok(())
            }
            Event::Abandon(generation, id) if generation == self.generation() => {
                self.close(id).map(drop)
            }
            Event::Answer(generation, token, answer) if generation == self.generation() => {
                let told = self.answer(token, answer);
                let state = self.store.data_mut();
                state.in_hand = None;
                state.status = (0, "", String::new());
                told
            }
            Event::Abandon(..) | Event::Answer(..) => Ok(()),
        }
    }

    fn awaits(&self, token: u32) -> Option<Awaited> {
        self.store.data().pending.get(&token).map(|(awaited, _)| *awaited)
    }

    fn forget(&mut self, token: u32) {
        self.store.data_mut().pending.remove(&token);
    }

    fn hold(&mut self, answer: InHand) {
        self.store.data_mut().in_hand = Some(answer);
    }

    fn answer(&mut self, token: u32, answer: Answer) -> Result<(), Broken> {
        let Some(awaited) = self.awaits(token) else { return Ok(()) };
        match (awaited, answer) {
            (Awaited::Http, Answer::Http(http)) => {
                self.forget(token);
                let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
                let headers = count(http.headers.len());
                let (body, trailers) = (count(http.body.len()), count(http.trailers.len()));
                self.hold(InHand::Http(http));
                let parameters = (ROOT, token, headers, body, trailers);
                self.run(|e| e.http_answer.as_ref(), ROOT, parameters)?;
            }
            (Awaited::Http, _) => {
                self.forget(token);
                self.store.data_mut().status = (BROKEN_CONNECTION, "reset", String::new());
                self.run(|e| e.http_answer.as_ref(), ROOT, (ROOT, token, 0, 0, 0))?;
            }
            (Awaited::Redis, Answer::Redis(bytes)) => {
                self.forget(token);
                let size = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
                self.hold(InHand::Redis(bytes));
                self.run(|e| e.redis_answer.as_ref(), ROOT, (ROOT, token, 0, size))?;
            }
            (Awaited::Redis, _) => {
                self.forget(token);
                self.run(|e| e.redis_answer.as_ref(), ROOT, (ROOT, token, 1, 0))?;
            }
            (Awaited::GrpcCall | Awaited::GrpcStream, answer) => {
                self.grpc(token, awaited, answer)?;
            }
        }
        Ok(())
    }

    fn grpc(&mut self, token: u32, awaited: Awaited, answer: Answer) -> Result<(), Broken> {
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        match answer {
            Answer::GrpcMetadata(pairs) => {
                let n = count(pairs.len());
                self.hold(InHand::GrpcMetadata(pairs));
                self.run(|e| e.grpc_metadata.as_ref(), ROOT, (ROOT, token, n))?;
            }
            Answer::GrpcMessage(message) => {
                let n = count(message.len());
                if awaited == Awaited::GrpcCall {
                    self.forget(token);
                }
                self.hold(InHand::GrpcMessage(message));
                self.run(|e| e.grpc_message.as_ref(), ROOT, (ROOT, token, n))?;
            }
            Answer::GrpcTrailers(pairs) => {
                let n = count(pairs.len());
                self.hold(InHand::GrpcTrailers(pairs));
                self.run(|e| e.grpc_trailers.as_ref(), ROOT, (ROOT, token, n))?;
            }
            Answer::GrpcClosed(status, message) => self.grpc_closed(token, status, message)?,
            Answer::Http(_) | Answer::Redis(_) | Answer::Failed => {
                self.grpc_closed(token, UNAVAILABLE, "reset".to_owned())?;
            }
        }
        Ok(())
    }

    fn grpc_closed(&mut self, token: u32, status: u32, message: String) -> Result<(), Broken> {
        self.forget(token);
        self.store.data_mut().status = (status, "", message);
        self.run(|e| e.grpc_close.as_ref(), ROOT, (ROOT, token, status))?;
        Ok(())
    }
}

/// gRPC's status of a service that cannot be reached.
const UNAVAILABLE: u32 = 14;
