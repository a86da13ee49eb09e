//! The prefilter leaves out nothing that would match: for any value, each pattern, list and injection test of the Core Rule
//! Set that it says cannot match is tried all the same, and whole transactions come out as without it.

use std::sync::{Arc, OnceLock};

use portcullis_waf_engine::RuleSet;
use portcullis_waf_transform::Transformation as T;

use crate::drive::{Request, core_rule_set, drive};

/// Transformations before the value is looked at, beside those of the rules.
const MAX_PIPELINE: usize = 8;
/// Bytes of a name.
const MAX_NAME_BYTES: usize = 32;
/// Bytes of a value: some hundred patterns are tried one by one.
const MAX_VALUE_BYTES: usize = 4 << 10;
/// This bit of the second byte says that no transaction is run: that takes longer than all patterns do.
const VALUE_ONLY: u8 = 0x20;

/// A request with a value, by its name, at one place.
type Place = fn(&[u8], &[u8]) -> Request;

/// Where a value may stand.
const PLACES: [Place; 16] = [
    |name, value| Request::get([b"/?", name, b"=", escaped(value).as_slice()].concat()),
    |_, value| Request::get([b"/?", escaped(value).as_slice(), b"=1"].concat()),
    |_, value| Request::get([b"/?", value].concat()),
    |_, value| Request::get([b"/", value].concat()),
    |name, value| form([name, b"=", escaped(value).as_slice()].concat()),
    |_, value| form([escaped(value).as_slice(), b"=1&a=b"].concat()),
    |_, value| form(value.to_vec()),
    |_, value| json(|text| format!("{{\"a\":[{text},1]}}"), value),
    |_, value| json(|text| format!("{{{text}:{{\"b\":\"c\"}}}}"), value),
    |_, value| Request::post("text/xml", [b"<a b=\"c\">", value, b"</a>"].concat()),
    |name, value| part([b"name=\"", name, b"\"\r\n\r\n", value].concat()),
    |_, value| part([b"name=\"a\"; filename=\"", value, b"\"\r\n\r\nx"].concat()),
    |name, value| Request::get("/").header("Cookie", [name, b"=", value].concat()),
    |_, value| Request::get("/").header("Cookie", [value, b"=1"].concat()),
    |name, value| match std::str::from_utf8(name) {
        Ok(name) if !name.is_empty() => Request::get("/").header(name, value),
        Ok(_) | Err(_) => Request::get("/").header("Referer", value),
    },
    // The answer's body is the request's.
    |_, value| Request::post("text/plain", value.to_vec()),
];

struct RuleSets {
    with: Arc<RuleSet>,
    without: Arc<RuleSet>,
}

fn rule_sets() -> &'static RuleSets {
    static SETS: OnceLock<RuleSets> = OnceLock::new();
    SETS.get_or_init(|| {
        let compile = |prefilter| {
            let settings = "SecRuleEngine DetectionOnly\nSecResponseBodyAccess On";
            core_rule_set(4, settings, prefilter)
        };
        RuleSets { with: compile(true), without: compile(false) }
    })
}

/// The first bytes say where the value stands, behind which transformations, and how long its name is.
pub fn check(data: &[u8]) {
    let [place, pipeline, name, rest @ ..] = data else { return };
    let cut = |rest: &mut &[u8], bytes: usize| {
        let (head, tail) = rest.split_at(bytes.min(rest.len()));
        *rest = tail;
        head.to_vec()
    };
    let mut value = rest;
    let transformations = cut(&mut value, usize::from(*pipeline) % MAX_PIPELINE);
    let name = cut(&mut value, usize::from(*name) % MAX_NAME_BYTES);
    let mut value = cut(&mut value, MAX_VALUE_BYTES);
    tried(&name);
    tried(&value);
    for transformation in transformations {
        let known = T::ALL.get(usize::from(transformation) % T::ALL.len());
        let mut changed = Vec::new();
        if known.is_some_and(|known| known.apply(&value, &mut changed)) {
            changed.truncate(MAX_VALUE_BYTES);
            value = changed;
            tried(&value);
        }
    }
    if pipeline & VALUE_ONLY == 0
        && let Some(request) = PLACES.get(usize::from(*place) % PLACES.len())
    {
        whole(&request(&name, &value));
    }
}

/// Every pattern by itself.
fn tried(value: &[u8]) {
    let wrong = rule_sets().with.wrongly_left_out(value);
    assert!(wrong.is_empty(), "{wrong:?} match \"{}\" and are left out", value.escape_ascii());
}

/// With the prefilter, again now that caches know the values, and without it.
fn whole(request: &Request) {
    let RuleSets { with, without } = rule_sets();
    let expected = drive(without, request);
    for time in ["first", "second"] {
        assert_eq!(drive(with, request), expected, "the {time} time\n{request:?}");
    }
}

/// So that it stays one value.
fn escaped(value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len());
    for byte in value {
        match byte {
            b'%' | b'&' | b'+' | b'=' | b'#' => out.extend(format!("%{byte:02x}").bytes()),
            _ => out.push(*byte),
        }
    }
    out
}

fn form(body: Vec<u8>) -> Request {
    Request::post("application/x-www-form-urlencoded", body)
}

fn json(around: impl Fn(String) -> String, value: &[u8]) -> Request {
    let text = serde_json::Value::from(String::from_utf8_lossy(value)).to_string();
    Request::post("application/json", around(text).into_bytes())
}

fn part(inside: Vec<u8>) -> Request {
    let head = b"--b\r\nContent-Disposition: form-data; ".as_slice();
    let body = [head, &inside, b"\r\n--b--\r\n"].concat();
    Request::post("multipart/form-data; boundary=b", body)
}

#[cfg(test)]
mod tests {
    use super::{PLACES, rule_sets};
    use crate::drive::drive;

    #[test]
    fn rules_see_the_value_at_every_place() {
        let value =
            b"<script>alert(1)</script>' UNION SELECT 1 FROM a-- /etc/passwd <?php phpinfo();";
        for (number, request) in PLACES.iter().enumerate() {
            let observed = drive(&rule_sets().with, &request(b"Referer", value));
            let shown = observed.matched.iter().flatten();
            let sees = |value: &[u8]| value.to_ascii_lowercase().windows(6).any(|w| w == b"select");
            assert!(shown.into_iter().any(|m| sees(&m.value) || sees(&m.key)), "place {number}");
        }
    }
}
