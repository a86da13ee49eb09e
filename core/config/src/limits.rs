//! Limits of the gateway and of a listener. What each default is and why stands in [`crate::defaults`].

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{ByteSize, Duration, defaults};

/// Declares the limits once: those of the gateway, and, for the first group, those a listener may set otherwise.
macro_rules! limits {
    (
        listener { $( $(#[$ldoc:meta])* $lname:ident: $ltype:ty = $ldefault:ident, )* }
        gateway { $( $(#[$gdoc:meta])* $gname:ident: $gtype:ty = $gdefault:ident, )* }
    ) => {
        /// Every limit of the gateway.
        #[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields, default)]
        pub struct Limits {
            $( $(#[$ldoc])* pub $lname: $ltype, )*
            $( $(#[$gdoc])* pub $gname: $gtype, )*
        }

        impl Default for Limits {
            fn default() -> Self {
                Self { $( $lname: defaults::$ldefault, )* $( $gname: defaults::$gdefault, )* }
            }
        }

        /// Limits of one listener that differ from the gateway's.
        #[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields, default)]
        pub struct ListenerLimits {
            $( $(#[$ldoc])* pub $lname: Option<$ltype>, )*
        }

        impl ListenerLimits {
            /// The limits of a listener: its own, else the gateway's.
            #[must_use]
            pub fn over(&self, gateway: &Limits) -> Limits {
                let mut limits = gateway.clone();
                $( if let Some(own) = self.$lname { limits.$lname = own; } )*
                limits
            }
        }
    };
}

limits! {
    listener {
        /// Most connections of one listener at once; more wait in the kernel's queue.
        #[schemars(range(min = 1, max = 1_000_000))]
        connections: u32 = CONNECTIONS,
        /// Most connections of one address at once; more are closed at once.
        #[schemars(range(min = 1, max = 1_000_000))]
        connections_per_ip: u32 = CONNECTIONS_PER_IP,
        /// Longest time of a TLS handshake.
        tls_handshake_timeout: Duration = TLS_HANDSHAKE_TIMEOUT,
        /// Longest time from the first to the last byte of a request head.
        head_timeout: Duration = HEAD_TIMEOUT,
        /// Longest wait for the next request on an HTTP/1 connection.
        keepalive_timeout: Duration = KEEPALIVE_TIMEOUT,
        /// Most requests on one HTTP/1 connection.
        #[schemars(range(min = 1, max = 4_000_000_000u32))]
        keepalive_requests: u32 = KEEPALIVE_REQUESTS,
        /// Longest silence while a request body is read.
        body_timeout: Duration = BODY_TIMEOUT,
        /// Fewest bytes a second of a request body, once `body_min_rate_after` has passed.
        body_min_rate: ByteSize = BODY_MIN_RATE,
        /// When the rate of a request body begins to be judged.
        body_min_rate_after: Duration = BODY_MIN_RATE_AFTER,
        /// Longest time a downstream takes nothing of a response.
        write_timeout: Duration = WRITE_TIMEOUT,
        /// Longest silence of a stream or an upgraded connection in both directions.
        stream_idle_timeout: Duration = STREAM_IDLE_TIMEOUT,
        /// Longest request target.
        uri: ByteSize = URI,
        /// Largest request head.
        headers: ByteSize = HEADERS,
        /// Most header lines of a request, cookie crumbs of HTTP/2 included.
        #[schemars(range(min = 1, max = 10_000))]
        headers_count: u32 = HEADERS_COUNT,
        /// Most streams of an HTTP/2 connection at once.
        #[schemars(range(min = 1, max = 10_000))]
        h2_streams: u32 = H2_STREAMS,
        /// Largest header list of an HTTP/2 request, as RFC 9113 section 6.5.2 counts it.
        h2_header_list: ByteSize = H2_HEADER_LIST,
        /// Receive window of an HTTP/2 stream.
        h2_stream_window: ByteSize = H2_STREAM_WINDOW,
        /// Receive window of an HTTP/2 connection.
        h2_connection_window: ByteSize = H2_CONNECTION_WINDOW,
        /// Longest time an HTTP/2 connection has no stream.
        h2_idle_timeout: Duration = H2_IDLE_TIMEOUT,
    }
    gateway {
        /// Most bytes of bodies held in memory for inspection, over all exchanges; more are answered 503.
        buffered_bodies: ByteSize = BUFFERED_BODIES,
        /// Longest time running exchanges get to end when a listener is removed or the program stops.
        drain_timeout: Duration = DRAIN_TIMEOUT,
        /// Most lines waiting to be written to one log; more are dropped and counted.
        #[schemars(range(min = 1, max = 1_000_000))]
        log_queue: u32 = LOG_QUEUE,
    }
}
