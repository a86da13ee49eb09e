//! What can go wrong with an exchange once its head has been read, and whose doing it is.

use std::fmt;

use portcullis_filter::Culprit;

/// One way in which an exchange fails. `rescue` is the only place that turns one into a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// The downstream closed or reset before it had its answer.
    DownstreamGone,
    /// The downstream did not send its request body in time, or too slowly.
    RequestBodyTimeout,
    /// The request body broke its framing.
    RequestBodyMalformed,
    /// The request body is larger than the inspection limit.
    RequestBodyTooLarge,
    /// All exchanges together hold as many body bytes as configured.
    BufferBudget,
    /// The downstream does not take the response in time.
    DownstreamWriteTimeout,
    /// No endpoint of the cluster can be asked.
    NoEndpoint,
    /// The cluster has as many requests in flight as it may have.
    ClusterFull,
    /// The endpoint could not be connected to.
    ConnectFailed,
    /// Connecting took too long.
    ConnectTimeout,
    /// TLS to the upstream failed.
    UpstreamTls,
    /// The upstream closed or reset before a response head.
    UpstreamReset,
    /// The upstream closed or reset after a response head.
    UpstreamTruncated,
    /// The upstream sent something that is not HTTP.
    UpstreamMalformed,
    /// The upstream sent nothing for too long.
    UpstreamReadTimeout,
    /// The upstream does not take the request in time.
    UpstreamWriteTimeout,
    /// The whole exchange took too long.
    RouteTimeout,
    /// Nothing moved in either direction for too long.
    IdleTimeout,
    /// A filter that fails closed could not decide.
    Filter,
    /// A filter ended the exchange after the response head had gone out.
    FilterAbort,
    /// A defect of ours.
    Internal,
}

/// A failed exchange: the kind, and what the library underneath said.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) kind: Kind,
    pub(crate) cause: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl Failure {
    pub(crate) fn because(
        kind: Kind,
        cause: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self { kind, cause: Some(cause.into()) }
    }
}

impl From<Kind> for Failure {
    fn from(kind: Kind) -> Self {
        Self { kind, cause: None }
    }
}

impl Kind {
    /// Whose doing it is.
    pub(crate) fn culprit(self) -> Culprit {
        match self {
            Self::DownstreamGone
            | Self::RequestBodyTimeout
            | Self::RequestBodyMalformed
            | Self::RequestBodyTooLarge
            | Self::DownstreamWriteTimeout => Culprit::Downstream,
            Self::NoEndpoint
            | Self::ConnectFailed
            | Self::ConnectTimeout
            | Self::UpstreamTls
            | Self::UpstreamReset
            | Self::UpstreamTruncated
            | Self::UpstreamMalformed
            | Self::UpstreamReadTimeout
            | Self::UpstreamWriteTimeout => Culprit::Upstream,
            Self::BufferBudget
            | Self::ClusterFull
            | Self::RouteTimeout
            | Self::IdleTimeout
            | Self::Filter
            | Self::FilterAbort
            | Self::Internal => Culprit::Internal,
        }
    }

    /// Whether a time limit is what ended it.
    pub(crate) fn is_timeout(self) -> bool {
        matches!(
            self,
            Self::RequestBodyTimeout
                | Self::DownstreamWriteTimeout
                | Self::ConnectTimeout
                | Self::UpstreamReadTimeout
                | Self::UpstreamWriteTimeout
                | Self::RouteTimeout
                | Self::IdleTimeout
        )
    }

    /// The name in the access log and in metrics.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::DownstreamGone => "downstream_gone",
            Self::RequestBodyTimeout => "request_body_timeout",
            Self::RequestBodyMalformed => "request_body_malformed",
            Self::RequestBodyTooLarge => "request_body_too_large",
            Self::BufferBudget => "buffer_budget",
            Self::DownstreamWriteTimeout => "downstream_write_timeout",
            Self::NoEndpoint => "no_endpoint",
            Self::ClusterFull => "cluster_full",
            Self::ConnectFailed => "connect_failed",
            Self::ConnectTimeout => "connect_timeout",
            Self::UpstreamTls => "upstream_tls",
            Self::UpstreamReset => "upstream_reset",
            Self::UpstreamTruncated => "upstream_truncated",
            Self::UpstreamMalformed => "upstream_malformed",
            Self::UpstreamReadTimeout => "upstream_read_timeout",
            Self::UpstreamWriteTimeout => "upstream_write_timeout",
            Self::RouteTimeout => "route_timeout",
            Self::IdleTimeout => "idle_timeout",
            Self::Filter => "filter_failed",
            Self::FilterAbort => "filter_aborted",
            Self::Internal => "internal",
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.name())?;
        if let Some(cause) = &self.cause {
            write!(f, ": {cause}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Failure {}
