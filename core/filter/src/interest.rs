//! Which phases a filter takes part in. Phases nobody asked for cost nothing.

/// How much of a request body a filter needs to see at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BodyInterest {
    /// The body is not looked at; it streams.
    #[default]
    None,
    /// The body is collected up to this many bytes before the filter is asked.
    Whole {
        /// Most bytes that are collected in memory.
        limit_bytes: usize,
        /// What happens to a body beyond the limit: refused with 413, or the first part inspected and the whole
        /// forwarded.
        partial: bool,
    },
}

/// The phases a filter takes part in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Interest {
    /// Asked with the request head.
    pub request_head: bool,
    /// Asked with the request body, and how much of it.
    pub request_body: BodyInterest,
    /// Asked with the response head.
    pub response_head: bool,
    /// Asked with every chunk of the response body.
    pub response_body: bool,
    /// Told at the end.
    pub log: bool,
}

impl Interest {
    /// What a chain of two filters needs: the larger of both limits, and refusal wins over partial inspection.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self {
            request_head: self.request_head || other.request_head,
            request_body: self.request_body.union(other.request_body),
            response_head: self.response_head || other.response_head,
            response_body: self.response_body || other.response_body,
            log: self.log || other.log,
        }
    }
}

impl BodyInterest {
    fn union(self, other: Self) -> Self {
        match (self, other) {
            (Self::None, x) | (x, Self::None) => x,
            (
                Self::Whole { limit_bytes: a, partial: p },
                Self::Whole { limit_bytes: b, partial: q },
            ) => Self::Whole { limit_bytes: a.max(b), partial: p && q },
        }
    }
}
