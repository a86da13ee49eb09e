//! A filter could not decide.

use std::fmt;

/// Who is at fault when a filter could not decide; it chooses the status the edge answers with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Culprit {
    /// The caller sent something that cannot be judged.
    Downstream,
    /// A service the filter depends on failed.
    Upstream,
    /// We failed.
    Internal,
}

/// "Could not decide." The pipeline turns it into open or closed by configuration, closed by default.
#[derive(Debug)]
pub struct FilterError {
    /// Who is at fault.
    pub culprit: Culprit,
    /// The filter that failed; set by the pipeline.
    pub filter: &'static str,
    /// What happened, for the log; never sent to the caller.
    pub cause: Box<dyn std::error::Error + Send + Sync>,
}

impl FilterError {
    /// An error of the named culprit.
    pub fn new(
        culprit: Culprit,
        cause: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self { culprit, filter: "", cause: cause.into() }
    }
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "filter {} could not decide: {}", self.filter, self.cause)
    }
}

impl std::error::Error for FilterError {}
