//! The gateway beside stock pingora-proxy, Envoy, nginx and nginx with ModSecurity, in one run.
//!
//! Every gateway has one worker and one core; the upstream and wrk share the other. All run for the
//! whole time and are measured in turn, A B C D A B C D, so that what the machine does meanwhile
//! hits them alike. A run counts only when every answer was the one expected and the upstream saw
//! every request.

pub mod contender;
pub mod measure;
pub mod report;

use crate::waf::draw::Draw;
use crate::waf::request::Request;

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

    /// A request of this shape; equal variants are equal requests.
    pub fn request(self, variant: u64) -> Request {
        let mut draw = Draw::new(variant);
        let section = draw.of(&["catalogue", "garden", "books", "kitchen"]);
        let sought = draw.of(&["garden+chair", "desk+lamp", "rain+jacket", "tea+pot"]);
        let (page, number) = (draw.number(1, 400), draw.number(10_000, 99_999));
        let session = format!("session={}; theme=light; consent=necessary", draw.hex(16));
        let mut headers =
            vec![("Host".to_owned(), HOST.to_owned()), ("Cookie".to_owned(), session)];
        headers.extend(FIELDS.map(|(name, value)| (name.to_owned(), value.to_owned())));
        match self {
            Self::Get => Request {
                method: "GET".to_owned(),
                target: format!("/{section}/items?page={page}&sort=price&q={sought}"),
                headers,
                body: String::new(),
            },
            Self::Form => {
                let body = format!(
                    "first_name=Anna&last_name=Schmidt&street=Lindenweg+{page}&postcode={number}&\
                     city=Berlin&country=DE&phone=%2B49+30+{number}67&note=Please+ring+twice&save=1"
                );
                let media = "application/x-www-form-urlencoded".to_owned();
                headers.push(("Content-Type".to_owned(), media));
                headers.push(("Content-Length".to_owned(), body.len().to_string()));
                Request {
                    method: "POST".to_owned(),
                    target: "/account/address".to_owned(),
                    headers,
                    body,
                }
            }
        }
    }
}

/// Fields that every request carries, beside Host and Cookie.
const FIELDS: [(&str, &str); 3] = [
    ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
    ("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
    ("Accept-Language", "de,en-US;q=0.7,en;q=0.3"),
];

/// The host that every request names.
const HOST: &str = "shop.example.com";

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
