//! How exactly a match describes a request: the summary by which the best of several is chosen.

use std::fmt;

/// The summary of a match. The greater one is better; it is compared field by field in the order given here, which is
/// that of the Gateway API (HTTPRouteRule, precedence of matches).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Specificity {
    /// How the host was given.
    pub host: HostRank,
    /// How the path was given.
    pub path: PathRank,
    /// Whether methods were given.
    pub method: bool,
    /// How many headers must hold.
    pub headers: u16,
    /// How many query parameters must hold.
    pub query: u16,
}

/// How a host was given, from least to most exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HostRank {
    /// Not at all, or `*`.
    Any,
    /// `*.example.com`; the longer suffix is the more exact. Bytes of the suffix.
    Wildcard(u16),
    /// `shop.example.com`.
    Exact,
}

/// How a path was given, from least to most exact.
///
/// The Gateway API leaves the place of regular expressions open. They stand below prefixes, as in Istio and Higress,
/// but above the prefix `/`, which says nothing about a path: otherwise a catch-all route would hide every one of
/// them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PathRank {
    /// Not at all, or the prefix `/`.
    Any,
    /// A regular expression; the longer is the more exact. Bytes of the pattern.
    Regex(u16),
    /// A prefix; the longer is the more exact. Bytes without a slash at the end.
    Prefix(u16),
    /// The whole path.
    Exact,
}

impl fmt::Display for Specificity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host {
            HostRank::Any => f.write_str("any host")?,
            HostRank::Wildcard(bytes) => write!(f, "wildcard host of {bytes} bytes")?,
            HostRank::Exact => f.write_str("exact host")?,
        }
        match self.path {
            PathRank::Any => f.write_str(", any path")?,
            PathRank::Regex(bytes) => write!(f, ", path by a regular expression of {bytes} bytes")?,
            PathRank::Prefix(bytes) => write!(f, ", path prefix of {bytes} bytes")?,
            PathRank::Exact => f.write_str(", exact path")?,
        }
        if self.method {
            f.write_str(", method")?;
        }
        if self.headers > 0 {
            write!(f, ", headers: {}", self.headers)?;
        }
        if self.query > 0 {
            write!(f, ", query parameters: {}", self.query)?;
        }
        Ok(())
    }
}

/// A length for ranks; what is longer than 65,535 bytes is as exact as that.
pub(crate) fn rank(length: usize) -> u16 {
    u16::try_from(length).unwrap_or(u16::MAX)
}
