//! One line of the WAF log: an exchange in which rules of a rule set matched.

use std::net::IpAddr;

use crate::clock::Timestamp;
use crate::json::Object;
use crate::redact::{REDACTED, Redactor};

/// Most bytes of a path or of a rule's message and data in a line.
const TEXT_BYTES_MAX: usize = 2048;

/// Most bytes of a matched value in a line.
const VALUE_BYTES_MAX: usize = 512;

/// Most matches in a line; `matches_total` tells how many there were.
const MATCHES_MAX: usize = 64;

/// Most tags of a match in a line.
const TAGS_MAX: usize = 32;

/// What became of the exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WafAction {
    /// It was stopped.
    Blocked,
    /// It went on, as no rule asked to stop it or the rule set only detects.
    Detected,
}

impl WafAction {
    /// As in the line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Blocked => "blocked",
            Self::Detected => "detected",
        }
    }
}

/// The anomaly scores of an exchange and the scores from which it is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Scores {
    /// Score of the request.
    pub inbound: u64,
    /// Threshold of the request.
    pub inbound_threshold: u64,
    /// Score of the response.
    pub outbound: u64,
    /// Threshold of the response.
    pub outbound_threshold: u64,
}

/// A rule that matched.
#[derive(Debug, Clone)]
pub struct WafMatch<'a> {
    /// Id of the rule.
    pub rule: u64,
    /// Expanded `msg`.
    pub message: &'a [u8],
    /// Whether `message` says something else than the rule's text, so that it may quote the exchange.
    pub expanded: bool,
    /// Expanded `logdata`.
    pub data: &'a [u8],
    /// Name of the severity, lower case; empty for none.
    pub severity: &'a str,
    /// Phase of the rule, 1 to 5.
    pub phase: u8,
    /// Tags of the rule.
    pub tags: &'a [&'a str],
    /// File the rule stands in.
    pub file: &'a str,
    /// Line of the rule in its file.
    pub line: u32,
    /// Whether its texts may quote what is hidden: one of the values it matched is.
    pub quotes_hidden: bool,
    /// Collection of the matched variable: `ARGS`.
    pub variable: &'a str,
    /// Its key within the collection; empty for none.
    pub key: &'a [u8],
    /// Where in the inspected value the match begins, in bytes.
    pub offset: Option<usize>,
    /// Length of the match, in bytes.
    pub length: Option<usize>,
    /// The inspected value, or the part around the match.
    pub value: &'a [u8],
}

/// An exchange in which rules matched.
#[derive(Debug, Clone)]
pub struct WafEvent<'a> {
    /// When the engine was done with the exchange.
    pub time: Timestamp,
    /// Number of the exchange: the event id a blocked caller sees.
    pub id: u128,
    /// Revision of the snapshot.
    pub revision: u64,
    /// Chosen route.
    pub route: &'a str,
    /// The caller.
    pub client: IpAddr,
    /// Method as received.
    pub method: &'a [u8],
    /// Canonical host.
    pub host: &'a [u8],
    /// Canonical path, without query.
    pub path: &'a [u8],
    /// What became of the exchange.
    pub action: WafAction,
    /// Status of the local reply, or of the response.
    pub status: u16,
    /// Rule that stopped the exchange.
    pub blocking_rule: Option<u64>,
    /// Scores at the end.
    pub scores: Scores,
    /// Name of the rule set in configuration.
    pub ruleset: &'a str,
    /// Its version.
    pub ruleset_version: &'a str,
    /// What matched, in the order of matching.
    pub matches: &'a [WafMatch<'a>],
}

impl WafEvent<'_> {
    /// Appends the event as one line of JSON with its line feed.
    pub fn write_line(&self, redactor: &Redactor, out: &mut Vec<u8>) {
        let mut line = Object::open(out);
        line.time("time", self.time);
        line.id("event_id", self.id);
        line.number("revision", self.revision);
        line.text("route", self.route);
        line.ip("client", self.client);
        line.bounded("method", Some(self.method), VALUE_BYTES_MAX);
        line.bounded("host", Some(self.host), VALUE_BYTES_MAX);
        line.bounded("path", Some(&redactor.plain(self.path)), TEXT_BYTES_MAX);
        line.text("action", self.action.as_str());
        line.number("status", u64::from(self.status));
        if let Some(rule) = self.blocking_rule {
            line.number("blocking_rule", rule);
        }
        self.write_scores(&mut line);
        line.text("ruleset", self.ruleset);
        line.text("ruleset_version", self.ruleset_version);
        line.number("matches_total", self.matches.len() as u64);
        let list = line.name("matches");
        list.push(b'[');
        for (at, matched) in self.matches.iter().take(MATCHES_MAX).enumerate() {
            if at > 0 {
                list.push(b',');
            }
            matched.write(redactor, list);
        }
        list.push(b']');
        line.close();
        out.push(b'\n');
    }

    fn write_scores(&self, line: &mut Object<'_>) {
        let mut scores = Object::open(line.name("scores"));
        scores.number("inbound", self.scores.inbound);
        scores.number("inbound_threshold", self.scores.inbound_threshold);
        scores.number("outbound", self.scores.outbound);
        scores.number("outbound_threshold", self.scores.outbound_threshold);
        scores.close();
    }
}

impl WafMatch<'_> {
    fn write(&self, redactor: &Redactor, out: &mut Vec<u8>) {
        let mut object = Object::open(out);
        object.number("rule", self.rule);
        // A rule's texts quote what it matched, so they are hidden with it.
        if self.quotes_hidden && !self.data.is_empty() {
            object.text("data", REDACTED);
        } else {
            object.bounded("data", Some(&redactor.text(self.data)), TEXT_BYTES_MAX);
        }
        if self.quotes_hidden && self.expanded {
            object.text("message", REDACTED);
        } else {
            object.bounded("message", Some(&redactor.text(self.message)), TEXT_BYTES_MAX);
        }
        if !self.severity.is_empty() {
            object.text("severity", self.severity);
        }
        object.number("phase", u64::from(self.phase));
        let tags = object.name("tags");
        tags.push(b'[');
        for (at, tag) in self.tags.iter().take(TAGS_MAX).enumerate() {
            if at > 0 {
                tags.push(b',');
            }
            crate::json::string(tags, tag.as_bytes());
        }
        tags.push(b']');
        object.text("file", self.file);
        object.number("line", u64::from(self.line));
        object.text("variable", self.variable);
        if !self.key.is_empty() {
            object.bounded("key", Some(&redactor.plain(self.key)), VALUE_BYTES_MAX);
        }
        if let Some(offset) = self.offset {
            object.number("offset", offset as u64);
        }
        if let Some(length) = self.length {
            object.number("length", length as u64);
        }
        let value = redactor.variable(self.variable, self.key, self.value);
        object.bounded("value", Some(&value), VALUE_BYTES_MAX);
        object.close();
    }
}

#[cfg(test)]
mod tests;
