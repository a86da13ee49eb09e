//! The literals of all patterns, read from their ends: which of them end at a place of a value.

use std::collections::BTreeMap;

use crate::gate::symbols::{SymbolSet, Symbols};
use crate::gate::tail::{self, Tail};

/// A literal, or what several end with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node {
    /// What stands at the end of the value is this, as far as the mask says.
    end: Tail,
    mask: Tail,
    /// Symbols that may stand before.
    children: SymbolSet,
    /// Where the nodes of these stand, one after the other.
    first_child: u32,
    bytes: u32,
    /// The literals' outputs.
    pub(super) outputs: (u32, u32),
    /// What may stand beside the literals; nothing where there are none.
    sides: Sides,
}

#[derive(Debug)]
pub(super) struct Trie {
    nodes: Vec<Node>,
    /// By the last two symbols: the node of what ends with both, or [`NONE`].
    pairs: Vec<u32>,
    /// By the last symbol: the node of the literal of one byte, or [`NONE`].
    singles: Vec<u32>,
}

/// No node.
const NONE: u32 = u32::MAX;

/// What may stand before and after a literal.
pub(super) type Sides = (SymbolSet, SymbolSet);

/// Literals that are the same in symbols.
#[derive(Debug, Default)]
struct Growing {
    /// Of several that are the same in symbols, one.
    literal: Vec<u8>,
    children: BTreeMap<u8, Growing>,
    outputs: Vec<u32>,
    sides: Sides,
}

impl Growing {
    fn insert(&mut self, literal: &[u8], sides: Sides, output: u32, symbols: &Symbols) {
        let mut at = self;
        for (length, byte) in (1..).zip(literal.iter().rev()) {
            at = at.children.entry(symbols.of(*byte)).or_default();
            if at.literal.is_empty() {
                at.literal = literal.get(literal.len() - length..).unwrap_or_default().to_vec();
            }
        }
        at.outputs.push(output);
        at.sides = (at.sides.0 | sides.0, at.sides.1 | sides.1);
    }

    /// Where there is only one way on, it is gone at once.
    fn shortened(mut self) -> Self {
        while self.outputs.is_empty() && self.children.len() == 1 {
            let Some((_, only)) = self.children.pop_first() else { break };
            self = only;
        }
        self
    }
}

impl Trie {
    /// Literals, each with an output. The outputs in the order of the nodes they belong to are the second result.
    pub(super) fn new(literals: &[(Vec<u8>, Sides)], symbols: &Symbols) -> (Self, Vec<u32>) {
        let mut root = Growing::default();
        for (output, (literal, sides)) in (0..).zip(literals) {
            root.insert(literal, *sides, output, symbols);
        }
        let mut trie = Self {
            nodes: Vec::new(),
            pairs: vec![NONE; 1 << (2 * Symbols::BITS)],
            singles: vec![NONE; 1 << Symbols::BITS],
        };
        let mut level = Vec::new();
        for (last, mut single) in root.children {
            let start = usize::from(last) << Symbols::BITS;
            let pairs = std::mem::take(&mut single.children);
            if !single.outputs.is_empty()
                && let Some(place) = trie.singles.get_mut(usize::from(last))
            {
                *place = number(level.len());
                level.push(single);
            }
            for (before, pair) in pairs {
                if let Some(place) = trie.pairs.get_mut(start | usize::from(before)) {
                    *place = number(level.len());
                }
                level.push(pair.shortened());
            }
        }
        let outputs = trie.fill(level, symbols);
        (trie, outputs)
    }

    /// Level by level: the children of a node stand beside one another.
    fn fill(&mut self, mut level: Vec<Growing>, symbols: &Symbols) -> Vec<u32> {
        let mut outputs = Vec::new();
        let mut next_child = level.len();
        while !level.is_empty() {
            let mut next = Vec::new();
            for node in level {
                let start = number(outputs.len());
                // Where several bytes are one symbol, the outputs tell them apart.
                let own = |byte: &u8| if symbols.is_own(*byte) { u8::MAX } else { 0 };
                let mask: Vec<u8> = node.literal.iter().map(own).collect();
                let mask = tail::of_literal(&mask);
                outputs.extend_from_slice(&node.outputs);
                self.nodes.push(Node {
                    end: tail::of_literal(&node.literal) & mask,
                    mask,
                    children: node.children.keys().fold(0, |all, symbol| all | 1 << symbol),
                    first_child: number(next_child),
                    bytes: number(node.literal.len()),
                    outputs: (start, number(outputs.len())),
                    sides: node.sides,
                });
                next_child += node.children.len();
                next.extend(node.children.into_values().map(Growing::shortened));
            }
            level = next;
        }
        outputs
    }

    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Calls `hit` with each node that has literals which end before `end`, where the neighbours are not known to be
    /// wrong, with its number and with where its literals begin.
    #[inline]
    pub(super) fn ending(
        &self,
        value: &[u8],
        end: usize,
        symbols: &Symbols,
        mut hit: impl FnMut(&Node, usize, usize),
    ) {
        let found = tail::before(value, end);
        let after = symbols.at(value, Some(end));
        let mut look = |number: u32| {
            let node = self.nodes.get(number as usize)?;
            if found & node.mask != node.end {
                return None;
            }
            let start = end.checked_sub(node.bytes as usize)?;
            let before = symbols.at(value, start.checked_sub(1));
            if node.sides.1 >> after & 1 != 0 && node.sides.0 >> before & 1 != 0 {
                hit(node, number as usize, start);
            }
            Some(node.child(before))
        };
        let last = symbols.at(value, end.checked_sub(1));
        let single = self.singles.get(usize::from(last)).copied().unwrap_or(NONE);
        if single != NONE {
            look(single);
        }
        let second = symbols.at(value, end.checked_sub(2));
        let pair = usize::from(last) << Symbols::BITS | usize::from(second);
        let mut at = self.pairs.get(pair).copied().unwrap_or(NONE);
        while at != NONE {
            at = look(at).unwrap_or(NONE);
        }
    }
}

impl Node {
    #[inline(always)]
    fn child(&self, symbol: u8) -> u32 {
        let earlier = self.children & ((1 << symbol) - 1);
        match self.children >> symbol & 1 {
            0 => NONE,
            _ => self.first_child + earlier.count_ones(),
        }
    }
}

fn number(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(NONE)
}
