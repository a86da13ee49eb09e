//! `FULL_REQUEST`: the request as one text, made only for rule sets that look at it.

use crate::limits::MAX_FULL_REQUEST_BYTES;
use crate::ruleset::RuleSet;
use crate::transaction::bag::Bag;
use crate::transaction::state::State;
use crate::variable::Variable;

impl State {
    /// Request line, headers, an empty line, and the body as far as it is known.
    pub(super) fn full_request(&mut self, rules: &RuleSet, body: &[u8]) {
        if !rules.names(Variable::FullRequest) {
            return;
        }
        let mut text = Vec::with_capacity(self.head_bytes + 2 + body.len());
        text.extend_from_slice(self.bytes(Variable::RequestLine));
        text.extend_from_slice(b"\r\n");
        for header in self.bags.get(Bag::RequestHeaders) {
            text.extend_from_slice(self.values.get(header.key));
            text.extend_from_slice(b": ");
            text.extend_from_slice(self.values.get(header.value));
            text.extend_from_slice(b"\r\n");
        }
        text.extend_from_slice(b"\r\n");
        text.extend_from_slice(body);
        if text.len() > MAX_FULL_REQUEST_BYTES {
            text.truncate(MAX_FULL_REQUEST_BYTES);
            self.set_number(Variable::InboundDataError, 1);
        }
        self.set(Variable::FullRequest, &text);
    }
}
