//! The numbers of the Proxy-Wasm ABI: versions, statuses, maps, buffers, streams and what callbacks answer.
//!
//! Source: proxy-wasm/spec 0.2.1 with the header `proxy_wasm_enums.h` of its C++ host, and Higress' additions.

/// The version of the ABI a module says it was built for, by the name of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AbiVersion {
    /// `proxy_abi_version_0_1_0`.
    V0_1_0,
    /// `proxy_abi_version_0_2_0`.
    V0_2_0,
    /// `proxy_abi_version_0_2_1`.
    V0_2_1,
    /// `proxy_abi_version_0_2_100`: Higress' own.
    V0_2_100,
}

impl AbiVersion {
    /// Versions, the newest first: a module that exports several speaks the newest.
    pub const ALL: [Self; 4] = [Self::V0_2_100, Self::V0_2_1, Self::V0_2_0, Self::V0_1_0];

    /// The export that names it.
    #[must_use]
    pub fn export(self) -> &'static str {
        match self {
            Self::V0_1_0 => "proxy_abi_version_0_1_0",
            Self::V0_2_0 => "proxy_abi_version_0_2_0",
            Self::V0_2_1 => "proxy_abi_version_0_2_1",
            Self::V0_2_100 => "proxy_abi_version_0_2_100",
        }
    }

    /// Whether a headers callback may hold the headers and still be shown the body.
    #[must_use]
    pub fn holds_headers_alone(self) -> bool {
        self == Self::V0_2_100
    }
}

/// What a host function answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Status {
    /// Done.
    Ok = 0,
    /// There is no such thing.
    NotFound = 1,
    /// An argument makes no sense, or not now.
    BadArgument = 2,
    /// A value cannot be written as bytes.
    SerializationFailure = 3,
    /// Bytes cannot be read as a value.
    ParseFailure = 4,
    /// Not used by us.
    BadExpression = 5,
    /// An address outside the memory of the module.
    InvalidMemoryAccess = 6,
    /// A queue is empty.
    Empty = 7,
    /// Somebody else has written in between.
    CasMismatch = 8,
    /// Not used by us.
    ResultMismatch = 9,
    /// The host could not, or a limit is reached.
    InternalFailure = 10,
    /// A connection broke.
    BrokenConnection = 11,
    /// This host has no such function.
    Unimplemented = 12,
}

/// How loud a log line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u32)]
pub enum LogLevel {
    /// 0.
    Trace = 0,
    /// 1.
    Debug = 1,
    /// 2.
    Info = 2,
    /// 3.
    Warn = 3,
    /// 4.
    Error = 4,
    /// 5.
    Critical = 5,
}

impl LogLevel {
    /// The level of a number.
    #[must_use]
    pub fn of(number: u32) -> Option<Self> {
        [Self::Trace, Self::Debug, Self::Info, Self::Warn, Self::Error, Self::Critical]
            .get(number as usize)
            .copied()
    }
}

/// A direction of an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// From the caller to the upstream.
    Request,
    /// From the upstream to the caller.
    Response,
}

impl Side {
    pub(crate) fn index(self) -> usize {
        match self {
            Self::Request => 0,
            Self::Response => 1,
        }
    }
}

/// A header map of an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Map {
    /// Whose.
    pub side: Side,
    /// Its trailers instead of its headers.
    pub trailers: bool,
}

/// Any header map a module may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AnyMap {
    /// 0 to 3.
    Stream(Map),
    /// 4 and 6: what an answer began with.
    AnswerHeaders,
    /// 5 and 7: what an answer ended with.
    AnswerTrailers,
}

impl AnyMap {
    pub(crate) fn of(number: u32) -> Option<Self> {
        let stream = |side, trailers| Some(Self::Stream(Map { side, trailers }));
        match number {
            0 => stream(Side::Request, false),
            1 => stream(Side::Request, true),
            2 => stream(Side::Response, false),
            3 => stream(Side::Response, true),
            4 | 6 => Some(Self::AnswerHeaders),
            5 | 7 => Some(Self::AnswerTrailers),
            _ => None,
        }
    }
}

/// A buffer a module may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Buffer {
    /// 0 and 1.
    Body(Side),
    /// 2 and 3: bytes of a TCP connection, which this host has none of.
    Connection,
    /// 4.
    HttpAnswer,
    /// 5.
    GrpcMessage,
    /// 6.
    VmConfiguration,
    /// 7.
    PluginConfiguration,
    /// 8: arguments of a foreign function the host calls; it calls none.
    CallData,
    /// 9, Higress.
    RedisAnswer,
}

impl Buffer {
    pub(crate) fn of(number: u32) -> Option<Self> {
        Some(match number {
            0 => Self::Body(Side::Request),
            1 => Self::Body(Side::Response),
            2 | 3 => Self::Connection,
            4 => Self::HttpAnswer,
            5 => Self::GrpcMessage,
            6 => Self::VmConfiguration,
            7 => Self::PluginConfiguration,
            8 => Self::CallData,
            9 => Self::RedisAnswer,
            _ => return None,
        })
    }
}

/// What a headers callback answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HeadersAction {
    Continue,
    /// Hold the headers; the body is shown, and the first body callback that goes on releases them.
    HoldHeaders,
    ContinueAndEnd,
    /// Hold everything until the module says so.
    HoldAll,
}

impl HeadersAction {
    pub(crate) fn of(number: u32, abi: AbiVersion, stopped: bool) -> Self {
        match number {
            _ if stopped => Self::HoldAll,
            0 => Self::Continue,
            1 if abi.holds_headers_alone() => Self::HoldHeaders,
            2 => Self::ContinueAndEnd,
            _ => Self::HoldAll,
        }
    }
}

/// What a body callback answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyAction {
    Continue,
    /// Keep what came; the next callback sees all of it.
    Buffer,
    /// Keep what came, and take no more of it from the wire than a buffer holds.
    Watermark,
    /// Hold, and forget what came: the module has taken it.
    NoBuffer,
}

impl BodyAction {
    pub(crate) fn of(number: u32, stopped: bool) -> Self {
        match number {
            _ if stopped => Self::NoBuffer,
            0 => Self::Continue,
            1 => Self::Buffer,
            2 => Self::Watermark,
            _ => Self::NoBuffer,
        }
    }
}

/// What a metric is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MetricKind {
    /// Only goes up.
    Counter,
    /// Any value.
    Gauge,
    /// A distribution.
    Histogram,
}

impl MetricKind {
    pub(crate) fn of(number: u32) -> Option<Self> {
        [Self::Counter, Self::Gauge, Self::Histogram].get(number as usize).copied()
    }
}
