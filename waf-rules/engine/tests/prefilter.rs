//! The prefilter changes nothing: every payload of the Core Rule Set's regression tests, as query, form, JSON, XML,
//! cookie and header, at paranoia level 4, matches the same rules with and without it, also when it comes again.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use portcullis_waf_engine::{CompileOptions, RuleSet, Sources, Transaction, TransactionId};

const SETUP: &str = r#"
SecResponseBodyAccess On
SecAction "id:900000,phase:1,pass,nolog,setvar:tx.blocking_paranoia_level=4,setvar:tx.crs_validate_utf8_encoding=1,\
    setvar:tx.arg_length=400,setvar:tx.arg_name_length=100,setvar:tx.total_arg_length=64000"
"#;

fn rules(prefilter: bool) -> Arc<RuleSet> {
    let package =
        portcullis_waf_rulesets::embedded().expect(portcullis_waf_rulesets::HOW_TO_BRING_ONE);
    let sources = Sources::new("entry.conf", package.entry(SETUP))
        .with_files(package.files.iter().map(|file| (file.path.clone(), file.content.clone())));
    RuleSet::compile(&sources, &CompileOptions { prefilter, ..CompileOptions::default() }).unwrap()
}

/// No pattern of the Core Rule Set is tried step by step: all are run by automata.
#[test]
fn the_core_rule_set_is_free_of_warnings() {
    assert_eq!(rules(true).warnings(), []);
}

/// The text of every `uri:` and `data:` line of the test files, and of every header.
fn payloads() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rulesets/crs/package/tests");
    let mut files = Vec::new();
    yaml_files(&root, &mut files);
    assert!(!files.is_empty(), "{}", portcullis_waf_rulesets::HOW_TO_BRING_ONE);
    let mut payloads = std::collections::BTreeSet::new();
    for file in files {
        for line in std::fs::read_to_string(&file).unwrap().lines() {
            let Some((name, value)) = line.trim().split_once(": ") else { continue };
            if !matches!(name, "desc" | "version" | "dest_addr" | "method" | "port" | "author") {
                payloads.insert(value.trim_matches(['"', '\'']).to_owned());
            }
        }
    }
    payloads.into_iter().collect()
}

fn yaml_files(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            yaml_files(&path, files);
        } else if path.extension().is_some_and(|end| end == "yaml") {
            files.push(path);
        }
    }
}

/// Rules matched and scores, by a request that puts the payload into many places.
fn observe(rules: &Arc<RuleSet>, payload: &str, shape: usize) -> (Vec<u64>, i64, i64) {
    let home = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let mut tx = Transaction::new(Arc::clone(rules), TransactionId::from(1_u128));
    tx.connection(home, 1, home, 80);
    let uri = if payload.starts_with('/') { payload.to_owned() } else { format!("/?q={payload}") };
    tx.request_line(b"POST", uri.as_bytes(), uri.as_bytes(), b"HTTP/1.1");
    tx.request_header(b"Host", b"localhost");
    tx.request_header(b"User-Agent", payload.as_bytes());
    tx.request_header(b"Cookie", format!("c={payload}").as_bytes());
    let json = format!("{{\"k\":{payload:?}}}");
    let xml = format!("<a b=\"x\">{payload}</a>");
    let (kind, body) = match shape % 4 {
        0 => ("application/x-www-form-urlencoded", payload),
        1 => ("application/json", json.as_str()),
        2 => ("text/xml", xml.as_str()),
        _ => ("text/plain", payload),
    };
    tx.request_header(b"Content-Type", kind.as_bytes());
    assert!(tx.request_headers_done().is_none(), "only detecting");
    assert!(tx.request_body(body.as_bytes(), true).is_none(), "only detecting");
    tx.response_head(200, b"HTTP/1.1");
    tx.response_header(b"Content-Type", b"text/html");
    assert!(tx.response_headers_done().is_none(), "only detecting");
    assert!(tx.response_body(payload.as_bytes(), true).is_none(), "only detecting");
    tx.logging();
    let ids = tx.matches().iter().map(|found| found.rule.id).collect();
    (ids, tx.score().inbound, tx.score().outbound)
}

#[test]
fn the_prefilter_is_not_seen() {
    let (gated, plain) = (rules(true), rules(false));
    let payloads = payloads();
    assert!(payloads.len() > 3_000, "{} payloads", payloads.len());
    let mut matched = 0;
    for (shape, payload) in payloads.iter().enumerate() {
        let with = observe(&gated, payload, shape);
        assert_eq!(with, observe(&plain, payload, shape), "{payload}");
        assert_eq!(with, observe(&gated, payload, shape), "{payload} again");
        matched += with.0.len();
    }
    assert!(matched > 10 * payloads.len() / 2, "{matched} matches: the rule set did not work");
}
