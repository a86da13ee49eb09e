//! Real files change, and what runs follows.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use portcullis_config::Diagnostic;
use portcullis_control::{FileSource, Outcome, Reloader, Status};
use portcullis_pipeline::{Registry, Snapshot};
use portcullis_telemetry::Metrics;
use portcullis_telemetry::metrics::{MetricLimits, ReloadOutcome};

/// A document whose one route carries a number.
fn document(number: u32) -> String {
    format!(
        "telemetry: {{access_log: {{to: off}}, waf_log: {{to: off}}}}\n\
         listeners: [{{name: http, address: '127.0.0.1:8080'}}]\n\
         clusters: [{{name: a, endpoints: [{{address: '127.0.0.1:1'}}]}}]\n\
         routes: [{{name: route-{number}, cluster: a}}]\n"
    )
}

fn number(snapshot: &Snapshot) -> u32 {
    snapshot.gateway.routes[0].name.trim_start_matches("route-").parse().unwrap()
}

/// Snapshots in the order they were given effect, and when.
type Applied = Arc<Mutex<Vec<(Arc<Snapshot>, Instant)>>>;

/// A reloader that follows a folder, and what it gave effect.
struct Running {
    status: Arc<Status>,
    metrics: Arc<Metrics>,
    applied: Applied,
    failing: Arc<AtomicBool>,
}

async fn start(path: &Path) -> Running {
    let metrics = Metrics::new(MetricLimits::default(), "test");
    let registry = Arc::new(Registry::new(Arc::clone(&metrics)));
    let status = Arc::new(Status::default());
    let mut source = FileSource::new(path).unwrap();
    let mut reloader = Reloader::new(path.to_owned(), registry, Arc::clone(&status));
    let applied = Applied::default();
    let failing = Arc::new(AtomicBool::new(false));
    let apply = {
        let (applied, failing) = (Arc::clone(&applied), Arc::clone(&failing));
        move |snapshot: Arc<Snapshot>| {
            let (applied, failing) = (Arc::clone(&applied), Arc::clone(&failing));
            async move {
                if failing.load(Ordering::Relaxed) {
                    return Err(vec![Diagnostic::error("listeners[0].address", "in use")]);
                }
                applied.lock().push((snapshot, Instant::now()));
                Ok(())
            }
        }
    };
    let first = reloader.reload(None, &mut source, apply.clone()).await;
    assert!(matches!(first, Outcome::Applied(_)), "{first:?}");
    tokio::spawn(reloader.run(source, apply));
    Running { status, metrics, applied, failing }
}

impl Running {
    fn number(&self) -> u32 {
        number(&self.applied.lock().last().unwrap().0)
    }

    async fn until(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        let end = Instant::now() + Duration::from_secs(10);
        while !holds(self) {
            assert!(Instant::now() < end, "{what}: {:?}", self.status.last());
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    fn outcome(&self) -> Option<ReloadOutcome> {
        self.status.last().map(|(outcome, _)| outcome)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hundred_rapid_changes() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("gateway.yaml");
    fs::write(&file, document(0)).unwrap();
    let running = start(folder.path()).await;
    for n in 1..=100 {
        // Half of them in place, half of them by renaming over.
        if n % 2 == 0 {
            fs::write(&file, document(n)).unwrap();
        } else {
            fs::write(folder.path().join("next"), document(n)).unwrap();
            fs::rename(folder.path().join("next"), &file).unwrap();
        }
        tokio::time::sleep(Duration::from_millis(u64::from(n % 7) * 5)).await;
    }
    running.until("the last change", |running| running.number() == 100).await;
    let applied = running.applied.lock();
    let revisions: Vec<u64> = applied.iter().map(|(snapshot, _)| snapshot.revision).collect();
    let expected: Vec<u64> = (1..=u64::try_from(revisions.len()).unwrap()).collect();
    assert_eq!(revisions, expected);
    assert!(applied.windows(2).all(|pair| number(&pair[0].0) < number(&pair[1].0)));
    assert_eq!(running.status.revision(), revisions.last().copied());
    let delays: Vec<Duration> = applied
        .iter()
        .filter_map(|(snapshot, at)| Some(at.duration_since(snapshot.first_seen()?)))
        .collect();
    println!(
        "{} of 100 changes published; slowest {:?} after its file was closed",
        revisions.len(),
        delays.iter().max()
    );
    assert!(!delays.is_empty());
    let text = running.metrics.render();
    assert!(
        text.contains(&format!(
            "portcullis_reloads_total{{outcome=\"applied\"}} {}",
            revisions.len()
        )),
        "{text}"
    );
    assert!(!text.contains("outcome=\"refused\"} "), "a half-written document was read");
}

#[tokio::test]
async fn broken_document_keeps_what_runs() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("gateway.yaml");
    fs::write(&file, document(1)).unwrap();
    let running = start(&file).await;
    for broken in [
        "routes: [",
        "rotues: []",
        "routes: [{name: a, cluster: nowhere}]",
        "routes: [{name: a, match: {path: {regex: '('}}}]",
    ] {
        let text =
            document(2).replace("routes:", "x-routes:").replace("x-routes:", "routes:") + broken;
        fs::write(&file, text).unwrap();
        running
            .until("the refusal", |running| running.outcome() == Some(ReloadOutcome::Refused))
            .await;
        let (_, problems) = running.status.last().unwrap();
        assert!(
            problems.iter().any(|problem| problem.is_error() && problem.line > 0),
            "{problems:?}"
        );
        assert_eq!((running.number(), running.status.revision()), (1, Some(1)));
        assert!(running.status.is_ready());
        // Mended to what runs: nothing new, and nothing to complain of.
        fs::write(&file, document(1)).unwrap();
        running
            .until("mended", |running| running.outcome() == Some(ReloadOutcome::Unchanged))
            .await;
        assert_eq!(running.status.last().unwrap().1, []);
    }
    let regex = document(3).replace("cluster: a}]", "cluster: a, match: {path: {regex: '('}}}]");
    fs::write(&file, regex).unwrap();
    running
        .until("a bad expression", |running| running.outcome() == Some(ReloadOutcome::Refused))
        .await;
    let (_, problems) = running.status.last().unwrap();
    assert_eq!((problems[0].line, problems[0].file.as_path()), (4, file.as_path()), "{problems:?}");
    fs::write(&file, document(4)).unwrap();
    running.until("the good one", |running| running.number() == 4).await;
    assert_eq!(running.status.revision(), Some(2));
    fs::remove_file(&file).unwrap();
    running.until("removed", |running| running.outcome() == Some(ReloadOutcome::Refused)).await;
    assert_eq!(running.number(), 4);
    fs::write(&file, document(5)).unwrap();
    running.until("back again", |running| running.number() == 5).await;
}

#[tokio::test]
async fn config_map_swap() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let publish = |n: u32| {
        let name = format!("..version-{n}");
        fs::create_dir(at(&name)).unwrap();
        fs::write(at(&name).join("gateway.yaml"), document(n)).unwrap();
        let old = fs::read_link(at("..data")).ok();
        std::os::unix::fs::symlink(&name, at("..data_tmp")).unwrap();
        fs::rename(at("..data_tmp"), at("..data")).unwrap();
        if let Some(old) = old {
            fs::remove_dir_all(folder.path().join(old)).unwrap();
        }
    };
    publish(1);
    std::os::unix::fs::symlink("..data/gateway.yaml", at("gateway.yaml")).unwrap();
    let running = start(folder.path()).await;
    for n in 2..12 {
        publish(n);
        running.until("the swap", |running| running.number() == n).await;
    }
}

#[tokio::test]
async fn a_good_one_that_cannot_take_effect_is_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("gateway.yaml");
    fs::write(&file, document(1)).unwrap();
    let running = start(&file).await;
    running.failing.store(true, Ordering::Relaxed);
    fs::write(&file, document(2)).unwrap();
    running.until("the failure", |running| running.outcome() == Some(ReloadOutcome::Failed)).await;
    assert_eq!(running.status.revision(), Some(1));
    let (_, problems) = running.status.last().unwrap();
    assert_eq!((problems[0].line, problems[0].file.as_path()), (2, file.as_path()), "{problems:?}");
    running.failing.store(false, Ordering::Relaxed);
    running.until("the second try", |running| running.number() == 2).await;
    assert_eq!(running.status.revision(), Some(2));
}

#[tokio::test]
async fn renewed_certificate_is_a_change() {
    let folder = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let renew = || {
        let names = vec!["shop.example.com".to_owned()];
        let made = rcgen::generate_simple_self_signed(names).unwrap();
        fs::write(elsewhere.path().join("shop.key"), made.signing_key.serialize_pem()).unwrap();
        fs::write(elsewhere.path().join("shop.pem"), made.cert.pem()).unwrap();
    };
    renew();
    let certificate = format!(
        "tls: {{certificates: [{{certificate: '{0}/shop.pem', key: '{0}/shop.key'}}]}}",
        elsewhere.path().display()
    );
    let text = document(1).replace("'127.0.0.1:8080'", &format!("'127.0.0.1:8080', {certificate}"));
    fs::write(folder.path().join("gateway.yaml"), text).unwrap();
    let running = start(folder.path()).await;
    for revision in 2..5 {
        renew();
        running
            .until("the new certificate", |running| running.status.revision() == Some(revision))
            .await;
    }
    assert_eq!(running.outcome(), Some(ReloadOutcome::Applied));
}
