//! The compiled filters of a route, and the only place that runs a phase.
//!
//! A chain knows which of its filters asked for which phase, so a phase nobody asked for is an empty loop. Request
//! phases go first to last, response phases last to first. A filter that could not decide is resolved here, by
//! the `on_error` of its configuration, and nowhere else.

use std::sync::Arc;

use bytes::Bytes;
use pingora_http::{RequestHeader, ResponseHeader};
use portcullis_filter::{Exchange, Filter, FilterError, Flow, Interest, Note, WholeBody};

/// What an error of a filter means for the exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum OnError {
    /// The exchange is refused.
    #[default]
    Closed,
    /// The exchange goes on as if the filter were not there; the access log says so.
    Open,
}

/// One filter in a chain.
#[derive(Debug, Clone)]
pub struct Link {
    /// The compiled filter.
    pub filter: Arc<dyn Filter>,
    /// What its errors mean.
    pub on_error: OnError,
}

/// The compiled filters of a route, in order.
#[derive(Debug, Clone, Default)]
pub struct Chain {
    links: Box<[Link]>,
    interest: Interest,
    request_head: Box<[usize]>,
    request_body: Box<[usize]>,
    response_head: Box<[usize]>,
    response_body: Box<[usize]>,
    log: Box<[usize]>,
}

/// A phase's outcome: go on, answer here, or give up because a filter could not decide.
pub type Decision = Result<Flow, FilterError>;

impl Chain {
    /// A chain of filters already in order.
    #[must_use]
    pub fn new(links: Vec<Link>) -> Self {
        let interests: Vec<Interest> = links.iter().map(|l| l.filter.interest()).collect();
        let asked = |wants: fn(&Interest) -> bool| -> Box<[usize]> {
            interests.iter().enumerate().filter(|(_, i)| wants(i)).map(|(n, _)| n).collect()
        };
        let reversed = |wants: fn(&Interest) -> bool| -> Box<[usize]> {
            let mut positions = asked(wants).into_vec();
            positions.reverse();
            positions.into()
        };
        Self {
            interest: interests.iter().fold(Interest::default(), |all, one| all.union(*one)),
            request_head: asked(|i| i.request_head),
            request_body: asked(|i| i.request_body != portcullis_filter::BodyInterest::None),
            response_head: reversed(|i| i.response_head),
            response_body: reversed(|i| i.response_body),
            log: asked(|i| i.log),
            links: links.into(),
        }
    }

    /// What the filters of this chain together need to see.
    #[must_use]
    pub fn interest(&self) -> Interest {
        self.interest
    }

    /// Names of the filters in order.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.links.iter().map(|l| l.filter.name())
    }

    /// Runs the RequestHead phase.
    ///
    /// # Errors
    /// A filter that fails closed could not decide.
    pub async fn request_head(&self, ex: &mut Exchange, req: &mut RequestHeader) -> Decision {
        for &n in &self.request_head {
            ex.enter(n);
            let asked = self.links[n].filter.request_head(ex, req).await;
            if let Flow::Reply(reply) = self.resolve(n, asked, ex)? {
                return Ok(Flow::Reply(reply));
            }
        }
        Ok(Flow::Continue)
    }

    /// Runs the RequestBody phase; also for a request without a body.
    ///
    /// # Errors
    /// A filter that fails closed could not decide.
    pub async fn request_body(
        &self,
        ex: &mut Exchange,
        req: &RequestHeader,
        body: &mut WholeBody,
    ) -> Decision {
        for &n in &self.request_body {
            ex.enter(n);
            let asked = self.links[n].filter.request_body(ex, req, body).await;
            if let Flow::Reply(reply) = self.resolve(n, asked, ex)? {
                return Ok(Flow::Reply(reply));
            }
        }
        Ok(Flow::Continue)
    }

    /// Runs the ResponseHead phase, last filter first.
    ///
    /// # Errors
    /// A filter that fails closed could not decide.
    pub async fn response_head(&self, ex: &mut Exchange, res: &mut ResponseHeader) -> Decision {
        for &n in &self.response_head {
            ex.enter(n);
            let asked = self.links[n].filter.response_head(ex, res).await;
            if let Flow::Reply(reply) = self.resolve(n, asked, ex)? {
                return Ok(Flow::Reply(reply));
            }
        }
        Ok(Flow::Continue)
    }

    /// Shows the held part of the response body to the filters that see responses, last filter first.
    ///
    /// # Errors
    /// A filter that fails closed could not decide.
    pub async fn response_held(
        &self,
        ex: &mut Exchange,
        res: &ResponseHeader,
        body: &WholeBody,
    ) -> Decision {
        for &n in &self.response_head {
            ex.enter(n);
            let asked = self.links[n].filter.response_held(ex, res, body).await;
            if let Flow::Reply(reply) = self.resolve(n, asked, ex)? {
                return Ok(Flow::Reply(reply));
            }
        }
        Ok(Flow::Continue)
    }

    /// Runs the ResponseBody phase for one chunk, last filter first.
    ///
    /// # Errors
    /// A filter that fails closed could not decide.
    pub async fn response_body(&self, ex: &mut Exchange, chunk: &mut Bytes, end: bool) -> Decision {
        for &n in &self.response_body {
            ex.enter(n);
            let asked = self.links[n].filter.response_body(ex, chunk, end).await;
            if let Flow::Reply(reply) = self.resolve(n, asked, ex)? {
                return Ok(Flow::Reply(reply));
            }
        }
        Ok(Flow::Continue)
    }

    /// Runs the Log phase. The edge calls it exactly once for every exchange that got a route.
    pub fn log(&self, ex: &mut Exchange) {
        for &n in &self.log {
            ex.enter(n);
            self.links[n].filter.log(ex);
        }
    }

    fn resolve(&self, n: usize, asked: Decision, ex: &mut Exchange) -> Decision {
        let link = &self.links[n];
        match asked {
            Ok(flow) => Ok(flow),
            Err(error) if link.on_error == OnError::Open => {
                tracing::warn!(filter = link.filter.name(), %error, "A filter failed open");
                ex.note("failed_open", Note::Name(link.filter.name()));
                Ok(Flow::Continue)
            }
            Err(mut error) => {
                error.filter = link.filter.name();
                Err(error)
            }
        }
    }
}
