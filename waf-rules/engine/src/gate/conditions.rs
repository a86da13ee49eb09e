//! Conditions: what a value must fulfil, beside having a literal, before a pattern or list is tried on it.

use crate::bits::BitSet;
use crate::gate::alphabet::Classes;
use crate::gate::hits::Hits;
use crate::limits::MAX_GATE_SETS;

/// A condition waits for one of its classes of bytes where they are at most so many; others are always looked at.
const MAX_WAITING_CLASSES: u32 = 12;

/// One alternative of one pattern or list.
#[derive(Debug, Clone, Copy)]
pub(super) struct Condition {
    pub(super) matcher: u32,
    pub(super) min_bytes: u32,
    pub(super) max_bytes: u32,
    /// The first byte is of one of these.
    pub(super) first: Classes,
    /// Sets of which the value has a byte each.
    pub(super) sets: [Classes; MAX_GATE_SETS],
    /// Where the groups of literals stand that must occur.
    pub(super) groups: (u32, u32),
}

/// What is known of a value.
#[derive(Debug, Clone, Copy)]
pub(super) struct Traits {
    pub(super) bytes: u32,
    /// Has the edge beside the classes of the bytes.
    pub(super) classes: Classes,
    pub(super) first: Classes,
}

/// The conditions of a rule set for one half of an exchange.
#[derive(Debug, Default)]
pub(super) struct Conditions {
    conditions: Vec<Condition>,
    groups: Vec<u32>,
    /// By group: the conditions that wait for it.
    by_group: Lists,
    /// By class of bytes: the conditions without literals that wait for it.
    by_class: Lists,
    /// Classes that some condition waits for.
    waited_for: Classes,
    /// Matchers that may match any value.
    always: BitSet,
    /// Conditions that wait for nothing rare.
    unbound: Vec<u32>,
}

/// Lists of numbers, one after the other.
#[derive(Debug, Default)]
struct Lists {
    starts: Vec<u32>,
    members: Vec<u32>,
}

impl Lists {
    fn new(mut pairs: Vec<(usize, u32)>, count: usize) -> Self {
        pairs.sort_unstable();
        pairs.dedup();
        let mut starts = Vec::with_capacity(count + 1);
        let mut at = 0;
        for list in 0..count {
            starts.push(u32::try_from(at).unwrap_or(u32::MAX));
            at += pairs.get(at..).unwrap_or_default().iter().take_while(|p| p.0 == list).count();
        }
        starts.push(u32::try_from(at).unwrap_or(u32::MAX));
        Self { starts, members: pairs.into_iter().map(|(_, member)| member).collect() }
    }

    #[inline]
    fn of(&self, list: usize) -> &[u32] {
        let Some([start, end]) = self.starts.get(list..list + 2) else { return &[] };
        self.members.get(*start as usize..*end as usize).unwrap_or_default()
    }
}

/// A condition before it is laid out.
pub(super) struct Draft {
    pub(super) matcher: u32,
    pub(super) min_bytes: usize,
    pub(super) max_bytes: Option<usize>,
    pub(super) first: Classes,
    /// The rarest first.
    pub(super) sets: Vec<Classes>,
    /// The rarest first.
    pub(super) groups: Vec<u32>,
}

impl Conditions {
    /// `groups` are how many there are.
    pub(super) fn new(drafts: &[Draft], groups: usize) -> Self {
        let mut all = Self::default();
        let (mut by_group, mut by_class) = (Vec::new(), Vec::new());
        let number = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        for draft in drafts {
            let index = number(all.conditions.len());
            let bounds = |start: usize, added: usize| (number(start), number(start + added));
            let condition = Condition {
                matcher: draft.matcher,
                min_bytes: number(draft.min_bytes),
                max_bytes: draft.max_bytes.map_or(u32::MAX, number),
                first: draft.first,
                sets: std::array::from_fn(|at| draft.sets.get(at).copied().unwrap_or(Classes::ANY)),
                groups: bounds(all.groups.len(), draft.groups.len()),
            };
            all.groups.extend_from_slice(&draft.groups);
            all.conditions.push(condition);
            match (draft.groups.first(), draft.sets.first()) {
                (Some(group), _) => by_group.push((*group as usize, index)),
                (None, Some(set)) if set.len() <= MAX_WAITING_CLASSES => {
                    by_class.extend(set.common(Classes::ANY).map(|class| (class, index)));
                    all.waited_for = all.waited_for.union(*set);
                }
                (None, _) if condition.is_void() => all.always.insert(draft.matcher as usize),
                (None, _) => all.unbound.push(index),
            }
        }
        all.by_group = Lists::new(by_group, groups);
        all.by_class = Lists::new(by_class, Classes::MAX + 1);
        all
    }

    /// Adds to `found` the matchers that may match a value in which the groups of `hits` occur.
    #[inline]
    pub(super) fn admitted(&self, traits: Traits, hits: &Hits, found: &mut BitSet) {
        found.union(&self.always);
        let mut look_at = |conditions: &[u32]| {
            for index in conditions {
                if let Some(condition) = self.conditions.get(*index as usize)
                    && self.admits(condition, traits, hits)
                {
                    found.insert_within(condition.matcher as usize);
                }
            }
        };
        look_at(&self.unbound);
        for class in traits.classes.common(self.waited_for) {
            look_at(self.by_class.of(class));
        }
        for group in hits.found() {
            look_at(self.by_group.of(*group as usize));
        }
    }

    #[inline]
    fn admits(&self, condition: &Condition, traits: Traits, hits: &Hits) -> bool {
        let (start, end) = condition.groups;
        traits.bytes >= condition.min_bytes
            && traits.bytes <= condition.max_bytes
            && condition.first.meets(traits.first)
            && condition.sets.iter().all(|set| set.meets(traits.classes))
            && (start == end || {
                let groups = self.groups.get(start as usize..end as usize);
                groups.unwrap_or_default().iter().all(|group| hits.contains(*group))
            })
    }
}

impl Condition {
    /// Whether every value fulfils it, the groups aside.
    fn is_void(&self) -> bool {
        let Self { min_bytes, max_bytes, first, sets, .. } = *self;
        let free = first == Classes::ANY && sets == [Classes::ANY; MAX_GATE_SETS];
        free && (min_bytes, max_bytes) == (0, u32::MAX)
    }
}
