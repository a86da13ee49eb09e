//! The filter contract: what a compiled policy sees of an exchange, when it is asked, and what it may answer.
//!
//! This crate decides nothing and opens no socket. A [`Filter`] names the phases it takes part in through its
//! [`Interest`]; the pipeline calls it only there. A denial is a value, [`Flow::Reply`]; an [`FilterError`] means
//! that the filter could not decide, and the pipeline alone turns that into open or closed.

mod body;
mod error;
mod exchange;
mod flow;
mod interest;
mod reply;

use std::fmt;

use async_trait::async_trait;
use bytes::Bytes;
use pingora_http::{RequestHeader, ResponseHeader};

pub use body::WholeBody;
pub use error::{Culprit, FilterError};
pub use exchange::{
    Consumer, Downstream, Exchange, ExchangeId, ExchangeParts, Hidden, Note, Protocol, Received,
    Tls,
};
pub use flow::Flow;
pub use interest::{BodyInterest, Interest};
pub use reply::{LocalReply, ReplyReason};

/// A compiled policy that runs in the phases of an exchange.
///
/// Filters are shared by all exchanges of a snapshot. What belongs to one exchange is kept with
/// [`Exchange::set_state`] and comes back in the later phases of the same exchange.
#[async_trait]
pub trait Filter: Send + Sync + fmt::Debug + 'static {
    /// The name used in configuration, logs, metrics and `explain`.
    fn name(&self) -> &'static str;

    /// The phases this filter takes part in. Asked once, when the chain is compiled.
    fn interest(&self) -> Interest;

    /// After canonicalisation and routing, before any body byte is read.
    async fn request_head(
        &self,
        _ex: &mut Exchange,
        _req: &mut RequestHeader,
    ) -> Result<Flow, FilterError> {
        Ok(Flow::Continue)
    }

    /// With the whole request body, also when it is empty, before any upstream connection is used.
    async fn request_body(
        &self,
        _ex: &mut Exchange,
        _req: &RequestHeader,
        _body: &mut WholeBody,
    ) -> Result<Flow, FilterError> {
        Ok(Flow::Continue)
    }

    /// With the response head of the upstream, before it goes downstream. A filter that must see the body
    /// before the head is released calls [`Exchange::hold_response`] here.
    async fn response_head(
        &self,
        _ex: &mut Exchange,
        _res: &mut ResponseHeader,
    ) -> Result<Flow, FilterError> {
        Ok(Flow::Continue)
    }

    /// With the held part of the response body, while the response head is still ours to replace. Called only
    /// for an exchange in which this chain called [`Exchange::hold_response`].
    async fn response_held(
        &self,
        _ex: &mut Exchange,
        _res: &ResponseHeader,
        _body: &WholeBody,
    ) -> Result<Flow, FilterError> {
        Ok(Flow::Continue)
    }

    /// With each chunk of the response body as it passes. The filter may change or empty the chunk. A reply
    /// here ends the exchange abnormally, as the head has gone out already.
    async fn response_body(
        &self,
        _ex: &mut Exchange,
        _chunk: &mut Bytes,
        _end: bool,
    ) -> Result<Flow, FilterError> {
        Ok(Flow::Continue)
    }

    /// Once for every exchange, whatever became of it.
    fn log(&self, _ex: &mut Exchange) {}
}
