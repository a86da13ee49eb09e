//! From a change of files to a snapshot that runs, or to diagnostics and the old snapshot.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use portcullis_config::{Attempt, Diagnostic, Gateway, Severity, attempt, defaults};
use portcullis_pipeline::{Loaded, Registry, Snapshot, compile};
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
        change: Option<Change>,
        source: &mut FileSource,
        apply: A,
    ) -> Outcome
    where
        A: FnOnce(Arc<Snapshot>) -> F,
        F: Future<Output = Result<(), Vec<Diagnostic>>>,
    {
        let began = Instant::now();
        let candidate = match self.read(change, source).await {
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
        if let Err(problems) = apply(Arc::clone(&candidate.snapshot)).await {
            self.kept(ReloadOutcome::Failed, &problems);
            return Outcome::Failed(problems);
        }
        Outcome::Applied(self.took_effect(candidate, change, began))
    }

    /// Follows the source for good: every change is taken over as [`Reloader::reload`] does.
    ///
    /// # Errors
    /// Changes can no longer be seen. What runs goes on running.
    pub async fn run<A, F>(mut self, mut source: FileSource, mut apply: A) -> std::io::Result<()>
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

    /// Reads and compiles away from the runtime's own threads. Reads again if files came into view only now, for they
    /// may have changed before they were watched.
    async fn read(&mut self, change: Option<Change>, source: &mut FileSource) -> Reading {
        let mut tries = 0;
        loop {
            let path = self.path.clone();
            let read = tokio::task::spawn_blocking(move || {
                let attempt = attempt(&path);
                let contents = contents::digest(&attempt.files);
                (attempt, contents)
            });
            let Ok((attempt, contents)) = read.await else { return crashed("reading") };
            tries += 1;
            match source.follow(&attempt.files) {
                Ok(true) if tries < READS => {}
                Ok(_) => return self.understand(attempt, contents, change).await,
                Err(error) => {
                    tracing::error!(%error, "Some files cannot be watched; their changes are not seen");
                    return self.understand(attempt, contents, change).await;
                }
            }
        }
    }

    async fn understand(&self, attempt: Attempt, contents: u64, change: Option<Change>) -> Reading {
        let loaded = match attempt.result {
            Ok(loaded) => loaded,
            Err(problems) => return Reading::Refused(problems),
        };
        let same =
            |running: &Running| *running.gateway == loaded.gateway && running.contents == contents;
        if self.running.as_ref().is_some_and(same) {
            return Reading::Unchanged(loaded.warnings);
        }
        let number = Loaded {
            revision: self.running.as_ref().map_or(1, |running| running.revision + 1),
            closed_at: change.map(|change| change.closed_at),
        };
        let (gateway, registry) = (Arc::new(loaded.gateway), Arc::clone(&self.registry));
        let began = Instant::now();
        let compiled = tokio::task::spawn_blocking(move || compile(gateway, &registry, number));
        let Ok(compiled) = compiled.await else { return crashed("compiling") };
        self.registry.metrics.reload_compiled(began.elapsed());
        match compiled {
            Ok(snapshot) => Reading::Candidate(Candidate {
                snapshot: Arc::new(snapshot),
                warnings: loaded.warnings,
                contents,
            }),
            Err(mut problems) => {
                loaded.spans.locate(&mut problems);
                Reading::Refused(problems)
            }
        }
    }

    fn took_effect(
        &mut self,
        candidate: Candidate,
        change: Option<Change>,
        began: Instant,
    ) -> Arc<Snapshot> {
        let Candidate { snapshot, warnings, contents } = candidate;
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

/// A task of ours ended without an answer; the panic itself is in the log.
fn crashed(doing: &str) -> Reading {
    Reading::Refused(vec![Diagnostic::error("", format!("{doing} the documents failed inside"))])
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
        }
    }
}
