//! Values made from a pattern: almost matches of it, again and again, and each of its repetitions pumped up.

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind};

/// Repetitions of one pattern that are pumped; the alternatives of long word lists add nothing.
const MAX_PUMPS: usize = 12;

/// Values of about `size` bytes, each with the name of its shape. None for a pattern that is not a regular expression
/// in this syntax.
pub fn values(pattern: &str, size: usize) -> Vec<(String, Vec<u8>)> {
    // Bytes, not Unicode, as the engine reads patterns; classes such as \s are then small.
    let parsed =
        ParserBuilder::new().utf8(false).unicode(false).nest_limit(200).build().parse(pattern);
    let Ok(hir) = parsed else { return Vec::new() };
    let mut pumps = Pumps { found: Vec::new() };
    pumps.walk(&hir, &mut Vec::new());
    let mut values = Vec::new();
    for branch in 0..3 {
        let mut sample = Vec::new();
        write(&hir, branch, &mut sample);
        let cut = sample.len().saturating_sub(1);
        let near = [sample.get(..cut).unwrap_or_default(), b" "].concat();
        values.push((format!("near match {branch}"), repeat(&near, size)));
        let half = sample.get(..sample.len() / 2).unwrap_or_default();
        values.push((format!("half match {branch}"), repeat(half, size)));
        let doubled = [sample.as_slice(), b"\x01"].concat();
        values.push((format!("match {branch}"), repeat(&doubled, size)));
    }
    for (at, (prefix, body)) in pumps.found.iter().enumerate() {
        let room = size.saturating_sub(prefix.len());
        values.push((format!("pump {at}"), [prefix.clone(), repeat(body, room)].concat()));
        let turn = [prefix.as_slice(), body, body].concat();
        values.push((format!("turn {at}"), repeat(&turn, size)));
    }
    values.retain(|(_, value)| !value.is_empty());
    values.sort_by(|a, b| a.1.cmp(&b.1));
    values.dedup_by(|a, b| a.1 == b.1);
    values
}

/// What matches of a pattern are made of, and those pieces of it that are literals of at least two bytes.
pub fn pieces(pattern: &str) -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let parsed =
        ParserBuilder::new().utf8(false).unicode(false).nest_limit(200).build().parse(pattern);
    let (mut pieces, mut literals) = (Vec::new(), Vec::new());
    if let Ok(hir) = parsed {
        collect(&hir, &mut pieces, &mut literals);
    }
    pieces.sort();
    pieces.dedup();
    literals.sort();
    literals.dedup();
    (pieces, literals)
}

fn collect(hir: &Hir, pieces: &mut Vec<Vec<u8>>, literals: &mut Vec<Vec<u8>>) {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => {
            pieces.push(literal.0.to_vec());
            if literal.0.len() > 1 {
                literals.push(literal.0.to_vec());
            }
        }
        HirKind::Class(class) => {
            pieces.extend((0..3).filter_map(|branch| Some(vec![representative(class, branch)?])));
        }
        HirKind::Repetition(repetition) => collect(&repetition.sub, pieces, literals),
        HirKind::Capture(capture) => collect(&capture.sub, pieces, literals),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().for_each(|part| collect(part, pieces, literals));
        }
    }
}

fn repeat(unit: &[u8], size: usize) -> Vec<u8> {
    unit.iter().copied().cycle().take(if unit.is_empty() { 0 } else { size }).collect()
}

/// Unbounded repetitions: what stands before one, and its body.
struct Pumps {
    found: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Pumps {
    /// `before` is what leads to `hir`; afterwards what leads past it.
    fn walk(&mut self, hir: &Hir, before: &mut Vec<u8>) {
        match hir.kind() {
            HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) | HirKind::Look(_) => {
                write(hir, 0, before);
            }
            HirKind::Repetition(repetition) => {
                let mut body = Vec::new();
                write(&repetition.sub, 0, &mut body);
                let large = repetition.max.is_none_or(|max| max > 8);
                let known = self.found.iter().any(|(_, other)| *other == body);
                if large && !known && !body.is_empty() && self.found.len() < MAX_PUMPS {
                    self.found.push((before.clone(), body));
                }
                let mut inner = before.clone();
                self.walk(&repetition.sub, &mut inner);
                write(hir, 0, before);
            }
            HirKind::Capture(capture) => self.walk(&capture.sub, before),
            HirKind::Concat(parts) => parts.iter().for_each(|part| self.walk(part, before)),
            HirKind::Alternation(branches) => {
                let start = before.clone();
                for branch in branches {
                    let mut inner = start.clone();
                    self.walk(branch, &mut inner);
                }
                write(hir, 0, before);
            }
        }
    }
}

/// A short text that `hir` matches, by the branch of this number wherever there is a choice.
fn write(hir: &Hir, branch: usize, out: &mut Vec<u8>) {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => out.extend_from_slice(&literal.0),
        HirKind::Class(class) => out.extend(representative(class, branch)),
        HirKind::Repetition(repetition) => {
            let least = repetition.min.min(64);
            let times = if branch > 0 && repetition.max != Some(0) { least.max(1) } else { least };
            (0..times).for_each(|_| write(&repetition.sub, branch, out));
        }
        HirKind::Capture(capture) => write(&capture.sub, branch, out),
        HirKind::Concat(parts) => parts.iter().for_each(|part| write(part, branch, out)),
        HirKind::Alternation(branches) => {
            if let Some(chosen) = branches.get(branch * 7 % branches.len().max(1)) {
                write(chosen, branch, out);
            }
        }
    }
}

/// A byte of a class: one that texts have, where there is one.
fn representative(class: &Class, branch: usize) -> Option<u8> {
    let ranges: Vec<(u8, u8)> = match class {
        Class::Bytes(class) => class.ranges().iter().map(|r| (r.start(), r.end())).collect(),
        Class::Unicode(class) => class
            .ranges()
            .iter()
            .filter_map(|r| {
                Some((u8::try_from(r.start()).ok()?, u8::try_from(r.end()).unwrap_or(127)))
            })
            .collect(),
    };
    let has = |byte: u8| ranges.iter().any(|(start, end)| (*start..=*end).contains(&byte));
    let preferred: &[u8] = match branch % 3 {
        0 => b"a1 '(/-<.",
        1 => b"'\"(/<.= z9",
        _ => b" ;|&\\0x_",
    };
    preferred.iter().copied().find(|byte| has(*byte)).or_else(|| ranges.first().map(|r| r.0))
}
