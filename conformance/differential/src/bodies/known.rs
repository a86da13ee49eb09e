//! What this engine reads otherwise than the reference engine on purpose.

use portcullis_waf_body::{json, urlencoded};

use super::{Body, Kind, Seen};

/// A difference that stays.
pub struct Known {
    /// The processor it is about.
    pub kind: Kind,
    /// Why this engine's reading is the right one.
    pub reason: &'static str,
    /// True for the bodies it is about, given what this engine and the reference engine see.
    pub covers: fn(&Body, &Seen, &Seen) -> bool,
}

/// Every difference that stays.
pub const KNOWN: &[Known] = &[
    Known {
        kind: Kind::Urlencoded,
        reason: "names that differ in case only are two; the reference keeps the values of one of them",
        covers: |body, ours, theirs| theirs.is_within(ours) && repeats(body),
    },
    Known {
        kind: Kind::Xml,
        reason: "a byte order mark is no text; the reference takes it for one",
        covers: |body, ours, theirs| {
            body.bytes.starts_with(b"\xEF\xBB\xBF") && ours.is_within(theirs)
        },
    },
    Known {
        kind: Kind::Xml,
        reason: "text is joined over comments, instructions and CDATA marks, as a server's document model joins it; the \
                 reference parts it",
        covers: |body, ours, theirs| {
            let marks = [&b"<!--"[..], b"<![CDATA[", b"<?"];
            let text = |seen: &Seen| {
                let mut bytes = seen.values.concat();
                bytes.retain(|b| !b.is_ascii_whitespace());
                bytes.sort_unstable();
                bytes
            };
            ours.attributes == theirs.attributes
                && marks.iter().any(|mark| holds(body, mark))
                && text(ours) == text(theirs)
        },
    },
    Known {
        kind: Kind::Multipart,
        reason: "every file name that some server may take is seen; the reference keeps one of them",
        covers: |body, ours, theirs| theirs.is_within(ours) && holds(body, b"filename*="),
    },
    Known {
        kind: Kind::Xml,
        reason: "no element is empty by its name; the reference closes those of HTML and refuses the end tag",
        covers: |body, _, theirs| {
            theirs.refused && [&b"</br>"[..], b"</input>"].iter().any(|tag| holds(body, tag))
        },
    },
    Known {
        kind: Kind::Json,
        reason: "a byte order mark before a document may be ignored (RFC 8259 section 8.1), and is; the reference refuses it",
        covers: |body, _, theirs| body.bytes.starts_with(b"\xEF\xBB\xBF") && theirs.refused,
    },
    Known {
        kind: Kind::Json,
        reason: "of a key that stands twice all values are kept; the reference keeps the last, and takes keys for one that \
                 differ in case only",
        covers: |body, ours, theirs| theirs.is_within(ours) && repeats(body),
    },
];

fn holds(body: &Body, part: &[u8]) -> bool {
    body.bytes.windows(part.len()).any(|at| at == part)
}

/// True when two names of a body differ in case only, or not at all.
fn repeats(body: &Body) -> bool {
    let fields = match body.kind {
        Kind::Json => json::flatten(&body.bytes, b"json", &json::Limits::default()).fields,
        Kind::Urlencoded | Kind::Multipart | Kind::Xml => {
            urlencoded::parse(&body.bytes, b'&', &urlencoded::Limits::default()).arguments
        }
    };
    let mut names: Vec<Vec<u8>> =
        fields.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
    names.sort();
    names.windows(2).any(|two| matches!(two, [one, other] if one == other))
}
