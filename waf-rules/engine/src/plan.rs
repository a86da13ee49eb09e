//! What is left of a rule set to do for an exchange, when everything known at load is done.
//!
//! Each phase is a list of steps, and conditions on the values of views under which a step can match at all. An exchange
//! looks at each view once, marks the steps whose conditions hold, and goes through these alone.

mod fold;
mod foretell;
mod guards;
mod knowledge;
mod rosters;
mod trace;
mod trial;

pub(crate) use fold::Step;
pub(crate) use foretell::Foretold;
pub(crate) use guards::{Guards, Watch, needed_classes};
pub(crate) use rosters::Side;
pub(crate) use trial::Trial;

use crate::bits::BitSet;
use crate::compile::Compiled;
use crate::diagnostic::RuleDiagnostic;
use crate::gate::Gate;
use crate::meta::Phase;
use crate::plan::fold::{Folded, fold};
use crate::plan::knowledge::Known;
use crate::transaction::{Constant, Constants};

/// The plan of a rule set and the gate for its patterns.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) phases: [PhasePlan; 5],
    /// What `TX` holds when an exchange begins.
    pub(crate) constants: Constants,
    pub(crate) gate: Gate,
    /// Whether what values fulfil is kept for other exchanges.
    pub(crate) remembers: bool,
}

/// One phase.
#[derive(Debug)]
pub(crate) struct PhasePlan {
    pub(crate) steps: Box<[Step]>,
    pub(crate) guards: Guards,
}

impl Plan {
    /// Compiles what the steps need and nothing else.
    ///
    /// # Errors
    /// Patterns and lists that cannot be compiled.
    pub(crate) fn new(
        program: &mut Compiled,
        remembers: bool,
    ) -> Result<Self, Vec<RuleDiagnostic>> {
        let Folded { looks_back, steps, image } = fold(program);
        let mut live = BitSet::default();
        steps.iter().flatten().for_each(|step| live.insert(step.rule as usize));
        program.compile_live(&live)?;
        let gate = program.choose_gate(&live);
        let mut phase = Phase::ALL.into_iter();
        let phases = steps.map(|steps| {
            let phase = phase.next().unwrap_or(Phase::Logging);
            let guards = Guards::new(program, (phase, &steps), looks_back);
            PhasePlan { guards, steps: steps.into() }
        });
        program.seal(&live);
        let image = image.iter().map(|known| match known {
            Known::Unset | Known::Open => None,
            Known::Number(number) => Some(Constant::Number(*number)),
            Known::Text(text) => Some(Constant::Text(text)),
        });
        Ok(Self { phases, constants: Constants::new(image), gate, remembers })
    }

    /// Tells the plan from all others of the process.
    pub(crate) fn number(&self) -> u64 {
        self.constants.id
    }
}
