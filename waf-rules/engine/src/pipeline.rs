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
    parent: PipelineId,
    transformation: Transformation,
    /// The pipeline up to here can change a value only where one of these classes of bytes occurs in it.
    pub(crate) any_trigger: ByteClasses,
}

/// All pipelines of a rule set.
#[derive(Debug, Default)]
pub(crate) struct Pipelines {
    steps: Vec<Step>,
    /// By step: its way from the empty pipeline.
    paths: Vec<Box<[PathStep]>>,
}

/// A transformation on the way, and the classes of which a value must have one for it to change anything.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PathStep {
    pub(crate) transformation: Transformation,
    pub(crate) trigger: ByteClasses,
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
        self.steps.push(Step { parent, transformation, any_trigger });
        let mut path = self.path(parent).to_vec();
        path.push(PathStep { transformation, trigger });
        self.paths.push(path.into());
        u16::try_from(self.steps.len()).ok().map(PipelineId)
    }

    /// The last step of a pipeline; `None` for the empty one.
    #[inline]
    pub(crate) fn step(&self, pipeline: PipelineId) -> Option<&Step> {
        self.steps.get(usize::from(pipeline.0).checked_sub(1)?)
    }

    /// What a pipeline does, in order.
    #[inline]
    pub(crate) fn path(&self, pipeline: PipelineId) -> &[PathStep] {
        let path = usize::from(pipeline.0).checked_sub(1).and_then(|at| self.paths.get(at));
        path.map(AsRef::as_ref).unwrap_or_default()
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
    /// Bytes that no word consists of and no transformation asks for.
    const OTHER: Self = Self(1 << 18);
    const MARKUP: Self = Self(1 << 19);
    /// Bytes of words alone: what has no other byte is no injection into SQL.
    const WORD: Self = Self(Self::ALWAYS.0 | Self::UPPER.0 | Self::LOWER.0 | Self::ZERO.0);
    /// One of these is in every injection into SQL.
    pub(crate) const SQL: Self = Self(!Self::WORD.0);
    /// One of these is in every injection into HTML.
    pub(crate) const HTML: Self = Self(Self::MARKUP.0);

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
        b'<' | b'=' => C::MARKUP,
        b'1'..=b'9' | b'_' => C::EMPTY,
        _ => C::OTHER,
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
        assert_eq!(pipelines.path(short).len() + 1, pipelines.path(long).len());
        assert_eq!(pipelines.prefixes(long), [PipelineId::NONE, short, long]);
    }

    /// Pieces that the tests below build values of: any byte, and what transformations look for.
    fn values(rounds: usize) -> impl Iterator<Item = Vec<u8>> {
        let pieces: [&[u8]; 12] = [
            "\u{a0}".as_bytes(),
            "\u{1680}".as_bytes(),
            "\u{2009}".as_bytes(),
            "\u{2028}".as_bytes(),
            "\u{205f}".as_bytes(),
            "\u{3000}".as_bytes(),
            b"/*",
            b"--",
            b"<a ",
            b"union",
            b"' or 1=1",
            b"onload=",
        ];
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        (0..rounds).map(move |round| {
            let mut value: Vec<u8> = Vec::new();
            for _ in 0..round % 7 {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                match pieces.get((state >> 40) as usize % 24) {
                    Some(piece) => value.extend_from_slice(piece),
                    None => value.push((state >> 24) as u8),
                }
            }
            value
        })
    }

    /// A transformation never changes a value that has none of its trigger bytes.
    #[test]
    fn triggers_are_complete() {
        let mut scratch = Vec::new();
        for value in values(40_000) {
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

    /// No value without bytes of their classes is an injection.
    #[test]
    fn injections_have_their_classes() {
        for byte in 0..=u8::MAX {
            let word = byte.is_ascii_alphanumeric() || byte == b'_';
            assert_eq!(ByteClasses::SQL.meets(super::class(byte)), !word, "{byte}");
            let markup = portcullis_waf_injection::XSS_BYTES.contains(&byte);
            assert_eq!(ByteClasses::HTML.meets(super::class(byte)), markup, "{byte}");
        }
        let mut found = [0, 0];
        for value in values(40_000) {
            let classes = ByteClasses::of(&value);
            let sql = portcullis_waf_injection::sqli(&value).is_some();
            let html = portcullis_waf_injection::xss(&value);
            assert!(!sql || ByteClasses::SQL.meets(classes), "{value:?}");
            assert!(!html || ByteClasses::HTML.meets(classes), "{value:?}");
            found = [found[0] + usize::from(sql), found[1] + usize::from(html)];
        }
        assert!(found.iter().all(|found| *found > 50), "{found:?}");
    }
}
