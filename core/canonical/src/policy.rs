//! What is allowed of a request head. Plain data with the defaults of an internet-facing edge.

/// Everything [`canonicalise`](crate::canonicalise) can be told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Policy {
    /// Sizes of a head.
    pub limits: HeadLimits,
    /// How a path is normalised.
    pub path: PathPolicy,
    /// Methods that are refused unless allowed.
    pub methods: MethodPolicy,
}

/// Largest sizes of a request head.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HeadLimits {
    /// Most bytes of a request target; beyond it 414.
    pub uri_bytes: usize,
    /// Most bytes of all header lines together, counted as `name: value\r\n`; beyond it 431.
    pub headers_bytes: usize,
    /// Most header lines, cookie crumbs of HTTP/2 counted one by one; beyond it 431.
    pub headers_count: usize,
}

impl Default for HeadLimits {
    /// 8 KiB of target, 64 KiB in 100 header lines.
    fn default() -> Self {
        Self { uri_bytes: 8 * 1024, headers_bytes: 64 * 1024, headers_count: 100 }
    }
}

/// How a path is brought into its one form.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PathPolicy {
    /// `//` becomes `/`. Most upstreams treat both alike, so a policy must too; on by default.
    pub merge_slashes: bool,
    /// What is done with `%2F` and `%5C`.
    pub escaped_slashes: EscapedSlashes,
    /// What is done with bytes above 0x7F.
    pub non_ascii: NonAscii,
}

impl Default for PathPolicy {
    fn default() -> Self {
        Self {
            merge_slashes: true,
            escaped_slashes: EscapedSlashes::default(),
            non_ascii: NonAscii::default(),
        }
    }
}

/// What is done with an escaped slash (`%2F`) or backslash (`%5C`) in a path.
///
/// Upstreams disagree on whether it separates segments, so no form of it can be decided on for all of them:
/// `/public%2F..%2Fadmin` is one file name to one and `/admin` to the other. Hence refused by default, as the
/// edge checklist of Envoy has it; `Keep` is for upstreams that use it as data (npm scopes, GitLab projects).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum EscapedSlashes {
    /// 400.
    #[default]
    Reject,
    /// Kept as data. Refused all the same where decoding it would bring a dot segment to light.
    Keep,
    /// Taken as `/` before anything else is decided.
    Decode,
}

/// What is done with a byte above 0x7F in a target, which RFC 3986 does not allow unescaped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum NonAscii {
    /// 400.
    #[default]
    Reject,
    /// Percent-encoded, byte by byte, in path and query.
    Encode,
}

/// Methods that are refused with 405 unless allowed here.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct MethodPolicy {
    /// TRACE, which echoes credentials back (RFC 9110 section 9.3.8).
    pub trace: bool,
    /// CONNECT over HTTP/2 with a `:protocol` and a `:path` (RFC 8441). The tunnel of HTTP/1.1, which names
    /// an authority instead of a path, is always refused: a gateway is no forward proxy.
    pub extended_connect: bool,
}
