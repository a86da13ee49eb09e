//! What `Authorization` says of the caller, as it says it: nothing of it is verified here.

use portcullis_waf_transform::Transformation;

use crate::ruleset::RuleSet;
use crate::transaction::state::State;
use crate::variable::Variable;

impl State {
    /// `AUTH_TYPE` is the scheme as written, `REMOTE_USER` the name in Basic credentials (RFC 7617).
    pub(super) fn credentials(&mut self, rules: &RuleSet, value: &[u8]) {
        let value = value.trim_ascii();
        let end = value.iter().position(u8::is_ascii_whitespace).unwrap_or(value.len());
        let (scheme, rest) = value.split_at(end);
        if rules.names(Variable::AuthType) {
            self.set(Variable::AuthType, scheme);
        }
        if rules.names(Variable::RemoteUser) && scheme.eq_ignore_ascii_case(b"basic") {
            let encoded = rest.trim_ascii();
            let mut decoded = Vec::new();
            let changed = Transformation::Base64Decode.apply(encoded, &mut decoded);
            let decoded = if changed { &*decoded } else { encoded };
            if let Some(colon) = memchr::memchr(b':', decoded) {
                self.set(Variable::RemoteUser, decoded.get(..colon).unwrap_or_default());
            }
        }
    }
}
