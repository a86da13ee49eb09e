//! Does this request match.
//!
//! One matcher for routes and for whatever else selects requests: a [`Matcher`] answers for one match, a
//! [`RouteTable`] finds the best of many. It sees canonical hosts and paths only, decides nothing but "matches or
//! not, and how exactly", and compiles all it was given when it is made.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, reason = "tests"))]

mod compile;
mod conditions;
mod matcher;
mod params;
mod path;
mod paths;
mod query;
mod specificity;
mod table;
mod value;

pub use matcher::Matcher;
pub use portcullis_canonical::CidrSet;
pub use query::Query;
pub use specificity::{HostRank, PathRank, Specificity};
pub use table::{Found, RouteTable};
