//! Both engines with the same rules.

use std::sync::OnceLock;

use crate::exchange::Exchange;
use crate::explain::{Explained, Kept, explain};
use crate::ours::Ours;
use crate::reference::Reference;
use crate::rules::RuleText;
use crate::statement::Statements;
use crate::verdict::Difference;

/// Both engines, and the reference engine once more in a form that tells what it matched.
pub struct Engines {
    ours: Ours,
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
    pub fn new(text: &RuleText) -> Result<Engines, String> {
        let of = |who: &str, error: String| format!("{who} refuses the rules: {error}");
        Ok(Engines {
            ours: Ours::new(text).map_err(|error| of("this engine", error))?,
            reference: Reference::new(text).map_err(|error| of("the reference engine", error))?,
            talkative: OnceLock::new(),
            text: text.clone(),
            statements: Statements::read(text),
        })
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
