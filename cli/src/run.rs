//! `portcullis run`: files to snapshots to traffic, until a signal ends it.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use parking_lot::Mutex;
use portcullis_config::{Diagnostic, Gateway};
use portcullis_control::admin::{self, Admin};
use portcullis_control::{FileSource, Outcome, Reloader, Status};
use portcullis_edge::Edge;
use portcullis_pipeline::{Loaded, Registry, Snapshot, SnapshotHandle, compile};
use portcullis_telemetry::metrics::MetricLimits;
use portcullis_telemetry::{LogFormat, Metrics, ProgramLog};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::arguments::ConfigFrom;
use crate::{VERSION, check, fail};

/// The parts of a running gateway.
struct Program {
    metrics: Arc<Metrics>,
    registry: Arc<Registry>,
    status: Arc<Status>,
    edge: Arc<Mutex<Option<Edge>>>,
}

/// Runs the gateway of a file or folder.
pub(crate) fn run(arguments: &ConfigFrom) -> ExitCode {
    drive(async |program| follow(program, &arguments.config).await)
}

/// Runs the gateway of one configuration that never changes.
pub(crate) fn fixed(gateway: Gateway) -> ExitCode {
    drive(async |program| program.start_fixed(gateway).await)
}

/// Sets up what every gateway needs, runs it, and drains it after a signal.
fn drive(begin: impl AsyncFnOnce(&Program) -> Result<(), String>) -> ExitCode {
    let program = Program::new();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error),
    };
    let ended = runtime.block_on(async {
        begin(&program).await?;
        wait_for_signal().await.map_err(|error| format!("signals cannot be seen: {error}"))
    });
    if let Err(problem) = ended {
        return fail(&problem);
    }
    program.status.drain();
    let edge = program.edge.lock().take();
    let drained = edge.is_none_or(Edge::shutdown);
    tracing::info!(drained, "The gateway has stopped");
    if drained { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Starts from files, and follows their changes from then on.
async fn follow(program: &Program, path: &Path) -> Result<(), String> {
    let mut source = FileSource::new(path)
        .map_err(|error| format!("{} cannot be watched: {error}", path.display()))?;
    let (registry, status) = (Arc::clone(&program.registry), Arc::clone(&program.status));
    let mut reloader = Reloader::new(path.to_owned(), registry, status);
    let started = reloader.reload(None, &mut source, async |snapshot| program.start(snapshot));
    let snapshot = match started.await {
        Outcome::Applied(snapshot) => snapshot,
        Outcome::Unchanged => return Err("there is nothing to run".to_owned()),
        Outcome::Refused(problems) | Outcome::Failed(problems) => {
            check::print(&problems, false);
            return Err("the configuration cannot be used".to_owned());
        }
    };
    program.serve_admin(&snapshot).await?;
    let edge = Arc::clone(&program.edge);
    tokio::spawn(async move {
        let apply =
            async |snapshot| edge.lock().as_ref().map_or(Ok(()), |edge| edge.apply(snapshot));
        if let Err(error) = reloader.run(source, apply).await {
            tracing::error!(%error, "Changes of files are no longer seen");
        }
    });
    Ok(())
}

impl Program {
    fn new() -> Self {
        let metrics = Metrics::new(MetricLimits::default(), VERSION);
        let registry = Arc::new(Registry::new(Arc::clone(&metrics)));
        let (status, edge) = (Arc::default(), Arc::default());
        Self { metrics, registry, status, edge }
    }

    /// Gives the first snapshot effect. Only now is the program's own log set up: problems up to here are printed,
    /// and its level stands in the documents.
    fn start(&self, snapshot: Arc<Snapshot>) -> Result<(), Vec<Diagnostic>> {
        ProgramLog::init(snapshot.gateway.telemetry.log_level, LogFormat::Text)
            .map_err(|error| vec![Diagnostic::error("telemetry.log_level", error.to_string())])?;
        let edge = Edge::start(SnapshotHandle::new(snapshot), Arc::clone(&self.metrics))?;
        for (name, address) in edge.listeners() {
            tracing::info!(%name, %address, "Listening");
        }
        *self.edge.lock() = Some(edge);
        Ok(())
    }

    async fn start_fixed(&self, gateway: Gateway) -> Result<(), String> {
        let refused = |problems: Vec<Diagnostic>| {
            check::print(&problems, false);
            "the configuration cannot be used".to_owned()
        };
        let made = Loaded { revision: 1, closed_at: None };
        let snapshot = compile(Arc::new(gateway), &self.registry, made).map_err(refused)?;
        check::print(&snapshot.warnings, false);
        let snapshot = Arc::new(snapshot);
        self.start(Arc::clone(&snapshot)).map_err(refused)?;
        self.status.applied(
            snapshot.revision,
            Arc::clone(&snapshot.gateway),
            snapshot.warnings.clone(),
        );
        self.serve_admin(&snapshot).await
    }

    async fn serve_admin(&self, snapshot: &Snapshot) -> Result<(), String> {
        let address = snapshot.gateway.admin.address.get();
        let listener = TcpListener::bind(address)
            .await
            .map_err(|error| format!("the admin address {address} cannot be bound: {error}"))?;
        let admin = Admin {
            status: Arc::clone(&self.status),
            metrics: Arc::clone(&self.metrics),
            registry: Arc::clone(&self.registry),
        };
        tokio::spawn(async move {
            if let Err(error) = admin::serve(listener, admin).await {
                tracing::error!(%error, "The admin API has ended");
            }
        });
        Ok(())
    }
}

async fn wait_for_signal() -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("A signal was received: no new connections, running exchanges may end");
    Ok(())
}
