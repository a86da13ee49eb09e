//! Phases 2 and 4: as much of a body as the rules' limits let be seen, and what follows where there is more.

use crate::ast::OnLimit;
use crate::meta::Phase;
use crate::outcome::{Disruption, Interruption};
use crate::ruleset::{EngineMode, RuleSet};
use crate::transaction::state::State;
use crate::variable::Variable;

/// Status of the answer to a request body beyond a limit.
const STATUS_REQUEST_LIMIT: u16 = 413;
/// Status of the answer where a response body is beyond a limit.
const STATUS_RESPONSE_LIMIT: u16 = 500;

impl State {
    /// Phase 2.
    pub(super) fn request_body(
        &mut self,
        rules: &RuleSet,
        body: &[u8],
        complete: bool,
    ) -> Option<Interruption> {
        let settings = &rules.program.settings;
        let on_limit = settings.request_body_on_limit;
        let bounded = self.interruption.is_none() && self.switches.request_body_access;
        let limit = if bounded { self.switches.request_body_limit } else { usize::MAX };
        let seen = body.get(..limit).unwrap_or(body);
        let cut = seen.len() < body.len();
        if cut && let Some(refusal) = self.refuse(on_limit, STATUS_REQUEST_LIMIT) {
            return Some(refusal);
        }
        let file_bytes = self.load_request_body(rules, seen, complete && !cut);
        let no_files = settings.request_body_no_files_limit.filter(|_| bounded);
        if no_files.is_some_and(|limit| seen.len().saturating_sub(file_bytes) > limit) {
            self.set_number(Variable::InboundDataError, 1);
            self.body_error("the request body without its files is larger than allowed");
            if let Some(refusal) = self.refuse(on_limit, STATUS_REQUEST_LIMIT) {
                return Some(refusal);
            }
        }
        self.run(rules, Phase::RequestBody)
    }

    /// Phase 4.
    pub(super) fn response_body(
        &mut self,
        rules: &RuleSet,
        body: &[u8],
        complete: bool,
    ) -> Option<Interruption> {
        if self.interruption.is_none() && self.switches.response_body_access {
            let seen = body.get(..self.switches.response_body_limit).unwrap_or(body);
            let cut = seen.len() < body.len();
            let on_limit = rules.program.settings.response_body_on_limit;
            if cut && let Some(refusal) = self.refuse(on_limit, STATUS_RESPONSE_LIMIT) {
                return Some(refusal);
            }
            self.load_response_body(rules, seen, complete && !cut);
        }
        self.run(rules, Phase::ResponseBody)
    }

    /// Ends the exchange for a limit, where bodies beyond it are rejected and the engine interrupts.
    fn refuse(&mut self, on_limit: OnLimit, status: u16) -> Option<Interruption> {
        if on_limit != OnLimit::Reject || self.switches.engine != EngineMode::On {
            return None;
        }
        self.interruption = Some(Interruption { status, action: Disruption::Deny, rule_id: 0 });
        self.interruption.clone()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::limits::MAX_TRANSACTION_BYTES;
    use crate::{CompileOptions, RuleSet, Sources, Transaction};

    /// Status of a transaction whose values may take so many bytes: each of the rules makes as many again.
    fn status(mode: &str, limit: usize) -> Option<u16> {
        let rules = "SecRule REQUEST_BODY|ARGS \"@contains never\" \"id:1,phase:2,deny,t:none,t:lowercase\"\n\
                     SecRule REQUEST_BODY|ARGS \"@contains never\" \"id:2,phase:2,deny,t:none,t:hexEncode\"";
        let text = format!("SecRuleEngine {mode}\nSecRequestBodyAccess On\n{rules}");
        let options = CompileOptions { prefilter: false, ..CompileOptions::default() };
        let rules = RuleSet::compile(&Sources::new("test.conf", text), &options).unwrap();
        let mut tx = Transaction::new(Arc::clone(&rules), 1_u128.into());
        assert_eq!(tx.state.values.limit, MAX_TRANSACTION_BYTES);
        tx.state.values.limit = limit;
        tx.request_header(b"Content-Type", b"application/x-www-form-urlencoded");
        assert_eq!(tx.request_headers_done(), None);
        tx.request_body(&[b"a=".as_slice(), &[b'A'; 10_000]].concat(), true).map(|by| by.status)
    }

    /// The body, the argument, both in lower case and both in twice as many digits.
    #[test]
    fn a_transaction_that_outgrows_its_memory_is_refused() {
        let needed = 8 * 10_000;
        assert_eq!(status("On", needed + 1_000), None);
        assert_eq!(status("On", needed - 1_000), Some(413));
        assert_eq!(status("DetectionOnly", needed - 1_000), None);
    }
}
