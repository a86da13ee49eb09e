//! A body that has been collected before a decision.

use bytes::{Bytes, BytesMut};

/// The collected body of a message, as it came on the wire and after transfer coding was removed.
#[derive(Debug, Default, Clone)]
pub struct WholeBody {
    bytes: Bytes,
    complete: bool,
}

impl WholeBody {
    /// A body that is all there.
    #[must_use]
    pub fn complete(bytes: impl Into<Bytes>) -> Self {
        Self { bytes: bytes.into(), complete: true }
    }

    /// The first part of a body that is larger than the inspection limit.
    #[must_use]
    pub fn partial(bytes: impl Into<Bytes>) -> Self {
        Self { bytes: bytes.into(), complete: false }
    }

    /// The collected bytes.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// Whether these are all bytes of the body.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// Replaces the collected bytes, for a filter that rewrites bodies. The edge adjusts the framing.
    pub fn replace(&mut self, bytes: BytesMut) {
        self.bytes = bytes.freeze();
    }
}
