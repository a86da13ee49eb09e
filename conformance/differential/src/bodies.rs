//! Bodies through this engine's parsers and through the reference engine's.
//!
//! What the reference refuses has to be refused here, and what is not refused here has to have the same names, values
//! and files in both. A body that is refused here is answered by rules 200002 and 200003 before any other looks at it;
//! of JSON, which rules may still want to see, everything the reference sees is seen here even then. Differences that
//! stay are in [`KNOWN`].

mod inputs;
mod known;

use std::collections::BTreeMap;
use std::fmt;

use portcullis_waf_body::{ContentType, json, multipart, urlencoded, xml};

use crate::exchange::Exchange;
use crate::random::Random;
use crate::reference::Reference;
use crate::rules::{PROBES, RuleText, probe};

pub use known::{KNOWN, Known};

/// A body processor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `URLENCODED`.
    Urlencoded,
    /// `MULTIPART`.
    Multipart,
    /// `JSON`.
    Json,
    /// `XML`.
    Xml,
}

/// A body and what it is said to be.
#[derive(Debug, Clone)]
pub struct Body {
    /// The processor that reads it.
    pub kind: Kind,
    /// The value of its `Content-Type`.
    pub content_type: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl Body {
    fn new(kind: Kind, content_type: &str, bytes: Vec<u8>) -> Self {
        Self { kind, content_type: content_type.to_owned(), bytes }
    }
}

/// What an engine reads in a body, each list sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// Names of arguments; each once.
    pub names: Vec<Vec<u8>>,
    /// Values of arguments, texts of XML.
    pub values: Vec<Vec<u8>>,
    /// Values of attributes of XML.
    pub attributes: Vec<Vec<u8>>,
    /// File names.
    pub files: Vec<Vec<u8>>,
    /// Names of parts that are files; each once.
    pub file_parts: Vec<Vec<u8>>,
    /// The body is an error to rules 200002 and 200003.
    pub refused: bool,
}

impl Seen {
    fn lists(&self) -> [&Vec<Vec<u8>>; 5] {
        [&self.names, &self.values, &self.attributes, &self.files, &self.file_parts]
    }

    fn sort(mut self) -> Self {
        for list in [&mut self.values, &mut self.attributes, &mut self.files] {
            list.sort();
        }
        for list in [&mut self.names, &mut self.file_parts] {
            list.sort();
            list.dedup();
        }
        self
    }

    /// True when nothing in `self` is missing in `other`.
    pub fn is_within(&self, other: &Seen) -> bool {
        self.lists().into_iter().zip(other.lists()).all(|(these, those)| {
            let mut left = those.clone();
            these.iter().all(|one| {
                let at = left.iter().position(|other| other == one);
                at.map(|at| left.swap_remove(at)).is_some()
            })
        })
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", if self.refused { "refused" } else { "taken" })?;
        for (name, list) in
            ["names", "values", "attributes", "files", "parts"].iter().zip(self.lists())
        {
            let shown: Vec<String> =
                list.iter().map(|one| one.escape_ascii().to_string()).collect();
            if !shown.is_empty() {
                write!(f, " {name} {shown:?}")?;
            }
        }
        Ok(())
    }
}

/// What a run has compared and found.
#[derive(Debug, Default)]
pub struct Report {
    /// Bodies given to both.
    pub bodies: usize,
    /// Bodies that both refuse, and those that only this engine does.
    pub refused: (usize, usize),
    /// How often a difference had this reason.
    pub covered: BTreeMap<&'static str, usize>,
    /// Differences without a reason.
    pub differences: Vec<String>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { bodies, refused: (both, here), .. } = self;
        writeln!(f, "{bodies} bodies, {both} refused by both, {here} only here")?;
        for (reason, count) in &self.covered {
            writeln!(f, "{count:>8} differ: {reason}")?;
        }
        writeln!(f, "{:>8} differ without a reason", self.differences.len())?;
        self.differences.iter().take(25).try_for_each(|difference| writeln!(f, "{difference}"))
    }
}

/// Gives `bodies` bodies of a kind to both.
///
/// # Errors
/// When the reference engine cannot be built or run.
pub fn compare(kind: Kind, seed: u64, bodies: usize) -> Result<Report, String> {
    let reference = Reference::talkative(&rules())?;
    let mut random = Random::new(seed);
    let mut report = Report { bodies, ..Report::default() };
    for at in 0..bodies {
        let body = inputs::draw(kind, &mut random);
        let ours = ours(&body).sort();
        let theirs = theirs(&reference, &body, at)?.sort();
        report.refused.0 += usize::from(ours.refused && theirs.refused);
        report.refused.1 += usize::from(ours.refused && !theirs.refused);
        let holds = match (ours.refused, theirs.refused) {
            (false, true) => false,
            (false, false) => ours == theirs,
            (true, _) => kind != Kind::Json || theirs.is_within(&ours),
        };
        if holds {
            continue;
        }
        let reason =
            KNOWN.iter().find(|known| known.kind == kind && (known.covers)(&body, &ours, &theirs));
        match reason {
            Some(known) => *report.covered.entry(known.reason).or_default() += 1,
            None => report.differences.push(format!(
                "    of     {} | {}\n    ours   {ours}\n    theirs {theirs}",
                body.content_type,
                body.bytes.escape_ascii()
            )),
        }
    }
    Ok(report)
}

/// As the engine fills its collections.
fn ours(body: &Body) -> Seen {
    let owned = |value: &[u8]| value.to_vec();
    let mut seen = Seen::default();
    match body.kind {
        Kind::Urlencoded => {
            let read = urlencoded::parse(&body.bytes, b'&', &urlencoded::Limits::default());
            seen.names = read.arguments.iter().map(|(name, _)| owned(name)).collect();
            seen.values = read.arguments.iter().map(|(_, value)| owned(value)).collect();
        }
        Kind::Json => {
            let read = json::flatten(&body.bytes, b"json", &json::Limits::default());
            seen.names = read.fields.iter().map(|(name, _)| owned(name)).collect();
            seen.values = read.fields.iter().map(|(_, value)| owned(value)).collect();
            seen.refused = read.problem.is_some();
        }
        Kind::Xml => {
            let read = xml::flatten(&body.bytes, &xml::Limits::default());
            seen.values = read.texts.iter().map(owned).collect();
            seen.attributes = read.attributes.iter().map(owned).collect();
            seen.refused = read.problem.is_some();
        }
        Kind::Multipart => {
            let content_type = ContentType::parse(body.content_type.as_bytes());
            let read = multipart::parse(&content_type, &body.bytes, &multipart::Limits::default());
            for part in &read.parts {
                let name = part.name.clone().unwrap_or_default();
                if part.may_be_file() {
                    seen.files.extend(part.filenames.iter().cloned());
                    seen.file_parts.push(name.clone());
                }
                if part.may_be_value() {
                    seen.names.push(name);
                    seen.values.push(part.content.to_vec());
                }
            }
            seen.refused = read.strict_error();
        }
    }
    seen
}

fn theirs(reference: &Reference, body: &Body, at: usize) -> Result<Seen, String> {
    let exchange = Exchange {
        name: format!("body {at}"),
        method: "POST".to_owned(),
        target: "/".to_owned(),
        version: "HTTP/1.1".to_owned(),
        headers: vec![("Content-Type".to_owned(), body.content_type.clone())],
        body: body.bytes.clone(),
        answer: Exchange::ordinary_answer(),
    };
    let (verdict, told) = reference.told(&exchange, at as u128)?;
    let mut seen = Seen { refused: told.body_error.is_some(), ..Seen::default() };
    for (rule, value) in told.values {
        match rule {
            11 => seen.names.push(value.bytes),
            12 | 14 => seen.values.push(value.bytes),
            13 => seen.attributes.push(value.bytes),
            15 => seen.files.push(value.bytes),
            16 => seen.file_parts.push(value.bytes),
            _ => {}
        }
    }
    seen.refused |= verdict.matched.contains_key(&17);
    Ok(seen)
}

fn rules() -> RuleText {
    let mut entry = String::from(
        r#"SecRuleEngine DetectionOnly
SecRequestBodyAccess On
SecRule REQUEST_HEADERS:Content-Type "@beginsWith application/json" "id:1,phase:1,pass,nolog,ctl:requestBodyProcessor=JSON"
SecRule REQUEST_HEADERS:Content-Type "@beginsWith application/xml" "id:2,phase:1,pass,nolog,ctl:requestBodyProcessor=XML"
SecRule REQUEST_HEADERS:Content-Type "@rx (?i)^multipart/" "id:3,phase:1,pass,nolog,ctl:requestBodyProcessor=MULTIPART"
"#,
    );
    let told = ["ARGS_POST_NAMES", "ARGS_POST", "XML://@*", "XML:/*", "FILES", "FILES_NAMES"];
    for (at, variable) in told.iter().enumerate() {
        let id = 11 + at;
        entry +=
            &format!("SecRule {variable} \"@unconditionalMatch\" \"id:{id},phase:2,pass,log\"\n");
    }
    entry += "SecRule REQBODY_ERROR|MULTIPART_STRICT_ERROR \"@eq 1\" \"id:17,phase:2,pass,log\"\n";
    entry += &probe(&PROBES);
    RuleText { entry, files: Vec::new(), probes: &PROBES }
}
