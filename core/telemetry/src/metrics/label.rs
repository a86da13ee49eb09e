//! Label values that are known when the gateway is built.

macro_rules! label {
    ($(#[$doc:meta])* $type:ident { $($(#[$variant_doc:meta])* $variant:ident => $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $type {
            $($(#[$variant_doc])* $variant,)*
        }

        impl $type {
            /// Every value, in the order of their numbers.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The value of the label, also used in log lines.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }
    };
}

label! {
    /// The class of a response status.
    StatusClass {
        /// No response was sent.
        None => "none",
        /// 1xx, as a final answer: a switched protocol.
        Informational => "1xx",
        /// 2xx.
        Success => "2xx",
        /// 3xx.
        Redirection => "3xx",
        /// 4xx.
        ClientError => "4xx",
        /// 5xx and above.
        ServerError => "5xx",
    }
}

impl StatusClass {
    /// The class of a status; 0 is none.
    #[must_use]
    pub fn of(status: u16) -> Self {
        match status {
            0..=99 => Self::None,
            100..=199 => Self::Informational,
            200..=299 => Self::Success,
            300..=399 => Self::Redirection,
            400..=499 => Self::ClientError,
            500.. => Self::ServerError,
        }
    }
}

label! {
    /// Why a downstream connection was closed before a request came.
    RefusedCause {
        /// The gateway or the listener has as many connections as it may have.
        ConnectionLimit => "connection_limit",
        /// The address has as many connections as one address may have.
        AddressLimit => "address_limit",
        /// The TLS handshake failed.
        TlsFailed => "tls_failed",
        /// The TLS handshake took too long.
        TlsTimeout => "tls_timeout",
        /// No request head came in time.
        IdleTimeout => "idle_timeout",
        /// The PROXY protocol header was missing or wrong.
        ProxyProtocol => "proxy_protocol",
        /// The listener is being removed or the gateway is shutting down.
        Draining => "draining",
        /// The operating system failed us.
        Accept => "accept_failed",
    }
}

label! {
    /// How an attempt at an upstream failed.
    UpstreamErrorKind {
        /// The connection was refused or unreachable.
        Connect => "connect",
        /// The connection was not there in time.
        ConnectTimeout => "connect_timeout",
        /// The TLS handshake failed, the certificate included.
        Tls => "tls",
        /// The upstream closed or reset before its response was complete.
        Reset => "reset",
        /// Nothing could be read in time.
        ReadTimeout => "read_timeout",
        /// Nothing could be written in time.
        WriteTimeout => "write_timeout",
        /// The exchange took longer than it may.
        TotalTimeout => "total_timeout",
        /// What came is not HTTP.
        Protocol => "protocol",
        /// A status that counts as a failure.
        Status => "status",
        /// No endpoint can be used.
        NoEndpoint => "no_endpoint",
        /// The cluster has as many requests in flight as it may have.
        Overflow => "overflow",
        /// The name of the endpoint could not be resolved.
        Resolve => "resolve",
    }
}

label! {
    /// What became of a change of configuration.
    ReloadOutcome {
        /// A new snapshot was published.
        Applied => "applied",
        /// The documents say what they said before.
        Unchanged => "unchanged",
        /// A document is wrong; the last good snapshot stays.
        Refused => "refused",
        /// The snapshot is good, but it could not take effect, as when an address is in use.
        Failed => "failed",
    }
}

label! {
    /// The logs that can lose lines.
    LogName {
        /// One line an exchange.
        Access => "access",
        /// One line a WAF event.
        Waf => "waf",
        /// One record an audited exchange.
        Audit => "audit",
    }
}

label! {
    /// Which messages an anomaly score is about.
    Direction {
        /// The request.
        Inbound => "inbound",
        /// The response.
        Outbound => "outbound",
    }
}

label! {
    /// The phases the WAF engine works in.
    WafPhase {
        /// Phase 1.
        RequestHeaders => "request_headers",
        /// Phase 2.
        RequestBody => "request_body",
        /// Phase 3.
        ResponseHeaders => "response_headers",
        /// Phase 4.
        ResponseBody => "response_body",
        /// Phase 5.
        Logging => "logging",
    }
}
