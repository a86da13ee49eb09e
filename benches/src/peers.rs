//! The gateway beside stock pingora-proxy, Envoy, nginx and nginx with ModSecurity, in one run.
//!
//! Every gateway has one worker and one core; the upstream and wrk share the other. All run for the
//! whole time and are measured in turn, A B C D A B C D, so that what the machine does meanwhile
//! hits them alike. A run counts only when every answer was the one expected and the upstream saw
//! every request.

pub mod contender;
pub mod measure;
pub mod report;

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

    /// The target with a query as browsers send.
    pub fn target(self) -> &'static str {
        match self {
            Self::Get => "/catalogue/items?page=2&sort=price&q=garden+chair",
            Self::Form => "/account/address",
        }
    }

    /// The body; empty for none.
    pub fn body(self) -> &'static str {
        match self {
            Self::Get => "",
            Self::Form => {
                "first_name=Anna&last_name=Schmidt&street=Lindenweg+12&postcode=10115&\
                 city=Berlin&country=DE&phone=%2B49+30+1234567&note=Please+ring+twice&save=1"
            }
        }
    }
}

/// Fields that every request carries, beside Host.
pub const FIELDS: [(&str, &str); 4] = [
    ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
    ("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
    ("Accept-Language", "de,en-US;q=0.7,en;q=0.3"),
    ("Cookie", "session=3f6c1a9e7b2d4c58; theme=light; consent=necessary"),
];

/// The host that every request names.
pub const HOST: &str = "shop.example.com";

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
