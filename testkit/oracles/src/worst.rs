//! Requests made to be slow: the worst that a request within the limits can cost.
//!
//! Values are made from the patterns of a rule set itself ([`patterns`], [`pattern::values`]) and from shapes that are
//! known to hurt scanners ([`shapes`]); [`structures`] are bodies and heads whose cost is in their parts; [`hostile`] sets
//! them beside what is ordinary.

pub mod hostile;
pub mod pattern;
pub mod shapes;
pub mod structures;

use crate::drive::{Request, request_phases};
use portcullis_waf_engine::{RuleSet, Transaction, TransactionId};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Every distinct `@rx` pattern of the embedded Core Rule Set's request rules, or of those of responses.
pub fn patterns(responses: bool) -> Vec<String> {
    let package =
        portcullis_waf_rulesets::embedded().expect(portcullis_waf_rulesets::HOW_TO_BRING_ONE);
    let mut patterns = BTreeSet::new();
    for file in package.files.iter().filter(|file| file.path.contains("RESPONSE-") == responses) {
        let text = String::from_utf8_lossy(&file.content);
        for line in text.lines().filter(|line| !line.trim_start().starts_with('#')) {
            if let Some((_, rest)) = line.split_once("@rx ") {
                patterns.insert(argument(rest));
            }
        }
    }
    patterns.into_iter().collect()
}

/// The text up to the first quote that is not escaped, its escaped quotes made plain.
fn argument(rest: &str) -> String {
    let mut out = String::new();
    let mut chars = rest.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => break,
            '\\' => match chars.next() {
                Some('"') => out.push('"'),
                Some(next) => out.extend(['\\', next]),
                None => out.push('\\'),
            },
            _ => out.push(c),
        }
    }
    out
}

/// One argument of a form: `value` with as little escaped as keeps it one value, cut so that the body has at most
/// `size` bytes.
pub fn form(value: &[u8], size: usize) -> Request {
    let mut body = b"text=".to_vec();
    for byte in value {
        match byte {
            b'%' | b'&' | b'+' => body.extend_from_slice(format!("%{byte:02x}").as_bytes()),
            _ => body.push(*byte),
        }
        if body.len() + 3 > size {
            break;
        }
    }
    Request::post("application/x-www-form-urlencoded", body)
}

/// Nanoseconds of this thread's CPU time that the request phases take; the best of `runs`.
pub fn cost(rules: &Arc<RuleSet>, request: &Request, runs: usize) -> u64 {
    let once = || {
        let began = cpu_nanoseconds();
        let mut tx = Transaction::new(Arc::clone(rules), TransactionId::from(7_u128));
        let _interruption = std::hint::black_box(request_phases(&mut tx, request));
        drop(tx);
        cpu_nanoseconds() - began
    };
    (0..runs.max(1)).map(|_| once()).min().unwrap_or(0)
}

fn cpu_nanoseconds() -> u64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}
