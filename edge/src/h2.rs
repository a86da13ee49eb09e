//! HTTP/2 on the h2 crate: the two sides built from its streams.

pub(crate) mod downstream;
mod send;
pub(crate) mod upstream;
