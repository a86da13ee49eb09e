//! Why a request head was refused: one variant a cause.

use std::fmt;

/// A request head that cannot be brought into canonical form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Malformed {
    /// The cause.
    pub problem: Problem,
}

impl Malformed {
    /// Status to answer with.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.problem.facts().1
    }

    /// The section that is violated, `RFC 9112 section 3.2`.
    #[must_use]
    pub fn rfc(&self) -> &'static str {
        self.problem.facts().2
    }

    /// Stable label for metrics and logs.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.problem.facts().0
    }
}

impl From<Problem> for Malformed {
    fn from(problem: Problem) -> Self {
        Self { problem }
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}, {})", self.problem.message(), self.name(), self.rfc())
    }
}

impl std::error::Error for Malformed {}

macro_rules! problems {
    ($($(#[doc = $message:literal])+ $variant:ident $name:literal $status:literal $rfc:literal;)*) => {
        /// The cause of a refusal.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Problem {
            $($(#[doc = $message])+ $variant,)*
        }

        impl Problem {
            /// Every cause, for tables of metrics and documentation.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Name, status and section.
            fn facts(self) -> (&'static str, u16, &'static str) {
                match self {
                    $(Self::$variant => ($name, $status, $rfc),)*
                }
            }

            /// One sentence for people.
            #[must_use]
            pub fn message(self) -> &'static str {
                match self {
                    $(Self::$variant => concat!($($message),+).trim_ascii(),)*
                }
            }
        }
    };
}

problems! {
    /// The version of HTTP is not spoken here.
    Version "version" 505 "RFC 9110 section 15.6.6";
    /// The method is longer than any method known.
    MethodTooLong "method_too_long" 501 "RFC 9110 section 9.1";
    /// TRACE is not allowed.
    TraceRefused "trace_refused" 405 "RFC 9110 section 9.3.8";
    /// CONNECT is not allowed.
    ConnectRefused "connect_refused" 405 "RFC 9110 section 9.3.6";
    /// The target of CONNECT names no valid port.
    ConnectPort "connect_port" 400 "RFC 9110 section 9.3.6";
    /// The request target is too long.
    TargetTooLong "target_too_long" 414 "RFC 9110 section 15.5.15";
    /// The request target is in none of the known forms.
    TargetForm "target_form" 400 "RFC 9112 section 3.2";
    /// `*` is a target of OPTIONS only.
    TargetAsterisk "target_asterisk" 400 "RFC 9112 section 3.2.4";
    /// The request target holds a control character.
    TargetControl "target_control" 400 "RFC 3986 section 2";
    /// The request target holds a space.
    TargetSpace "target_space" 400 "RFC 9112 section 3.2";
    /// The request target holds a fragment.
    TargetFragment "target_fragment" 400 "RFC 9112 section 3.2";
    /// The request target holds a byte outside ASCII.
    TargetNonAscii "target_non_ascii" 400 "RFC 3986 section 2";
    /// The path holds a backslash.
    TargetBackslash "target_backslash" 400 "RFC 3986 section 3.3";
    /// The scheme of the request target is not http or https.
    TargetScheme "target_scheme" 400 "RFC 9110 section 4.2";
    /// The request target asks for https on a connection without TLS.
    TargetSchemeMismatch "target_scheme_mismatch" 421 "RFC 9110 section 7.4";
    /// The path holds a percent sign without two hex digits.
    PercentInvalid "percent_invalid" 400 "RFC 3986 section 2.1";
    /// The path holds an escaped NUL.
    PercentNul "percent_nul" 400 "RFC 3986 section 7.3";
    /// The path holds an escaped slash or backslash.
    EscapedSlash "escaped_slash" 400 "RFC 3986 section 2.2";
    /// The path leads above the root.
    AboveRoot "above_root" 400 "RFC 3986 section 5.2.4";
    /// The path holds a dot segment that some upstreams see and others do not.
    HiddenDotSegment "hidden_dot_segment" 400 "RFC 3986 section 3.3";
    /// No host is named.
    HostMissing "host_missing" 400 "RFC 9112 section 3.2";
    /// Host is sent more than once.
    HostRepeated "host_repeated" 400 "RFC 9112 section 3.2";
    /// The host is empty.
    HostEmpty "host_empty" 400 "RFC 9110 section 4.2.1";
    /// The host holds characters that no host has.
    HostInvalid "host_invalid" 400 "RFC 9110 section 7.2";
    /// The host is longer than a name can be.
    HostTooLong "host_too_long" 400 "RFC 1035 section 2.3.4";
    /// The host comes with user information.
    HostUserinfo "host_userinfo" 400 "RFC 9110 section 4.2.4";
    /// The port is not a number from 1 to 65535.
    HostPort "host_port" 400 "RFC 3986 section 3.2.3";
    /// Host, request target and :authority name different hosts.
    HostConflict "host_conflict" 400 "RFC 9112 section 3.2.2";
    /// Content-Length is not a plain number.
    LengthInvalid "length_invalid" 400 "RFC 9110 section 8.6";
    /// Content-Length is sent more than once.
    LengthRepeated "length_repeated" 400 "RFC 9112 section 6.3";
    /// Content-Length and Transfer-Encoding are both sent.
    LengthAndCoding "length_and_coding" 400 "RFC 9112 section 6.3";
    /// Transfer-Encoding does not end in chunked, or names it twice.
    CodingInvalid "coding_invalid" 400 "RFC 9112 section 6.3";
    /// Transfer-Encoding names another coding than chunked.
    CodingUnknown "coding_unknown" 501 "RFC 9112 section 6.1";
    /// Transfer-Encoding is sent with HTTP/1.0.
    CodingOnHttp10 "coding_on_http10" 400 "RFC 9112 section 6.1";
    /// A header that belongs to HTTP/1.1 connections is sent over HTTP/2.
    ConnectionSpecific "connection_specific" 400 "RFC 9113 section 8.2.2";
    /// Connection nominates a header that is not for the connection.
    ConnectionNominates "connection_nominates" 400 "RFC 9110 section 7.6.1";
    /// The expectation is not 100-continue.
    Expectation "expectation" 417 "RFC 9110 section 10.1.1";
    /// There are too many header lines.
    HeadersTooMany "headers_too_many" 431 "RFC 6585 section 5";
    /// The header lines are too large together.
    HeadersTooLarge "headers_too_large" 431 "RFC 6585 section 5";
}
