//! Reads documents from files and makes one configuration of them.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::merge::Merged;
use crate::structure::{Reference, Structure};
use crate::{Diagnostic, Foreign, Gateway, Severity, Spans, check, defaults, document, names};

/// A configuration that can be used.
#[derive(Debug)]
pub struct Loaded {
    /// What the operator wrote, all documents together.
    pub gateway: Gateway,
    /// Everything that was read or is referred to: documents, certificates, keys, rules. What to watch, besides the
    /// folder itself.
    pub files: Vec<PathBuf>,
    /// Where each value stands, for diagnostics of later checks.
    pub spans: Spans,
    /// What can be used, but is probably not as meant.
    pub warnings: Vec<Diagnostic>,
}

/// Reads a document, or all documents (`*.yaml`, `*.yml`) of a folder in the order of their names, not of its
/// subfolders. Lists of several documents are appended; a single object such as `limits` stands in one of them.
///
/// # Errors
/// Every diagnostic of all documents, warnings included, if one of them is an error.
pub fn load(path: &Path) -> Result<Loaded, Vec<Diagnostic>> {
    attempt(path).result
}

/// What came of reading documents, and which files had a part in it either way: who waits for them to be mended must
/// watch those too that are missing.
#[derive(Debug)]
pub struct Attempt {
    /// As [`load`] gives it.
    pub result: Result<Loaded, Vec<Diagnostic>>,
    /// As [`Loaded::files`].
    pub files: Vec<PathBuf>,
}

/// As [`load`], with the files also where it failed.
#[must_use]
pub fn attempt(path: &Path) -> Attempt {
    attempt_with(path, &Foreign::default())
}

pub(crate) fn attempt_with(path: &Path, foreign: &Foreign) -> Attempt {
    let mut problems = Vec::new();
    let files = match documents(path) {
        Ok(files) => files,
        Err(diagnostic) => return Attempt { result: Err(vec![*diagnostic]), files: Vec::new() },
    };
    let mut texts = Vec::new();
    for file in files {
        match read_text(&file) {
            Ok(text) => texts.push((file, text)),
            Err(diagnostic) => problems.push(*diagnostic),
        }
    }
    assemble(texts, problems, foreign)
}

/// Reads one document from its text. Files it refers to are looked for from the folder of `name`.
///
/// # Errors
/// As [`load`].
pub fn parse_str(name: impl Into<PathBuf>, text: &str) -> Result<Loaded, Vec<Diagnostic>> {
    parse_str_with(name.into(), text, &Foreign::default())
}

pub(crate) fn parse_str_with(
    name: PathBuf,
    text: &str,
    foreign: &Foreign,
) -> Result<Loaded, Vec<Diagnostic>> {
    assemble(vec![(name, text.to_owned())], Vec::new(), foreign).result
}

/// The documents to read.
fn documents(path: &Path) -> Result<Vec<PathBuf>, Box<Diagnostic>> {
    let unreadable = |error: &std::io::Error| {
        Box::new(Diagnostic::error("", format!("cannot read it: {error}")).at(path, 0, 0))
    };
    let metadata = std::fs::metadata(path).map_err(|error| unreadable(&error))?;
    if !metadata.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).map_err(|error| unreadable(&error))? {
        let file = entry.map_err(|error| unreadable(&error))?.path();
        let hidden = file.file_name().is_none_or(|name| name.as_encoded_bytes().starts_with(b"."));
        let yaml = file.extension().is_some_and(|end| end == "yaml" || end == "yml");
        if yaml && !hidden && !file.is_dir() {
            files.push(file);
        }
    }
    files.sort();
    let problem = match files.len() {
        0 => "there is no document (*.yaml, *.yml) in this folder".to_owned(),
        1..=defaults::DOCUMENTS => return Ok(files),
        many => format!("{many} documents are more than {}", defaults::DOCUMENTS),
    };
    Err(Box::new(Diagnostic::error("", problem).at(path, 0, 0)))
}

fn read_text(file: &Path) -> Result<String, Box<Diagnostic>> {
    let problem = |message: String| Box::new(Diagnostic::error("", message).at(file, 0, 0));
    let bytes = read_bounded(file).map_err(|error| problem(format!("cannot read it: {error}")))?;
    let Some(bytes) = bytes else {
        return Err(problem(format!("it is larger than {}", defaults::DOCUMENT)));
    };
    String::from_utf8(bytes).map_err(|error| {
        let before = error.as_bytes().iter().take(error.utf8_error().valid_up_to());
        let line = before.filter(|byte| **byte == b'\n').count() + 1;
        let line = u32::try_from(line).unwrap_or(u32::MAX);
        Box::new(problem("it is not UTF-8".to_owned()).at(file, line, 1))
    })
}

/// All bytes of a file; nothing if there are too many. Never waits for a pipe or a device.
fn read_bounded(file: &Path) -> io::Result<Option<Vec<u8>>> {
    if !std::fs::metadata(file)?.is_file() {
        return Err(io::Error::other("it is not a file"));
    }
    let most = defaults::DOCUMENT.bytes();
    let mut bytes = Vec::new();
    let read = std::fs::File::open(file)?.take(most + 1).read_to_end(&mut bytes)?;
    Ok((read as u64 <= most).then_some(bytes))
}

/// From texts to a configuration: syntax and structure of each, all of them merged, then what they mean together.
fn assemble(
    texts: Vec<(PathBuf, String)>,
    mut problems: Vec<Diagnostic>,
    foreign: &Foreign,
) -> Attempt {
    let mut merged = Merged::default();
    merged.incomplete = !problems.is_empty();
    let mut files: Vec<PathBuf> = texts.iter().map(|(file, _)| file.clone()).collect();
    let documents = files.clone();
    for (number, (file, text)) in texts.iter().enumerate() {
        let Some(node) = document::read(file, text, &mut problems) else {
            merged.incomplete = true;
            continue;
        };
        let translated = foreign.translate(node);
        problems.extend(
            translated
                .problems
                .into_iter()
                .map(|(place, diagnostic)| diagnostic.at(file, place.line, place.column)),
        );
        let mut structure = Structure::new(file, number);
        let read = structure.check(&translated.document);
        problems.append(&mut structure.problems);
        merged.dropped.append(&mut structure.dropped);
        look_for(structure.references, &mut files, &mut problems);
        match read {
            Some(read) => merged.add(read, &documents, &mut problems),
            None => merged.incomplete = true,
        }
    }
    let result = understand(merged, documents, problems, foreign);
    let result = result.map(|(gateway, spans, warnings)| {
        let files = files.clone();
        Loaded { gateway, files, spans, warnings }
    });
    Attempt { result, files }
}

/// What the documents mean together, with warnings.
fn understand(
    mut merged: Merged,
    documents: Vec<PathBuf>,
    mut problems: Vec<Diagnostic>,
    foreign: &Foreign,
) -> Result<(Gateway, Spans, Vec<Diagnostic>), Vec<Diagnostic>> {
    let (dropped, incomplete) = (std::mem::take(&mut merged.dropped), merged.incomplete);
    let (value, spans) = merged.finish(documents);
    let mut gateway: Gateway = match serde_json::from_value(value) {
        Ok(gateway) => gateway,
        Err(error) => {
            problems.push(unreadable(&error));
            return Err(limited(problems));
        }
    };
    let known = check::Known { dropped: &dropped, incomplete };
    let mut meaning: Vec<Diagnostic> =
        foreign.rewrites.iter().flat_map(|rewrite| rewrite(&mut gateway)).collect();
    meaning.extend(check::check(&gateway, &known, &spans));
    names::resolve(&mut gateway, &mut meaning);
    fingerprint_authorities(&mut gateway);
    meaning.retain(|diagnostic| !spans.damaged(&diagnostic.path));
    spans.locate(&mut meaning);
    problems.append(&mut meaning);
    let problems = limited(problems);
    match problems.iter().any(Diagnostic::is_error) {
        true => Err(problems),
        false => Ok((gateway, spans, problems)),
    }
}

/// The structure was right and still it cannot be read: a difference between schema and types, reported rather than
/// passed over.
fn unreadable(error: &serde_json::Error) -> Diagnostic {
    Diagnostic::error("", format!("the documents cannot be read together: {error}"))
}

/// All diagnostics, in the order of files and lines, cut at a length nobody reads.
fn limited(mut problems: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let order = |d: &Diagnostic| (d.file.clone(), d.line, d.column, d.severity);
    problems.sort_by_cached_key(order);
    if let Some(more) = problems.len().checked_sub(defaults::DIAGNOSTICS).filter(|more| *more > 0) {
        let errors = problems.iter().any(Diagnostic::is_error);
        problems.truncate(defaults::DIAGNOSTICS);
        let severity = if errors { Severity::Error } else { Severity::Warning };
        problems.push(Diagnostic { severity, ..Diagnostic::error("", format!("and {more} more")) });
    }
    problems
}

/// Notes what the files of upstream authorities hold, see [`crate::UpstreamTls::ca_contents`].
fn fingerprint_authorities(gateway: &mut Gateway) {
    for tls in gateway.clusters.iter_mut().filter_map(|cluster| cluster.tls.as_mut()) {
        // One that cannot be read is reported where it is looked for.
        let contents = tls.ca.as_ref().and_then(|ca| read_bounded(ca).ok().flatten());
        tls.ca_contents = contents.map_or(0, |contents| {
            let mut hasher = DefaultHasher::new();
            contents.hash(&mut hasher);
            hasher.finish()
        });
    }
}

/// Whether the files a document refers to are there.
fn look_for(references: Vec<Reference>, files: &mut Vec<PathBuf>, problems: &mut Vec<Diagnostic>) {
    for Reference { path, folder, missing } in references {
        let message = match std::fs::metadata(&path) {
            Err(error) => Some(format!("cannot read `{}`: {error}", path.display())),
            Ok(metadata) if folder && !metadata.is_dir() => {
                Some(format!("`{}` is not a folder", path.display()))
            }
            Ok(metadata) if !folder && !metadata.is_file() => {
                Some(format!("`{}` is not a file", path.display()))
            }
            Ok(_) => None,
        };
        problems.extend(message.map(|message| Diagnostic { message, ..missing }));
        if !files.contains(&path) {
            files.push(path);
        }
    }
}

#[cfg(test)]
mod tests;
