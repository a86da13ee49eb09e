//! The gateway beside stock pingora-proxy, Envoy, nginx and nginx with ModSecurity, in one run.
//!
//! Every gateway has one worker and one core; the upstream and wrk share the other. All run for the
//! whole time and are measured in turn, A B C D A B C D, so that what the machine does meanwhile
//! hits them alike. A run counts only when every answer was the one expected and the upstream saw
//! every request.

pub mod contender;
pub mod measure;
pub mod report;

use crate::waf::request::Request;
use crate::waf::shapes::{self, SHAPES};

/// What went wrong, in words.
pub type Problem = String;

/// Result of everything here.
pub type Result<T> = std::result::Result<T, Problem>;

/// The core of whichever gateway is measured.
pub const GATEWAY_CORE: u32 = 0;
/// The core of the upstream and of wrk.
pub const LOAD_CORE: u32 = 1;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A browser's GET.
    Get,
    /// A browser's POST of a form.
    Form,
}

impl Shape {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Get, Self::Form];

    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Form => "form POST",
        }
    }

    /// The requests of this shape, those of the engines' comparison.
    pub fn requests(self) -> Vec<Request> {
        let file = match self {
            Self::Get => "get-2",
            Self::Form => "form-8",
        };
        SHAPES.iter().filter(|shape| shape.file == file).flat_map(shapes::Shape::requests).collect()
    }
}

/// Which comparison a gateway takes part in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Forwards, nothing else.
    Plain,
    /// With the rule set at paranoia level 1, blocking.
    Rules,
}

impl Group {
    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "without filters",
            Self::Rules => "with CRS at paranoia level 1",
        }
    }

    /// What is asked in it.
    pub fn shapes(self) -> &'static [Shape] {
        match self {
            Self::Plain => &[Shape::Get],
            Self::Rules => &Shape::ALL,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Shape;

    #[test]
    fn every_shape_has_requests() {
        let methods = |shape: Shape| -> Vec<String> {
            shape.requests().into_iter().take(2).map(|request| request.method).collect()
        };
        assert_eq!(methods(Shape::Get), ["GET", "GET"]);
        assert_eq!(methods(Shape::Form), ["POST", "POST"]);
    }
}
