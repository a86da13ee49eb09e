//! Gates that several rule sets ask.
//!
//! What a gate is built for does not depend on which rules a route leaves out: rules that were removed count as well. So
//! routes that are tuned differently find the same gate, and the patterns of a route's own rules come in a small part
//! beside it. A gate that knows more than a rule set needs only admits what nobody asks for.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use regex_syntax::hir::Hir;

use crate::gate::{Content, Gate, Input, Part, Scopes};
use crate::limits::{MAX_NEEDLESS_MATCHERS, MAX_OWN_MATCHERS};
use crate::operator::{Matcher, MatcherKey};
use crate::shared::Shared;

/// A part of a gate, and whom it serves.
#[derive(Debug)]
pub(crate) struct SharedPart {
    pub(crate) part: Part,
    /// Their keys are theirs as long as they are kept.
    wanted: Wanted,
}

/// Patterns and lists in the order of their numbers, with the scopes they are looked for in.
#[derive(Debug, Default, Clone)]
pub(crate) struct Wanted {
    list: Vec<(Matcher, Scopes)>,
    numbers: HashMap<MatcherKey, u32>,
}

impl Wanted {
    pub(crate) fn add(&mut self, matcher: Matcher, scopes: Scopes) {
        let next = u32::try_from(self.list.len()).unwrap_or(u32::MAX);
        let number = *self.numbers.entry(matcher.key()).or_insert(next);
        if number == next {
            self.list.push((matcher, Scopes::default()));
        }
        if let Some((_, known)) = self.list.get_mut(number as usize) {
            known.union(scopes);
        }
    }

    pub(crate) fn number(&self, key: MatcherKey) -> Option<u32> {
        self.numbers.get(&key).copied()
    }

    fn scopes(&self, key: MatcherKey) -> Scopes {
        let known = self.number(key).and_then(|number| self.list.get(number as usize));
        known.map_or_else(Scopes::default, |(_, scopes)| *scopes)
    }

    /// Those that `other` does not look for in every scope they are looked for here.
    fn beyond<'a, 'b>(
        &'a self,
        other: &'b Self,
    ) -> impl Iterator<Item = &'a (Matcher, Scopes)> + use<'a, 'b> {
        self.list.iter().filter(|(matcher, scopes)| !scopes.are_in(other.scopes(matcher.key())))
    }

    fn inputs<'a>(
        list: impl Iterator<Item = (u32, &'a (Matcher, Scopes))>,
        tree: &impl Fn(MatcherKey) -> Option<&'a Hir>,
    ) -> Vec<Input<'a>> {
        let content = |matcher: &'a Matcher| match matcher {
            Matcher::List(list) => Content::List(&list.folded),
            Matcher::Pattern(pattern) => Content::Pattern(match tree(matcher.key()) {
                Some(tree) => Cow::Borrowed(tree),
                // It was parsed before. If it were not to be parsed again, its gate would be open.
                None => Cow::Owned(pattern.tree().unwrap_or_else(|_| Hir::empty())),
            }),
        };
        let input = |(number, (matcher, scopes)): (u32, &'a (Matcher, Scopes))| Input {
            number,
            scopes: *scopes,
            content: content(matcher),
        };
        list.map(input).collect()
    }
}

impl Shared {
    /// The gate for what rules need, and the numbers it knows that by. `removed` is what they would need as well if no
    /// rule was removed. `tree` finds syntax trees that are at hand.
    pub(crate) fn gate<'a>(
        &self,
        needed: &'a Wanted,
        removed: &'a Wanted,
        tree: impl Fn(MatcherKey) -> Option<&'a Hir>,
    ) -> (Gate, HashMap<MatcherKey, u32>) {
        let mut all = needed.clone();
        removed.list.iter().for_each(|(matcher, scopes)| all.add(matcher.clone(), *scopes));
        let shared = self.fitting(needed, &all).unwrap_or_else(|| {
            let numbered = (0_u32..).zip(&all.list);
            let part = Part::new(&Wanted::inputs(numbered, &|key| tree(key)));
            let made = Arc::new(SharedPart { part, wanted: all.clone() });
            self.gates.find_or_make(&all.list.len(), |_| false, || Arc::clone(&made))
        });
        let mut numbers = shared.wanted.numbers.clone();
        let mut next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
        let missing = needed.beyond(&shared.wanted).map(|entry| {
            let number = *numbers.entry(entry.0.key()).or_insert(next);
            next = next.max(number.saturating_add(1));
            (number, entry)
        });
        let inputs = Wanted::inputs(missing, &tree);
        let own = (!inputs.is_empty()).then(|| Part::new(&inputs));
        (Gate { shared, own, count: next as usize }, numbers)
    }

    /// The gate that fits best, where one fits: it knows little that nobody asks for and misses little.
    fn fitting(&self, needed: &Wanted, all: &Wanted) -> Option<Arc<SharedPart>> {
        let fits = |gate: Arc<SharedPart>| {
            let missing = needed.beyond(&gate.wanted).count();
            let needless = gate.wanted.beyond(all).count();
            let near = (missing + needless) * 4 <= needed.list.len();
            (near && missing <= MAX_OWN_MATCHERS && needless <= MAX_NEEDLESS_MATCHERS)
                .then_some((missing, needless, gate))
        };
        let fitting = self.gates.alive().into_iter().filter_map(fits);
        fitting.min_by_key(|(missing, needless, _)| (*missing, *needless)).map(|(.., gate)| gate)
    }
}
