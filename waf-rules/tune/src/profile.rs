//! Runs traffic through a rule set in process, every transaction a sample, to see which rules take the time.

use std::path::Path;
use std::sync::Arc;

use portcullis_waf_engine::{RuleSet, Transaction, TransactionId};

use crate::drive::phases;
use crate::ftw::upstream::{self, Answer};
use crate::ftw::wire::WireRequest;
use crate::ftw::{Suite, exchanges};
use crate::{gate, har};

/// Requests and what the upstream answers.
#[derive(Debug, Clone)]
pub struct Traffic {
    exchanges: Vec<(WireRequest, Answer)>,
}

impl Traffic {
    /// The ordinary requests that the gate against false positives knows.
    ///
    /// # Errors
    /// Says what is wrong with the list that is built in.
    pub fn ordinary() -> Result<Self, String> {
        let exchange = |request: gate::Request| {
            let request = WireRequest::parse(&request.wire());
            let answer = upstream::answer(&request, None);
            (request, answer)
        };
        Ok(Self { exchanges: gate::benign()?.into_iter().map(exchange).collect() })
    }

    /// The requests of a folder of regression tests (FTW YAML).
    ///
    /// # Errors
    /// Says which file cannot be read or which request cannot be built.
    pub fn of_tests(folder: &Path) -> Result<Self, String> {
        let suite = Suite::load(folder).map_err(|error| error.to_string())?;
        let exchanges = exchanges(&suite)?;
        Ok(Self { exchanges: exchanges.into_iter().map(|e| (e.request, e.answer)).collect() })
    }

    /// The requests of a recording (HAR 1.2), with the answers that were recorded.
    ///
    /// # Errors
    /// Says why the file cannot be read, or which entry is wrong.
    pub fn of_recording(file: &Path) -> Result<Self, String> {
        let exchanges = har::read(file)?;
        if exchanges.is_empty() {
            return Err(format!("{} has no request", file.display()));
        }
        Ok(Self { exchanges })
    }

    /// How many requests there are.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.exchanges.len()
    }

    /// Runs all of it through the rules so many times; [`RuleSet::profile`] then tells what it cost. One round before
    /// that is not counted: automata that are built while they run are then warm.
    pub fn run(&self, rules: &Arc<RuleSet>, rounds: u32) {
        for round in 0..=rounds {
            for (number, (request, answer)) in self.exchanges.iter().enumerate() {
                let id = (u128::from(round) << 64) | number as u128;
                let mut tx = Transaction::new(Arc::clone(rules), TransactionId::from(id));
                if round > 0 {
                    tx.sample();
                }
                let _verdict = phases(&mut tx, request, request.origin_form(), || answer.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use portcullis_waf_engine::{CompileOptions, RuleSet, Sources};

    use super::Traffic;

    #[test]
    fn every_request_of_every_round_is_counted() {
        let rule = r#"SecRule REQUEST_URI "@rx ." "id:1,phase:1,pass,log""#;
        let sources = Sources::new("test.conf", format!("SecRuleEngine On\n{rule}\n"));
        let rules = RuleSet::compile(&sources, &CompileOptions::default()).unwrap();
        let traffic = Traffic::ordinary().unwrap();
        assert_eq!(traffic.requests(), crate::gate::benign().unwrap().len());
        traffic.run(&rules, 2);
        let profile = rules.profile(5);
        assert_eq!(profile.transactions, 2 * traffic.requests() as u64);
        let ids: Vec<_> = profile.rules.iter().map(|rule| rule.rule.id).collect();
        assert_eq!(ids, [1]);
        let text = profile.to_string();
        assert!(text.contains("test.conf:2"), "{text}");
        assert!(text.contains("pattern without 3 certain bytes in a row"), "{text}");
    }
}
