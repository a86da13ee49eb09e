//! Header lines of a response, as they came. Hardly a rule looks at them before the body of the response is inspected, so
//! they become values of the exchange only when a phase runs whose rules do.

use crate::limits::{MAX_HEADERS, MAX_IDLE_WORKSPACE_BYTES};
use crate::meta::Phase;
use crate::ruleset::RuleSet;
use crate::transaction::bag::Bag;
use crate::transaction::state::State;

/// See the module. At most [`MAX_HEADERS`] lines are kept.
#[derive(Debug, Default)]
pub(crate) struct ResponseLines {
    /// Name and value, one line after the other.
    bytes: Vec<u8>,
    lines: Vec<Line>,
    /// How many lines rules have been shown.
    shown: usize,
}

/// Where a line stands.
#[derive(Debug, Clone, Copy)]
struct Line {
    start: usize,
    middle: usize,
    end: usize,
}

impl ResponseLines {
    pub(crate) fn reset(&mut self) {
        self.bytes.clear();
        self.lines.clear();
        self.shown = 0;
    }

    /// Whether what is kept for the next transaction is little enough.
    pub(crate) fn is_small(&self) -> bool {
        self.bytes.capacity() <= MAX_IDLE_WORKSPACE_BYTES
    }

    pub(super) fn push(&mut self, name: &[u8], value: &[u8]) {
        if self.lines.len() >= MAX_HEADERS {
            return;
        }
        let start = self.bytes.len();
        self.bytes.extend_from_slice(name);
        let middle = self.bytes.len();
        self.bytes.extend_from_slice(value);
        self.lines.push(Line { start, middle, end: self.bytes.len() });
    }

    /// All lines in order, name and value.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.lines.iter().map(|line| {
            let part = |from, to| self.bytes.get(from..to).unwrap_or_default();
            (part(line.start, line.middle), part(line.middle, line.end))
        })
    }
}

impl State {
    /// Makes the header lines of the response values of the exchange, where rules of this phase look at them.
    pub(super) fn show_response_lines(&mut self, rules: &RuleSet, phase: Phase) {
        let looked_at = rules.program.response_lines.get(phase.index()).is_some_and(|looks| *looks);
        if !looked_at || self.response.shown == self.response.lines.len() {
            return;
        }
        let mut response = std::mem::take(&mut self.response);
        for (name, value) in response.iter().skip(response.shown) {
            self.add(rules, Bag::ResponseHeaders, name, value);
        }
        response.shown = response.lines.len();
        self.response = response;
    }
}
