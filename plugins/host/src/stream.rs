//! What an exchange lends to a plugin.
//!
//! The host knows no HTTP library. Whoever has an exchange implements [`Stream`] and gives it to a context, where it
//! stays until the context ends: a module reads and writes headers also between callbacks, when an answer to a call
//! of its own has come.

use std::any::Any;
use std::borrow::Cow;

use crate::abi::{Map, Side};
use crate::pairs;

/// A name or a value that cannot stand in this map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused;

/// A map of header fields with its pseudo headers: `:authority`, `:path`, `:method` and `:scheme`, or `:status`.
/// Names come in lower case; those that are asked for are compared without regard to case by the implementation.
pub trait Fields {
    /// The first value of a name.
    fn value(&self, name: &[u8]) -> Option<Cow<'_, [u8]>>;
    /// Every field, pseudo headers first.
    fn each(&self, visit: &mut dyn FnMut(&[u8], &[u8]));
    /// Adds a field beside those of the same name. A pseudo header is replaced.
    ///
    /// # Errors
    /// The name or the value is none.
    fn add(&mut self, name: &[u8], value: &[u8]) -> Result<(), Refused>;
    /// Replaces every field of this name.
    ///
    /// # Errors
    /// The name or the value is none.
    fn replace(&mut self, name: &[u8], value: &[u8]) -> Result<(), Refused>;
    /// Removes every field of this name.
    fn remove(&mut self, name: &[u8]);
    /// Replaces everything.
    ///
    /// # Errors
    /// A name or a value is none; the rest is as told.
    fn replace_all(&mut self, pairs: &[(&[u8], &[u8])]) -> Result<(), Refused>;
}

/// A name and its value.
pub type Field<'a> = (Cow<'a, [u8]>, Cow<'a, [u8]>);

/// A fact about an exchange, as a module sees it.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    /// Text or bytes, as they are.
    Bytes(Cow<'a, [u8]>),
    /// A signed number: eight bytes, little endian.
    Int(i64),
    /// An unsigned number: eight bytes, little endian.
    Uint(u64),
    /// One byte.
    Bool(bool),
    /// A moment since 1970, or a duration, in nanoseconds: as a number.
    Nanos(i64),
    /// A list of pairs, see [`pairs`].
    Map(Vec<Field<'a>>),
}

impl<'a> Value<'a> {
    /// Text.
    #[must_use]
    pub fn text(text: &'a str) -> Self {
        Self::Bytes(Cow::Borrowed(text.as_bytes()))
    }

    /// Text of one's own.
    #[must_use]
    pub fn owned(text: String) -> Self {
        Self::Bytes(Cow::Owned(text.into_bytes()))
    }

    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Bytes(bytes) => out.extend_from_slice(bytes),
            Self::Int(n) | Self::Nanos(n) => out.extend_from_slice(&n.to_le_bytes()),
            Self::Uint(n) => out.extend_from_slice(&n.to_le_bytes()),
            Self::Bool(b) => out.push(u8::from(*b)),
            Self::Map(fields) => {
                let mut encoder = pairs::Encoder::default();
                for (name, value) in fields {
                    if !encoder.push(name, value) {
                        break;
                    }
                }
                encoder.finish(out);
            }
        }
    }
}

/// An endpoint of the cluster an exchange goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpstreamHost {
    /// `ip:port`.
    pub address: String,
    /// A JSON object: `{"health_status":"Healthy","metrics":"..."}`.
    pub facts: String,
}

/// One exchange, as long as a plugin takes part in it.
pub trait Stream: Any + Send {
    /// A header map; none when this exchange has it not, or not yet.
    fn fields(&mut self, map: Map) -> Option<&mut dyn Fields>;

    /// A header map for reading only.
    fn fields_read(&self, map: Map) -> Option<&dyn Fields>;

    /// Makes trailers where there are none, for a module that adds some at the end of a body. False when this
    /// message cannot have any.
    fn begin_trailers(&mut self, _side: Side) -> bool {
        false
    }

    /// A fact by its path: `["request", "path"]`, `["route_name"]`, `["source", "address"]`. What
    /// [`Stream::set_property`] has left is found here as well, by every plugin of the exchange.
    fn property(&self, path: &[&[u8]]) -> Option<Value<'_>>;

    /// Leaves a value; its name is the path joined by NUL. False when there are too many.
    fn set_property(&mut self, path: &[u8], value: &[u8]) -> bool;

    /// The request headers have changed in a way that may lead to another route.
    fn clear_route(&mut self) {}

    /// Endpoints of the cluster the exchange goes to; none before it is known.
    fn upstream_hosts(&self) -> Option<Vec<UpstreamHost>> {
        None
    }

    /// Sends the exchange to this endpoint, past the balancer. False when it is none of the cluster.
    fn override_upstream(&mut self, _address: &str) -> bool {
        false
    }

    /// Why a reply was made or a stream was closed, for the logs.
    fn details(&mut self, _details: &str) {}

    /// To get the implementation back.
    fn into_any(self: Box<Self>) -> Box<dyn Any>;

    /// To look at the implementation between two callbacks.
    fn as_any_mut(&mut self) -> &mut dyn Any;
}
