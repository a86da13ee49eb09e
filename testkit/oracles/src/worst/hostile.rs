//! Requests, ordinary and hostile: what a byte of the one costs is the measure for the other.
//!
//! Each request comes in variants, so that nothing remembered of the last one makes the next one cheap.

use std::fmt::Write as _;

use super::{form, pattern, patterns, shapes};
use crate::drive::Request;

/// Bytes of a long value.
const VALUE_BYTES: usize = 10 << 10;
/// Parts of a request, the most arguments there may be.
const PARTS: usize = 990;
/// Names or lines of a head that is still let through.
const HEAD_PARTS: usize = 90;

/// What a request is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aim {
    /// To be dear by what it is made of.
    Cost,
    /// To lead automata to states they have not built.
    Thrash,
}

/// A request in as many variants as are asked for.
pub struct Case {
    /// What it is made of.
    pub name: String,
    /// What for.
    pub aim: Aim,
    make: Box<dyn Fn(&mut Random) -> Request>,
}

impl Case {
    fn new(name: &str, make: impl Fn(&mut Random) -> Request + 'static) -> Self {
        Self { name: name.to_owned(), aim: Aim::Cost, make: Box::new(make) }
    }

    fn thrashing(name: &str, make: impl Fn(&mut Random) -> Request + 'static) -> Self {
        Self { aim: Aim::Thrash, ..Self::new(name, make) }
    }

    /// One variant.
    pub fn request(&self, variant: u64) -> Request {
        (self.make)(&mut Random(variant.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1))
    }
}

/// xorshift64*.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % bound.max(1)
    }

    fn pick<'a, T>(&mut self, list: &'a [T]) -> Option<&'a T> {
        list.get(self.below(list.len()))
    }

    /// Pieces at random until there are `size` bytes.
    fn mix(&mut self, pieces: &[impl AsRef<[u8]>], between: &[u8], size: usize) -> Vec<u8> {
        let mut out = Vec::with_capacity(size + 64);
        while out.len() < size && !pieces.is_empty() {
            out.extend(self.pick(pieces).map(AsRef::as_ref).unwrap_or_default());
            out.extend(between);
        }
        out.truncate(size);
        out
    }
}

/// As people write, with words that are SQL's and the shell's as well.
const WORDS: &[&str] = &[
    "the", "and", "we", "select", "from", "our", "order", "by", "table", "where", "is", "in", "a",
    "group", "of", "people", "who", "like", "to", "update", "their", "garden", "into", "union",
    "with", "time", "or", "set", "up", "house.", "When", "it", "rains,", "open", "windows", "drop",
    "water", "on", "floor;", "don't", "cat", "sleeps", "under", "bench", "(again)", "delete",
    "because", "nobody", "else", "can", "find", "it.", "Delivery", "between", "9", "5",
];
const NAMES: &[&str] = &["first_name", "city", "email", "phone", "comment", "page", "sort", "id"];

/// Requests of several kinds that mean no harm.
pub fn ordinary() -> Vec<Case> {
    vec![
        Case::new("prose", |random| form(&random.mix(WORDS, b" ", VALUE_BYTES), VALUE_BYTES)),
        Case::new("a form of 40 fields", |random| {
            let mut body = String::new();
            for field in 0..40 {
                let name = random.pick(NAMES).copied().unwrap_or("a");
                let text = random.mix(WORDS, b"+", 12);
                let text = String::from_utf8_lossy(&text).into_owned();
                let _ = write!(body, "{name}{field}={text}{}&", random.below(1_000));
            }
            Request::post("application/x-www-form-urlencoded", body.into_bytes())
        }),
        Case::new("JSON of 60 leaves", |random| {
            let mut body = String::from("{\"items\":[");
            for item in 0..20 {
                let text = random.mix(WORDS, b" ", 40);
                let text = String::from_utf8_lossy(&text).replace('"', "");
                let price = random.below(100_000);
                let _ = write!(body, "{{\"name\":\"{text}\",\"price\":{price},\"id\":{item}}},");
            }
            body.push_str("{\"name\":\"end\"}]}");
            Request::post("application/json", body.into_bytes())
        }),
        Case::new("cookies of a shop", |random| {
            let mut cookies = String::new();
            for cookie in 0..12 {
                let (a, b) = (random.below(1 << 30), random.below(1 << 30));
                let _ = write!(cookies, "_ga_{cookie}=GA1.2.{a}.{b}; ");
            }
            Request::get("/").header("Cookie", cookies)
        }),
        Case::new("a browser's headers", |random| {
            let (a, b) = (random.below(1 << 30), random.below(1 << 30));
            Request::get("/")
                .header("Referer", format!("https://shop.example.com/products/{a}?page={b}"))
                .header("Accept-Language", "de-DE,de;q=0.9,en;q=0.8")
                .header("If-None-Match", format!("\"{a:x}-{b:x}\""))
                .header("X-Request-Id", format!("{a:08x}-{b:08x}-{b:08x}-{a:08x}"))
                .header("X-Forwarded-Proto", "https")
                .header("Sec-Fetch-Site", "same-origin")
        }),
    ]
}

/// What is made to cost more than its size.
pub fn hostile() -> Vec<Case> {
    let mut cases = values();
    cases.extend(parts());
    cases
}

/// Long values.
fn values() -> Vec<Case> {
    let mut cases = Vec::new();
    let mut fixed = |name: String, value: Vec<u8>| {
        cases.push(Case::new(&name, move |_| form(&value, VALUE_BYTES)));
    };
    for (name, value) in shapes::values(VALUE_BYTES) {
        fixed(name.to_owned(), value);
    }
    let mut all = Vec::new();
    let mut walks = Vec::new();
    for pattern in patterns(false) {
        let start: String = pattern.chars().take(50).collect();
        for (shape, value) in pattern::values(&pattern, VALUE_BYTES) {
            fixed(format!("{shape} of {start}"), value);
        }
        let (pieces, literals) = pattern::pieces(&pattern);
        walks.push((format!("walk through {start}"), pieces));
        all.extend(literals);
    }
    // What the dearest of SQL's tokens cost.
    for unit in ["1,1,", "1,a,", "a::b,-1,", "'or ", "a.b.c", "select.union ", "'=", "@`a`,"] {
        fixed(format!("SQL {unit}"), unit.bytes().cycle().take(VALUE_BYTES).collect());
    }
    // No two bytes in a row that an automaton of the pattern has seen in this state before.
    for (name, pieces) in walks {
        cases.push(Case::thrashing(&name, move |random| {
            form(&random.mix(&pieces, b"", VALUE_BYTES), VALUE_BYTES)
        }));
    }
    for (name, between) in [("literals", ""), ("literals and spaces", " "), ("literals, =", "=")] {
        let all = all.clone();
        cases.push(Case::thrashing(name, move |random| {
            form(&random.mix(&all, between.as_bytes(), VALUE_BYTES), VALUE_BYTES)
        }));
    }
    cases
}

fn text(parts: usize, mut part: impl FnMut(usize) -> String) -> Vec<u8> {
    (0..parts).map(&mut part).collect::<String>().into_bytes()
}

/// Many short values.
fn parts() -> Vec<Case> {
    let post = |body| Request::post("application/x-www-form-urlencoded", body);
    let json = |inner: Vec<u8>| {
        Request::post("application/json", [b"[".as_slice(), &inner, b"1]"].concat())
    };
    let cookies = |text: Vec<u8>| Request::get("/").header("Cookie", text);
    vec![
        Case::new("short arguments", move |random| {
            post(text(PARTS, |i| format!("{i:x}={}&", random.below(1_000))))
        }),
        Case::new("short arguments of one name", move |random| {
            post(text(PARTS, |_| format!("a={}&", random.below(1_000))))
        }),
        Case::new("names without value", move |random| {
            post(text(PARTS, |_| format!("{:x}&", random.below(1 << 20))))
        }),
        Case::new("arguments of one quote", move |random| {
            post(text(PARTS, |i| format!("{i:x}='{}&", random.below(100))))
        }),
        Case::new("arguments of escapes", move |random| {
            post(text(PARTS, |i| format!("{i:x}=%2{}%25&", random.below(10))))
        }),
        Case::new("arguments of one word of SQL", move |random| {
            post(text(PARTS, |i| format!("{i:x}=select{}&", random.below(100))))
        }),
        Case::new("numbers", move |random| {
            json(text(PARTS, |_| format!("{},", random.below(1_000))))
        }),
        Case::new("short texts", move |random| {
            json(text(PARTS, |_| format!("\"{:x}\",", random.below(1 << 16))))
        }),
        Case::new("members", move |random| {
            let inner = text(PARTS, |i| format!("\"{i:x}\":\"{}\",", random.below(100)));
            Request::post("application/json", [b"{".as_slice(), &inner, b"\"z\":1}"].concat())
        }),
        Case::new("short cookies", move |random| {
            cookies(text(HEAD_PARTS, |i| format!("c{i:x}={:x}; ", random.below(1 << 12))))
        }),
        Case::new("many short cookies", move |random| {
            cookies(text(PARTS, |i| format!("c{i:x}={:x}; ", random.below(1 << 12))))
        }),
        Case::new("short header lines", move |random| {
            (0..HEAD_PARTS).fold(Request::get("/"), |request, i| {
                request.header(&format!("X-{i}"), format!("{:x}", random.below(1 << 20)))
            })
        }),
    ]
}
