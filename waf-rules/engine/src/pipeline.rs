//! Transformation pipelines as a tree: pipelines with a common beginning share its work.

use portcullis_waf_transform::Transformation;

/// A node of the tree; 0 is no transformation at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(crate) struct PipelineId(pub(crate) u16);

impl PipelineId {
    pub(crate) const NONE: Self = Self(0);
}

/// One step beyond its parent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step {
    pub(crate) parent: PipelineId,
    pub(crate) transformation: Transformation,
    /// The step can change a value only where one of these classes of bytes occurs in it.
    pub(crate) trigger: ByteClasses,
    /// The same of the whole pipeline up to here.
    pub(crate) any_trigger: ByteClasses,
}

/// All pipelines of a rule set.
#[derive(Debug, Default)]
pub(crate) struct Pipelines {
    steps: Vec<Step>,
}

impl Pipelines {
    /// Finds or makes the pipeline; `None` when there are too many.
    pub(crate) fn intern(&mut self, transformations: &[Transformation]) -> Option<PipelineId> {
        let mut at = PipelineId::NONE;
        for transformation in transformations {
            if *transformation == Transformation::None {
                continue;
            }
            let known = self
                .steps
                .iter()
                .position(|step| step.parent == at && step.transformation == *transformation);
            at = match known {
                Some(index) => PipelineId(u16::try_from(index + 1).ok()?),
                None => self.push(at, *transformation)?,
            };
        }
        Some(at)
    }

    fn push(&mut self, parent: PipelineId, transformation: Transformation) -> Option<PipelineId> {
        let trigger = trigger(transformation);
        let before = self.step(parent).map_or(ByteClasses::EMPTY, |step| step.any_trigger);
        let any_trigger = before.union(trigger);
        self.steps.push(Step { parent, transformation, trigger, any_trigger });
        u16::try_from(self.steps.len()).ok().map(PipelineId)
    }

    /// The last step of a pipeline; `None` for the empty one.
    #[inline]
    pub(crate) fn step(&self, pipeline: PipelineId) -> Option<&Step> {
        self.steps.get(usize::from(pipeline.0).checked_sub(1)?)
    }

    /// How many ids there are, the empty pipeline included.
    pub(crate) fn len(&self) -> usize {
        self.steps.len() + 1
    }

    /// From the empty pipeline to this one.
    pub(crate) fn prefixes(&self, pipeline: PipelineId) -> Vec<PipelineId> {
        let mut path = vec![pipeline];
        let mut at = pipeline;
        while let Some(step) = self.step(at) {
            at = step.parent;
            path.push(at);
        }
        path.reverse();
        path
    }
}

/// Which kinds of bytes occur in a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ByteClasses(u32);

impl ByteClasses {
    pub(crate) const EMPTY: Self = Self(0);
    /// Of a step that may change any value, the empty one included.
    pub(crate) const ALWAYS: Self = Self(1);
    const PERCENT: Self = Self(1 << 1);
    const PLUS: Self = Self(1 << 2);
    const UPPER: Self = Self(1 << 3);
    const LOWER: Self = Self(1 << 4);
    const BACKSLASH: Self = Self(1 << 5);
    const AMPERSAND: Self = Self(1 << 6);
    const NUL: Self = Self(1 << 7);
    const SPACE: Self = Self(1 << 8);
    const SLASH: Self = Self(1 << 9);
    const HIGH: Self = Self(1 << 10);
    const QUOTE: Self = Self(1 << 11);
    const DASH: Self = Self(1 << 12);
    const HASH: Self = Self(1 << 13);
    const DOT: Self = Self(1 << 14);
    const LIST: Self = Self(1 << 15);
    const STAR: Self = Self(1 << 16);
    const ZERO: Self = Self(1 << 17);

    pub(crate) const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    #[inline]
    pub(crate) const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// The classes of all bytes that are meant; `None` where one of these bytes has no class.
    pub(crate) fn covering(means: impl Fn(u8) -> bool) -> Option<Self> {
        let mut classes = (0..=u8::MAX).filter(|byte| means(*byte)).map(class);
        classes.try_fold(Self::EMPTY, |all, class| (class != Self::EMPTY).then(|| all.union(class)))
    }

    /// Classes of a value; [`Self::ALWAYS`] is in every one.
    pub(crate) fn of(value: &[u8]) -> Self {
        let mut found = Self::ALWAYS.0;
        for byte in value {
            if let Some(class) = CLASSES.get(usize::from(*byte)) {
                found |= class;
            }
        }
        Self(found)
    }
}

static CLASSES: [u32; 256] = classes();

const fn classes() -> [u32; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        #[expect(clippy::indexing_slicing, reason = "256 entries, evaluated at compile time")]
        {
            table[byte] = class(byte as u8).0;
        }
        byte += 1;
    }
    table
}

const fn class(byte: u8) -> ByteClasses {
    type C = ByteClasses;
    match byte {
        b'%' => C::PERCENT,
        b'+' => C::PLUS,
        b'A'..=b'Z' => C::UPPER,
        b'a'..=b'z' => C::LOWER,
        b'\\' => C::BACKSLASH,
        b'&' => C::AMPERSAND,
        0 => C::NUL,
        b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c => C::SPACE,
        // The white space of Latin-1 and what the white space of Unicode starts with.
        0xa0 | 0xc2 | 0xe1 | 0xe2 | 0xe3 => C::SPACE.union(C::HIGH),
        b'/' => C::SLASH,
        0x80.. => C::HIGH,
        b'"' | b'\'' | b'^' => C::QUOTE,
        b'-' => C::DASH,
        b'#' => C::HASH,
        b'.' => C::DOT,
        b',' | b';' => C::LIST,
        b'*' => C::STAR,
        b'0' => C::ZERO,
        _ => C::EMPTY,
    }
}

/// The classes of which a value must have one for the transformation to change it.
fn trigger(transformation: Transformation) -> ByteClasses {
    type C = ByteClasses;
    use Transformation as T;
    match transformation {
        T::None => C::EMPTY,
        T::Lowercase => C::UPPER,
        T::Uppercase => C::LOWER,
        T::UrlDecode | T::UrlDecodeUni => C::PERCENT.union(C::PLUS),
        T::JsDecode | T::CssDecode | T::EscapeSeqDecode => C::BACKSLASH,
        T::HtmlEntityDecode => C::AMPERSAND,
        T::Utf8ToUnicode => C::HIGH,
        T::RemoveNulls | T::ReplaceNulls => C::NUL,
        T::RemoveWhitespace | T::CompressWhitespace | T::Trim | T::TrimLeft | T::TrimRight => {
            C::SPACE
        }
        T::CmdLine => C::BACKSLASH.union(C::QUOTE).union(C::LIST).union(C::SPACE).union(C::UPPER),
        T::ReplaceComments => C::SLASH,
        T::RemoveComments | T::RemoveCommentsChar => {
            C::SLASH.union(C::DASH).union(C::HASH).union(C::STAR)
        }
        T::NormalizePath => C::SLASH.union(C::DOT),
        T::NormalizePathWin => C::SLASH.union(C::DOT).union(C::BACKSLASH),
        T::SqlHexDecode => C::ZERO,
        T::Base64Decode
        | T::Base64DecodeExt
        | T::Base64Encode
        | T::HexDecode
        | T::HexEncode
        | T::Length
        | T::Md5
        | T::Sha1
        | T::ParityEven7Bit
        | T::ParityOdd7Bit
        | T::ParityZero7Bit
        | T::UrlEncode => C::ALWAYS,
    }
}

#[cfg(test)]
mod tests {
    use portcullis_waf_transform::Transformation;

    use super::{ByteClasses, PipelineId, Pipelines, trigger};

    #[test]
    fn common_beginnings_are_shared() {
        use Transformation as T;
        let mut pipelines = Pipelines::default();
        assert_eq!(pipelines.intern(&[]), Some(PipelineId::NONE));
        let short = pipelines.intern(&[T::UrlDecodeUni]).unwrap();
        let long = pipelines.intern(&[T::UrlDecodeUni, T::Lowercase]).unwrap();
        assert_eq!(pipelines.len(), 3);
        assert_eq!(pipelines.step(long).map(|step| step.parent), Some(short));
        assert_eq!(pipelines.prefixes(long), [PipelineId::NONE, short, long]);
    }

    /// A transformation never changes a value that has none of its trigger bytes.
    #[test]
    fn triggers_are_complete() {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut scratch = Vec::new();
        for round in 0..20_000_usize {
            let mut value: Vec<u8> = Vec::new();
            for _ in 0..round % 7 {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                // Random bytes alone hardly ever are white space of Unicode.
                match state >> 60 {
                    0 => value.extend("\u{3000}".as_bytes()),
                    1 => value.extend("\u{2003}\u{205f}".as_bytes()),
                    2 => value.extend("\u{1680}\u{85}".as_bytes()),
                    _ => value.push((state >> 24) as u8),
                }
            }
            for transformation in Transformation::ALL.iter().copied() {
                if trigger(transformation).meets(ByteClasses::of(&value)) {
                    continue;
                }
                scratch.clear();
                let changed = transformation.apply(&value, &mut scratch);
                assert!(!changed || scratch == value, "{transformation:?} {value:?}");
            }
        }
    }
}
