//! Changes of headers.

use super::{Report, is_token};
use crate::{HeaderChanges, Headers};

/// Headers that frame a message or belong to one connection (RFC 9110 sections 7.6.1 and 8.6): ours alone to write.
const FRAMING: [&str; 10] = [
    "connection",
    "content-length",
    "host",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "expect",
];

pub(super) fn check(path: &str, headers: &Headers, report: &mut Report<'_>) {
    changes(&format!("{path}.request"), &headers.request, report);
    changes(&format!("{path}.response"), &headers.response, report);
    if *headers == Headers::default() {
        report.warning(path, "it changes nothing", "give `request` or `response`");
    }
}

fn changes(path: &str, changes: &HeaderChanges, report: &mut Report<'_>) {
    let set =
        changes.set.iter().map(|(header, value)| (format!("{path}.set.{header}"), header, value));
    let add =
        changes.add.iter().map(|(header, value)| (format!("{path}.add.{header}"), header, value));
    for (path, header, value) in set.chain(add) {
        name(&path, header, report);
        // RFC 9110 section 5.5: visible characters, spaces and tabs; bytes above 0x7f are allowed but mean nothing.
        if !value.bytes().all(|b| b == b'\t' || (0x20..0x7f).contains(&b)) || value.trim() != value
        {
            report.error(path, "the value of a header is one line of visible ASCII");
        }
    }
    for (index, header) in changes.remove.iter().enumerate() {
        name(&format!("{path}.remove[{index}]"), header, report);
    }
    let lower = |header: &String| header.to_ascii_lowercase();
    let set = changes.set.keys().map(|header| (format!("{path}.set.{header}"), lower(header)));
    report.unique("header", set, ToString::to_string);
}

fn name(path: &str, header: &str, report: &mut Report<'_>) {
    if !is_token(header) {
        report.error(path, format!("`{header}` is not the name of a header"));
    } else if FRAMING.contains(&header.to_ascii_lowercase().as_str()) {
        let help = match header.eq_ignore_ascii_case("host") {
            true => "use `rewrite: {host: ...}` of a route",
            false => "the gateway writes it itself",
        };
        report.error_help(path, format!("`{header}` says how a message is sent"), help);
    }
}
