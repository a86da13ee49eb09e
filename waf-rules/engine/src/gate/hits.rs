//! Which groups of literals a value was found to have.

use crate::gate::tail::Tail;
use crate::limits::{MAX_GATE_CHECKS_PER_BYTE, MIN_GATE_CHECKS};

/// Places of long values that are remembered, a power of two.
const PLACES: usize = 1024;

/// A place of a value as far as literals are concerned: what stands before it, as a tail, and what stands beside that,
/// in lower case as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Place {
    pub(super) tail: Tail,
    /// The byte before the tail.
    pub(super) before: u8,
    /// The byte behind the place.
    pub(super) after: u8,
}

/// Kept from scan to scan: what is of an earlier scan has another number.
#[derive(Debug, Default)]
pub(crate) struct Hits {
    /// Number of the scan.
    scan: u32,
    /// By match state: the scan that found all its groups.
    states: Vec<u32>,
    /// By group: the scan that found it.
    groups: Vec<u32>,
    found: Vec<u32>,
    /// Places that were looked at, with their scans.
    places: Vec<(Place, u32)>,
    checks: usize,
}

impl Hits {
    /// Makes room for match states and groups, and forgets what was found.
    pub(super) fn begin(&mut self, states: usize, groups: usize, bytes: usize) {
        if self.states.len() < states {
            self.states.resize(states, 0);
        }
        if self.groups.len() < groups {
            self.groups.resize(groups, 0);
        }
        self.found.clear();
        self.checks =
            bytes.saturating_mul(MAX_GATE_CHECKS_PER_BYTE).saturating_add(MIN_GATE_CHECKS);
        self.scan = self.scan.wrapping_add(1);
        if self.scan == 0 {
            self.states.fill(0);
            self.groups.fill(0);
            self.places.clear();
            self.scan = 1;
        }
    }

    /// Whether a place was not looked at yet; texts say most things more than once. Now it is.
    #[inline]
    pub(super) fn is_new(&mut self, place: Place) -> bool {
        if self.places.is_empty() {
            self.places.resize(PLACES, (Place::default(), 0));
        }
        let mixed =
            (place.tail ^ Tail::from(place.after) << 56).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let seen = (place, self.scan);
        match self.places.get_mut((mixed >> 32) as usize % PLACES) {
            Some(known) if *known == seen => false,
            Some(known) => {
                *known = seen;
                true
            }
            None => true,
        }
    }

    /// Whether all groups of a match state were found.
    #[inline]
    pub(super) fn is_done(&self, state: usize) -> bool {
        self.states.get(state) == Some(&self.scan)
    }

    pub(super) fn set_done(&mut self, state: usize) {
        if let Some(place) = self.states.get_mut(state) {
            *place = self.scan;
        }
    }

    #[inline]
    pub(super) fn contains(&self, group: u32) -> bool {
        self.groups.get(group as usize) == Some(&self.scan)
    }

    pub(super) fn insert(&mut self, group: u32) {
        if let Some(place) = self.groups.get_mut(group as usize) {
            *place = self.scan;
        }
        self.found.push(group);
    }

    /// Counts a check; false where there are none left.
    #[inline]
    pub(super) fn may_check(&mut self) -> bool {
        self.checks = self.checks.saturating_sub(1);
        self.checks > 0
    }

    #[inline]
    pub(super) fn found(&self) -> &[u32] {
        &self.found
    }
}
