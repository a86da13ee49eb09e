//! A filter's decision.

use crate::LocalReply;

/// What happens next with an exchange.
#[must_use]
#[derive(Debug)]
pub enum Flow {
    /// The next filter is asked, or the exchange goes on.
    Continue,
    /// The exchange is answered here; no later filter of the request chain is asked.
    Reply(Box<LocalReply>),
}

impl From<LocalReply> for Flow {
    fn from(reply: LocalReply) -> Self {
        Self::Reply(Box::new(reply))
    }
}
