//! Raw request heads become [`Host`], [`Path`], [`ClientIp`] and [`Framing`].
//!
//! This crate is the only maker of these types. What it hands out is what every policy decides on and, byte for
//! byte, what goes upstream; what it cannot bring into one form without guessing it refuses as [`Malformed`],
//! with a status, a stable name and the section of the specification. It knows no route, no configuration file
//! and no socket.
//!
//! ```
//! use http::{HeaderMap, HeaderValue, Method, Version, header};
//! use portcullis_canonical::{Policy, RawHead, canonicalise};
//!
//! let mut headers = HeaderMap::new();
//! headers.insert(header::HOST, HeaderValue::from_static("Shop.Example.com:80"));
//! let head = RawHead {
//!     method: &Method::GET,
//!     target: b"/a/./b/%7euser//x?q=%2e",
//!     authority: None,
//!     version: Version::HTTP_11,
//!     headers: &headers,
//!     tls: false,
//! };
//! let canonical = canonicalise(&head, &Policy::default()).map_err(|m| m.problem);
//! let canonical = canonical.map(|c| (c.host.to_string(), c.path.path_and_query().to_owned()));
//! assert_eq!(canonical, Ok(("shop.example.com".into(), "/a/b/~user/x?q=%2e".into())));
//! ```

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, reason = "tests"))]

mod cidr;
mod client_ip;
mod fields;
pub mod forwarded;
mod framing;
mod head;
mod host;
mod path;
mod policy;
mod problem;
mod spoof;
mod target;

pub use cidr::CidrSet;
pub use client_ip::{ClientIp, ForwardedSource, TrustedProxies};
pub use framing::Framing;
pub use head::{Canonical, RawHead, canonicalise};
pub use host::Host;
pub use path::Path;
pub use policy::{EscapedSlashes, HeadLimits, MethodPolicy, NonAscii, PathPolicy, Policy};
pub use problem::{Malformed, Problem};
pub use spoof::{Spoof, SpoofList, spoofable};
