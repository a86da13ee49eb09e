//! What may stand next to a part of a pattern, in any value the pattern matches.

use regex_syntax::hir::{Hir, HirKind, Look};

use crate::gate::bytes::ByteSet;

/// What may stand on one side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Side {
    pub(super) bytes: ByteSet,
    /// The value may begin or end there.
    pub(super) edge: bool,
    /// `\b` stands there.
    pub(super) boundary: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Before,
    After,
}

impl Side {
    pub(super) const ANY: Self = Self { bytes: ByteSet::ALL, edge: true, boundary: false };

    /// What stands next to a part whose byte on this side is `own`, given what the boundary says.
    pub(super) fn next_to(self, own: u8) -> Self {
        let word = ByteSet::word();
        match (self.boundary, word.contains(own)) {
            (false, _) => self,
            (true, true) => Self {
                bytes: self.bytes.intersection(word.complement()),
                edge: self.edge,
                boundary: false,
            },
            (true, false) => {
                Self { bytes: self.bytes.intersection(word), edge: false, boundary: false }
            }
        }
    }

    pub(super) fn likelihood(&self) -> f64 {
        (self.bytes.likelihood() + if self.edge { 0.1 } else { 0.0 }).min(1.0)
    }

    /// What may stand next to a part that is repeated. Behind a repetition that is empty stands what is allowed
    /// already.
    pub(super) fn or_itself(self, part: &Hir, direction: Direction) -> Self {
        let own = outermost(part, direction.opposite());
        Self { bytes: self.bytes.union(own.bytes), edge: self.edge || own.edge, boundary: false }
    }
}

impl Direction {
    const fn opposite(self) -> Self {
        match self {
            Self::Before => Self::After,
            Self::After => Self::Before,
        }
    }
}

/// What may stand next to a part of a concatenation: `nearest_first` are the other parts on that side, `outer` is what
/// may stand beyond all of them.
pub(super) fn beyond<'h>(
    nearest_first: impl Iterator<Item = &'h Hir>,
    direction: Direction,
    outer: Side,
) -> Side {
    let mut side = Side { bytes: ByteSet::EMPTY, edge: false, boundary: false };
    let mut adjacent = true;
    for part in nearest_first {
        if matches!(part.kind(), HirKind::Look(Look::WordAscii)) {
            side.boundary |= adjacent;
            continue;
        }
        adjacent = false;
        let end = outermost(part, direction.opposite());
        side.bytes = side.bytes.union(end.bytes);
        side.edge |= end.edge;
        if !end.nullable {
            return side;
        }
    }
    side.bytes = side.bytes.union(outer.bytes);
    side.edge |= outer.edge;
    side.boundary |= adjacent && outer.boundary;
    side
}

/// One end of the matches of a node.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct End {
    /// Bytes that may be outermost there.
    pub(super) bytes: ByteSet,
    /// The value may end right there, as `^` and `$` have it.
    pub(super) edge: bool,
    /// Whether a match may be empty: then what is outermost is what stands beyond.
    pub(super) nullable: bool,
}

/// The beginning (`Before`) or the end (`After`) of the matches of a node.
pub(super) fn outermost(tree: &Hir, direction: Direction) -> End {
    match tree.kind() {
        // What comes after `^` has nothing before it.
        HirKind::Look(look) => {
            let edge = matches!(
                (look, direction),
                (Look::Start, Direction::After) | (Look::End, Direction::Before)
            );
            End { bytes: ByteSet::EMPTY, edge, nullable: !edge }
        }
        HirKind::Empty => End { nullable: true, ..End::default() },
        HirKind::Literal(literal) => {
            let byte = match direction {
                Direction::Before => literal.0.first(),
                Direction::After => literal.0.last(),
            };
            let bytes = byte.map(|byte| ByteSet::of(&[*byte])).unwrap_or_default();
            End { bytes, edge: false, nullable: byte.is_none() }
        }
        HirKind::Class(class) => {
            End { bytes: ByteSet::of_class(class), edge: false, nullable: false }
        }
        HirKind::Repetition(repetition) => {
            let once = outermost(&repetition.sub, direction);
            End { nullable: once.nullable || repetition.min == 0, ..once }
        }
        HirKind::Capture(capture) => outermost(&capture.sub, direction),
        HirKind::Concat(parts) => match direction {
            Direction::Before => outermost_of(parts.iter(), direction),
            Direction::After => outermost_of(parts.iter().rev(), direction),
        },
        HirKind::Alternation(parts) => parts.iter().fold(End::default(), |all, part| {
            let one = outermost(part, direction);
            End {
                bytes: all.bytes.union(one.bytes),
                edge: all.edge || one.edge,
                nullable: all.nullable || one.nullable,
            }
        }),
    }
}

fn outermost_of<'h>(parts: impl Iterator<Item = &'h Hir>, direction: Direction) -> End {
    let mut all = End { nullable: true, ..End::default() };
    for part in parts {
        let one = outermost(part, direction);
        all.bytes = all.bytes.union(one.bytes);
        all.edge |= one.edge;
        if !one.nullable {
            all.nullable = false;
            break;
        }
    }
    all
}
