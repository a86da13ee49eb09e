//! The one table from a failed exchange to its response.

use http::StatusCode;
use portcullis_filter::LocalReply;

use crate::failure::Kind;

/// The response for a failure that happened before a response head went out. None where nobody is left to read it.
///
/// | Failure | Status |
/// |---|---|
/// | the downstream is gone, or does not read | none |
/// | the request body is late, broken, too large | 408, 400, 413 |
/// | too many bytes are held for inspection | 503 |
/// | no endpoint, no connection | 503, 502 |
/// | the upstream breaks, or breaks the protocol | 502 |
/// | the upstream is late | 504 |
/// | a filter could not decide; a defect of ours | 500 |
pub(crate) fn rescue(kind: Kind) -> Option<LocalReply> {
    let status = match kind {
        Kind::DownstreamGone | Kind::DownstreamWriteTimeout => return None,
        Kind::RequestBodyTimeout => StatusCode::REQUEST_TIMEOUT,
        Kind::RequestBodyMalformed => StatusCode::BAD_REQUEST,
        Kind::RequestBodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Kind::BufferBudget | Kind::NoEndpoint | Kind::ClusterFull => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        Kind::ConnectFailed
        | Kind::UpstreamTls
        | Kind::UpstreamReset
        | Kind::UpstreamTruncated
        | Kind::UpstreamMalformed => StatusCode::BAD_GATEWAY,
        Kind::ConnectTimeout
        | Kind::UpstreamReadTimeout
        | Kind::UpstreamWriteTimeout
        | Kind::RouteTimeout
        | Kind::IdleTimeout => StatusCode::GATEWAY_TIMEOUT,
        Kind::Filter | Kind::FilterAbort | Kind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    };
    Some(LocalReply::new(status, kind.name()))
}
