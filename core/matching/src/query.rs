//! What is asked of a matcher.

use http::{HeaderMap, Method};
use portcullis_canonical::{Host, Path};

/// A request, as far as matching sees it.
#[derive(Debug, Clone, Copy)]
pub struct Query<'a> {
    /// The canonical host.
    pub host: &'a Host,
    /// The canonical path with its query.
    pub path: &'a Path,
    /// The method.
    pub method: &'a Method,
    /// The header lines. Of `Host` nothing is read here.
    pub headers: &'a HeaderMap,
}
