//! Who watches a value, by where it stands: an exchange goes through its values once and asks for each of them all watches
//! together.

use crate::meta::Phase;
use crate::plan::guards::Watch;
use crate::program::{Selector, Target};
use crate::transaction::Bag;
use crate::variable::{Kind, Variable};
use crate::view::Views;

/// The watches of a phase, by where their values stand.
#[derive(Debug, Default)]
pub(crate) struct Rosters {
    pub(crate) singles: Box<[Single]>,
    pub(crate) bags: Box<[Roster]>,
}

/// Watches of a variable without keys.
#[derive(Debug)]
pub(crate) struct Single {
    pub(crate) variable: Variable,
    pub(crate) side: Side,
}

/// Watches of the entries of a collection.
#[derive(Debug)]
pub(crate) struct Roster {
    pub(crate) bag: Bag,
    pub(crate) values: Side,
    pub(crate) names: Side,
}

/// Watches of the same values.
#[derive(Debug, Default)]
pub(crate) struct Side {
    /// Phase and variable or collection: different for each side of a plan.
    pub(crate) list: u32,
    /// Positions among the watches of the phase.
    pub(crate) watches: Vec<u32>,
    /// Whether patterns tell its keys apart.
    pub(crate) by_pattern: bool,
}

impl Rosters {
    pub(super) fn new(watches: &[Watch], views: &Views, phase: Phase) -> Self {
        let mut all = Building { phase: phase.index() as u32, ..Building::default() };
        for (at, watch) in watches.iter().enumerate() {
            if let Some(target) = views.target(watch.view) {
                all.enter(at as u32, target);
            }
        }
        Self { singles: all.singles.into(), bags: all.bags.into() }
    }
}

/// Beside the position of the phase in the number of a list.
const PHASE_BIT: u32 = 16;
/// Tells collections from variables.
const BAG_BIT: u32 = 15;

#[derive(Default)]
struct Building {
    phase: u32,
    singles: Vec<Single>,
    bags: Vec<Roster>,
}

impl Building {
    fn enter(&mut self, watch: u32, target: &Target) {
        match target.variable.kind() {
            Kind::Single => self.single(target.variable).watches.push(watch),
            Kind::Collection | Kind::Names => {
                for bag in Bag::of(target.variable) {
                    let names = target.variable.kind() == Kind::Names;
                    let roster = self.roster(*bag);
                    let side = if names { &mut roster.names } else { &mut roster.values };
                    side.watches.push(watch);
                    side.by_pattern |= std::iter::once(&target.selector)
                        .chain(&*target.except)
                        .any(|selector| matches!(selector, Selector::Regex(_)));
                }
            }
        }
    }

    fn single(&mut self, variable: Variable) -> &mut Side {
        let at = self.singles.iter().position(|single| single.variable == variable);
        let at = at.unwrap_or_else(|| {
            let list = self.phase << PHASE_BIT | variable.index() as u32;
            self.singles.push(Single { variable, side: Side { list, ..Side::default() } });
            self.singles.len() - 1
        });
        &mut self.singles[at].side
    }

    fn roster(&mut self, bag: Bag) -> &mut Roster {
        let at = self.bags.iter().position(|roster| roster.bag == bag);
        let at = at.unwrap_or_else(|| {
            let list = self.phase << PHASE_BIT | 1 << BAG_BIT | (bag.index() as u32) << 1;
            let side = |list: u32| Side { list, ..Side::default() };
            self.bags.push(Roster { bag, values: side(list), names: side(list | 1) });
            self.bags.len() - 1
        });
        &mut self.bags[at]
    }
}
