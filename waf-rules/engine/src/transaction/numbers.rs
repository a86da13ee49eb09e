//! Comparisons of numbers that are over before any list of values is made: counts, and variables that are numbers.

use crate::operator::Operator;
use crate::pipeline::PipelineId;
use crate::program::{Link, Selector, Target};
use crate::transaction::bag::Bag;
use crate::transaction::run::Context;
use crate::transaction::state::State;
use crate::variable::Kind;

impl State {
    /// Whether a number decides, without a list of values, that the target does not match.
    #[inline]
    pub(super) fn is_ruled_out(
        &mut self,
        context: Context<'_>,
        link: &Link,
        target: &Target,
        operator: &Operator,
    ) -> bool {
        let Operator::Compare(comparison, number) = operator else { return false };
        if link.pipeline != PipelineId::NONE {
            return false;
        }
        let left = match (&target.selector, target.count) {
            (Selector::Tx(slot), true) => i64::from(self.tx.get(*slot).is_some()),
            (Selector::Tx(slot), false) => match self.tx.get(*slot) {
                Some(datum) => datum.number(&self.values),
                None => return true,
            },
            (Selector::All | Selector::Key(_) | Selector::Regex(_), counted) => {
                match (target.variable.kind(), counted) {
                    (Kind::Single, false) => self.single(target.variable).number(&self.values),
                    (Kind::Collection, true) if self.removed_targets.is_empty() => {
                        let Some(count) = self.count(target) else { return false };
                        count
                    }
                    (Kind::Single | Kind::Collection | Kind::Names, _) => return false,
                }
            }
        };
        let right = self.number(number, context.names(), &context.rule.meta);
        comparison.holds(left, right) == link.negated
    }

    /// How many entries of a collection a target means; `None` where they are not entries.
    fn count(&self, target: &Target) -> Option<i64> {
        if Bag::of(target.variable).is_empty() {
            return None;
        }
        let (variable, selector) = (target.variable, &target.selector);
        let entries = self.bags.select(variable, selector, &target.except, &self.values);
        i64::try_from(entries.count()).ok()
    }
}
