//! From a change of files to a snapshot that runs, or to diagnostics and the old snapshot.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use portcullis_config::{Attempt, Diagnostic, Gateway, Severity, Spans, defaults};
use portcullis_pipeline::{Loaded, Registry, Snapshot, compile};
use portcullis_plugin_documents::FOREIGN;
use portcullis_telemetry::metrics::ReloadOutcome;

use crate::{Change, FileSource, Status, contents};

/// Turns changes into snapshots, one at a time. Changes that come in the meantime are one change: the latest documents
/// win.
#[derive(Debug)]
pub struct Reloader {
    path: PathBuf,
    registry: Arc<Registry>,
    status: Arc<Status>,
    running: Option<Running>,
}

/// What runs, to compare with.
#[derive(Debug)]
struct Running {
    revision: u64,
    gateway: Arc<Gateway>,
    contents: u64,
}

/// What came of a change.
#[derive(Debug)]
pub enum Outcome {
    /// This snapshot runs now.
    Applied(Arc<Snapshot>),
    /// The files say what they said before.
    Unchanged,
    /// The documents are wrong.
    Refused(Vec<Diagnostic>),
    /// The documents are right, and the snapshot could not be given effect.
    Failed(Vec<Diagnostic>),
}

/// A snapshot that could run.
struct Candidate {
    snapshot: Arc<Snapshot>,
    warnings: Vec<Diagnostic>,
    spans: Spans,
    contents: u64,
}

/// What reading and compiling came to.
enum Reading {
    Candidate(Candidate),
    Unchanged(Vec<Diagnostic>),
    Refused(Vec<Diagnostic>),
}

impl Reloader {
    /// A reloader of a document or a folder of documents.
    #[must_use]
    pub fn new(path: PathBuf, registry: Arc<Registry>, status: Arc<Status>) -> Self {
        Self { path, registry, status, running: None }
    }

    /// Reads the documents now and has `apply` give the snapshot effect. If it cannot, or if a document is wrong, what
    /// runs stays. With a change, the snapshot carries when the files were closed.
    ///
    /// `apply` returns when new exchanges see the snapshot, or with the reasons why they never will.
    pub async fn reload<A, F>(
        &mut self,
        mut change: Option<Change>,
        source: &mut FileSource,
        apply: A,
    ) -> Outcome
    where
        A: FnOnce(Arc<Snapshot>) -> F,
        F: Future<Output = Result<(), Vec<Diagnostic>>>,
    {
        let began = Instant::now();
        let candidate = match self.read(&mut change, source).await {
            Reading::Candidate(candidate) => candidate,
            Reading::Unchanged(warnings) => {
                self.kept(ReloadOutcome::Unchanged, &warnings);
                return Outcome::Unchanged;
            }
            Reading::Refused(problems) => {
                self.kept(ReloadOutcome::Refused, &problems);
                return Outcome::Refused(problems);
            }
        };
        if let Err(mut problems) = apply(Arc::clone(&candidate.snapshot)).await {
            candidate.spans.locate(&mut problems);
            self.kept(ReloadOutcome::Failed, &problems);
            return Outcome::Failed(problems);
        }
        Outcome::Applied(self.took_effect(candidate, change, began))
    }

    /// Follows the source for good: every change is taken over as [`Reloader::reload`] does.
    ///
    /// # Errors
    /// Changes can no longer be seen. What runs goes on running.
    pub async fn run<A, F>(mut self, mut source: FileSource, mut apply: A) -> io::Result<()>
    where
        A: FnMut(Arc<Snapshot>) -> F,
        F: Future<Output = Result<(), Vec<Diagnostic>>>,
    {
        let mut again = false;
        loop {
            let change = if again {
                let wait = Duration::from(defaults::RELOAD_RETRY);
                tokio::time::timeout(wait, source.changed()).await.ok().transpose()?
            } else {
                Some(source.changed().await?)
            };
            let outcome = self.reload(change, &mut source, &mut apply).await;
            again = matches!(outcome, Outcome::Failed(_));
        }
    }

    /// Reads and compiles, until no file was written to in the meantime: half a document may well be a right one, and
    /// half of the rules lets attacks pass.
    async fn read(&mut self, change: &mut Option<Change>, source: &mut FileSource) -> Reading {
        loop {
            let reading = match self.read_documents(source).await {
                Ok(Some((attempt, contents))) => {
                    self.understand(attempt, contents, *change, source).await
                }
                Ok(None) => Ok(None),
                Err(error) => Err(error),
            };
            match reading {
                Ok(Some(reading)) => return reading,
                Ok(None) => {
                    let wait =
                        tokio::time::timeout(defaults::RELOAD_OPEN_MAX.get(), source.changed());
                    match wait.await {
                        Ok(Ok(newer)) => *change = Some(newer),
                        Ok(Err(error)) => return crashed(&error),
                        Err(_) => tracing::warn!("Waiting for files to be written and closed"),
                    }
                }
                Err(error) => return crashed(&error),
            }
        }
    }

    /// Reads the documents, and again if files came into view only now, for they may have changed before they were
    /// watched. Nothing if one of them was written to meanwhile.
    async fn read_documents(&self, source: &mut FileSource) -> io::Result<Option<(Attempt, u64)>> {
        let mut tries = 0;
        loop {
            let path = self.path.clone();
            let read = tokio::task::spawn_blocking(move || {
                let attempt = FOREIGN.attempt(&path);
                let contents = contents::digest(&attempt.files);
                let emptied = contents::emptied(&attempt.files);
                (attempt, contents, emptied)
            });
            let (attempt, contents, emptied) = read.await?;
            tries += 1;
            let added = source.follow(&attempt.files).unwrap_or_else(|error| {
                tracing::error!(%error, "Some files cannot be watched; their changes are not seen");
                false
            });
            if !added || tries >= READS {
                let torn = emptied || !source.written().await?.is_empty();
                return Ok((!torn).then_some((attempt, contents)));
            }
        }
    }

    /// Compiles what was read. Nothing if a file other than a document was written to meanwhile: documents are read by
    /// now, rules and certificates are read while compiling.
    async fn understand(
        &self,
        attempt: Attempt,
        contents: u64,
        change: Option<Change>,
        source: &mut FileSource,
    ) -> io::Result<Option<Reading>> {
        let loaded = match attempt.result {
            Ok(loaded) => loaded,
            Err(problems) => return Ok(Some(Reading::Refused(problems))),
        };
        let same =
            |running: &Running| *running.gateway == loaded.gateway && running.contents == contents;
        if self.running.as_ref().is_some_and(same) {
            return Ok(Some(Reading::Unchanged(loaded.warnings)));
        }
        let number = Loaded {
            revision: self.running.as_ref().map_or(1, |running| running.revision + 1),
            closed_at: change.map(|change| change.closed_at),
        };
        let (gateway, registry) = (Arc::new(loaded.gateway), Arc::clone(&self.registry));
        let began = Instant::now();
        let files = attempt.files;
        let compiled = tokio::task::spawn_blocking(move || {
            let compiled = compile(gateway, &registry, number);
            (compiled, contents::emptied(&files))
        });
        let (compiled, emptied) = compiled.await?;
        self.registry.metrics.reload_compiled(began.elapsed());
        if emptied || source.written().await?.iter().any(|file| !is_document(file)) {
            return Ok(None);
        }
        Ok(Some(match compiled {
            Ok(snapshot) => {
                let mut warnings = snapshot.warnings.clone();
                loaded.spans.locate(&mut warnings);
                warnings.splice(..0, loaded.warnings);
                let (snapshot, spans) = (Arc::new(snapshot), loaded.spans);
                Reading::Candidate(Candidate { snapshot, warnings, spans, contents })
            }
            Err(mut problems) => {
                loaded.spans.locate(&mut problems);
                Reading::Refused(problems)
            }
        }))
    }

    fn took_effect(
        &mut self,
        candidate: Candidate,
        change: Option<Change>,
        began: Instant,
    ) -> Arc<Snapshot> {
        let Candidate { snapshot, warnings, spans: _, contents } = candidate;
        let (revision, gateway) = (snapshot.revision, Arc::clone(&snapshot.gateway));
        let since = change.map_or(began, |change| change.closed_at);
        let took_ms = u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX);
        let (listeners, routes) = (gateway.listeners.len(), gateway.routes.len());
        tracing::info!(revision, took_ms, listeners, routes, "A configuration took effect");
        log(&warnings);
        self.registry.metrics.reload(ReloadOutcome::Applied);
        self.registry.metrics.snapshot_published(revision);
        self.status.applied(revision, Arc::clone(&gateway), warnings);
        self.running = Some(Running { revision, gateway, contents });
        snapshot
    }

    /// A change took no effect.
    fn kept(&self, outcome: ReloadOutcome, problems: &[Diagnostic]) {
        let revision = self.running.as_ref().map(|running| running.revision);
        let problem_count = problems.len();
        match outcome {
            ReloadOutcome::Unchanged => tracing::debug!(revision, "The files say what they said"),
            ReloadOutcome::Applied | ReloadOutcome::Refused | ReloadOutcome::Failed => {
                let outcome = outcome.as_str();
                tracing::error!(outcome, revision, problem_count, "A change took no effect");
                log(problems);
            }
        }
        self.registry.metrics.reload(outcome);
        self.status.kept(outcome, problems.to_vec());
    }
}

/// Most times documents are read for one change because files came into view.
const READS: usize = 3;

/// Something of ours failed rather than a document.
fn crashed(error: &io::Error) -> Reading {
    Reading::Refused(vec![Diagnostic::error(
        "",
        format!("the documents cannot be taken over: {error}"),
    )])
}

fn is_document(file: &Path) -> bool {
    file.extension().is_some_and(|end| end == "yaml" || end == "yml")
}

fn log(problems: &[Diagnostic]) {
    for problem in problems.iter().take(defaults::DIAGNOSTICS) {
        let Diagnostic { severity, message, file, line, column, help, path } = problem;
        let (file, help) = (file.display(), help.as_deref().unwrap_or_default());
        match severity {
            Severity::Error => {
                tracing::error!(%file, line, column, path, help, problem = message, "A document is wrong");
            }
            Severity::Warning => {
                tracing::warn!(%file, line, column, path, help, problem = message, "A document is doubtful");
            }
            Severity::Note => {
                tracing::info!(%file, line, column, path, help, problem = message, "A document is taken so");
            }
        }
    }
}
