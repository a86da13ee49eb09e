//! Links that are tried when a value is looked at, not when their rule is asked: their outcome depends on the value alone,
//! so it is remembered with the value.

use crate::compile::Compiled;
use crate::operator::Operator;
use crate::pipeline::PipelineId;
use crate::plan::fold::Step;
use crate::plan::foretell::Foretold;
use crate::program::{Link, Number, Rule};
use crate::variable::Kind;

/// A link that is tried on each value of a view.
#[derive(Debug, Clone)]
pub(crate) struct Trial {
    /// Position of the rule.
    pub(crate) rule: u32,
    /// Its link.
    pub(crate) link: u32,
    /// Of a text test.
    pub(crate) argument: Box<[u8]>,
    /// The link after it as well.
    pub(crate) foretold: Option<Foretold>,
}

impl Trial {
    /// `None` where more than the value decides, or where a look at the gate is cheaper.
    pub(super) fn of_link(step: &Step, number: usize, link: &Link) -> Option<Self> {
        let operator = link.operator.as_ref()?;
        let argument = match operator {
            Operator::Text(..) => step.arguments.get(number)?.clone()?,
            Operator::Compare(_, Number::Literal(_)) => {
                // A number is compared sooner than remembered.
                let plain = link.pipeline == PipelineId::NONE && link.stages.is_empty();
                (!plain).then(Box::default)?
            }
            Operator::IpMatch(_) | Operator::UrlEncoding | Operator::Utf8Encoding => Box::default(),
            Operator::Rx(_)
            | Operator::RxGlobal(_)
            | Operator::Identifier(_)
            | Operator::Pm(_)
            | Operator::ByteRange(_)
            | Operator::Sqli
            | Operator::Xss => link.negated.then(Box::default)?,
            Operator::Backtracking(_)
            | Operator::Geo(_)
            | Operator::RestPath(_)
            | Operator::Schema(_)
            | Operator::Compare(..)
            | Operator::Always
            | Operator::Never => return None,
        };
        let (rule, link) = (step.rule, u32::try_from(number).ok()?);
        Some(Self { rule, link, argument, foretold: None })
    }

    /// A trial of a later link, where it is sure to cost little.
    pub(super) fn of_later(
        program: &Compiled,
        step: &Step,
        (number, link): (usize, &Link),
    ) -> Option<Self> {
        let single = |view: &crate::view::ViewId| {
            let target = program.views.target(*view);
            target.is_some_and(|target| target.variable.kind() == Kind::Single)
        };
        let cheap = matches!(link.operator, Some(Operator::Text(..)))
            && link.views.as_ref().is_some_and(|views| views.iter().all(single));
        if cheap { Self::of_link(step, number, link) } else { None }
    }

    /// The link that is tried.
    pub(crate) fn tried<'r>(&self, rules: &'r [Rule]) -> Option<&'r Link> {
        rules.get(self.rule as usize)?.links.get(self.link as usize)
    }
}
