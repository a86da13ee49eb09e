//! Both engines with the same rules, and this engine in two ways: with its prefilter, and trying every rule on every value.

use std::sync::OnceLock;

use crate::exchange::Exchange;
use crate::explain::{Explained, Kept, explain};
use crate::ours::Ours;
use crate::reference::Reference;
use crate::rules::RuleText;
use crate::statement::Statements;
use crate::verdict::Difference;

/// In which ways this engine runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Prefilter {
    /// As gateways have it.
    On,
    /// Every rule is tried on every value.
    Off,
    /// Both, compared with each other; one of them is compared with the reference engine.
    Both,
}

/// Both engines, and the reference engine once more in a form that tells what it matched.
pub struct Engines {
    ours: Ours,
    /// The other way of this engine, where both are run.
    other: Option<Ours>,
    reference: Reference,
    talkative: OnceLock<Reference>,
    text: RuleText,
    /// The text of each rule.
    pub statements: Statements,
}

impl Engines {
    /// Compiles `text` in both.
    ///
    /// # Errors
    /// Which engine refused the rules, and why.
    pub fn new(text: &RuleText, prefilter: Prefilter) -> Result<Engines, String> {
        let of = |who: &str, error: String| format!("{who} refuses the rules: {error}");
        let ours = |prefilter| Ours::new(text, prefilter).map_err(|error| of("this engine", error));
        Ok(Engines {
            ours: ours(prefilter != Prefilter::Off)?,
            other: if prefilter == Prefilter::Both { Some(ours(false)?) } else { None },
            reference: Reference::new(text).map_err(|error| of("the reference engine", error))?,
            talkative: OnceLock::new(),
            text: text.clone(),
            statements: Statements::read(text),
        })
    }

    /// What the prefilter changes on an exchange: the verdict, or else which values each rule matched. `None` also where
    /// this engine runs in one way only.
    pub fn prefilter_seen(&self, exchange: &Exchange, id: u128) -> Option<String> {
        let observe = |ours: &Ours| {
            let mut kept = Kept::default();
            let verdict = ours.watched(exchange, id, |found| kept.keep(found));
            (verdict, kept)
        };
        let (with, without) = (observe(&self.ours), observe(self.other.as_ref()?));
        match with.0.difference(&without.0) {
            Some(difference) => Some(difference.to_string()),
            None if with.1 == without.1 => None,
            None => Some(format!("matched {:?} and not {:?}", with.1, without.1)),
        }
    }

    /// How the engines differ on an exchange. `id` is the transaction's in both.
    ///
    /// # Errors
    /// When the reference engine does not answer.
    pub fn difference(&self, exchange: &Exchange, id: u128) -> Result<Option<Difference>, String> {
        Ok(self.ours.run(exchange, id).difference(&self.reference.run(exchange, id)?))
    }

    /// The same with the values that made the difference.
    ///
    /// # Errors
    /// As [`Engines::difference`].
    pub fn explain(&self, exchange: &Exchange, id: u128) -> Result<Explained, String> {
        let mut kept = Kept::default();
        let here = self.ours.watched(exchange, id, |found| kept.keep(found));
        let talkative = match self.talkative.get() {
            Some(talkative) => talkative,
            None => {
                let fresh = Reference::talkative(&self.text)?;
                self.talkative.get_or_init(|| fresh)
            }
        };
        let (there, told) = talkative.told(exchange, id)?;
        Ok(explain((&here, kept), (&there, told.values), told.body_error))
    }
}
