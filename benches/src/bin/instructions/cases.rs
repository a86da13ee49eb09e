//! What is counted.

use std::hint::black_box;
use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue, Method, Version};
use portcullis_benches::waf::request::Request;
use portcullis_benches::waf::shapes::SHAPES;
use portcullis_canonical::{Policy, RawHead, canonicalise};
use portcullis_config::Route;
use portcullis_matching::{Query, RouteTable};
use portcullis_waf_engine::{CompileOptions, RuleSet, Sources};
use portcullis_waf_rulesets::embedded;

/// Something that is run many times.
pub(crate) struct Case {
    /// Runs it as often as [`names`] says.
    pub(crate) pass: Box<dyn FnMut()>,
}

/// Levels and shapes of the engine that are counted.
fn engine_cases() -> Vec<(u8, &'static str)> {
    let mut all: Vec<(u8, &str)> = SHAPES.iter().map(|shape| (1, shape.file)).collect();
    all.push((4, "get-2"));
    all
}

/// Requests of a pass through the engine. The next pass runs other ones: the engine remembers values that come again, and
/// what is a request's own must not.
const REQUESTS: usize = 64;

/// How often a pass runs what is not the engine.
const SMALL: u64 = 100;

/// The names of the cases, in order, with the calls in a pass.
pub(crate) fn names() -> Vec<(String, u64)> {
    let engine = engine_cases()
        .into_iter()
        .map(|(level, file)| (format!("engine, PL{level}, {file}"), REQUESTS as u64));
    let small =
        ["canonical, 10 headers", "matching, 1000 routes"].map(|name| (name.to_owned(), SMALL));
    engine.chain(small).collect()
}

/// The cases in the order of [`names`], for so many passes.
pub(crate) fn cases(passes: usize) -> Vec<Case> {
    let (one, four) = (rules(1), rules(4));
    let mut all: Vec<Case> = engine_cases()
        .into_iter()
        .map(|(level, file)| {
            let shape = SHAPES.iter().find(|shape| shape.file == file).unwrap();
            let rules = Arc::clone(if level == 1 { &one } else { &four });
            engine(rules, shape.first((REQUESTS * passes) as u64))
        })
        .collect();
    all.push(canonical());
    all.push(matching());
    all
}

fn rules(level: u8) -> Arc<RuleSet> {
    let package = embedded().expect(portcullis_waf_rulesets::HOW_TO_BRING_ONE);
    let settings = format!(
        "SecRuleEngine On\nSecResponseBodyAccess Off\n\
         SecAction \"id:900000,phase:1,pass,t:none,nolog,setvar:tx.blocking_paranoia_level={level}\"\n"
    );
    let files = package.files.iter().map(|file| (file.path.clone(), file.content.clone()));
    let sources = Sources::new("instructions.conf", package.entry(&settings)).with_files(files);
    RuleSet::compile(&sources, &CompileOptions::default()).unwrap()
}

fn engine(rules: Arc<RuleSet>, requests: Vec<Request>) -> Case {
    let mut ran = 0;
    let pass = move || {
        for request in requests.iter().skip(ran).take(REQUESTS) {
            ran += 1;
            black_box(request.through(&rules, ran as u128).is_some());
        }
    };
    Case { pass: Box::new(pass) }
}

fn headers() -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("host", HeaderValue::from_static("shop5.example.com"));
    for number in 1..10 {
        let name = HeaderName::from_bytes(format!("x-header-{number}").as_bytes()).unwrap();
        headers.insert(name, HeaderValue::from_static("some ordinary value; q=0.8"));
    }
    headers
}

fn head(headers: &HeaderMap) -> RawHead<'_> {
    RawHead {
        method: &Method::GET,
        target: b"/catalogue/items?page=2&sort=price",
        authority: None,
        version: Version::HTTP_11,
        headers,
        tls: false,
    }
}

fn canonical() -> Case {
    let (policy, headers) = (Policy::default(), headers());
    let pass =
        move || (0..SMALL).for_each(|_| drop(black_box(canonicalise(&head(&headers), &policy))));
    Case { pass: Box::new(pass) }
}

fn matching() -> Case {
    let routes: Vec<Route> = (0..1_000)
        .map(|number| {
            let host = format!("shop{}.example.com", number / 2);
            let prefix = if number % 2 == 0 { "/catalogue" } else { "/" };
            let written = serde_json::json!({
                "name": format!("r{number}"), "hosts": [host], "match": { "path": { "prefix": prefix } }, "cluster": "c",
            });
            serde_json::from_value(written).unwrap()
        })
        .collect();
    let table = RouteTable::new(routes.iter().enumerate()).unwrap();
    let headers = headers();
    let canonical = canonicalise(&head(&headers), &Policy::default()).unwrap();
    let pass = move || {
        for _ in 0..SMALL {
            let query = Query {
                host: &canonical.host,
                path: &canonical.path,
                method: &Method::GET,
                headers: &headers,
            };
            assert_eq!(black_box(table.find(&query)), Some(10));
        }
    };
    Case { pass: Box::new(pass) }
}
