use std::fs;
use std::path::Path;

use super::*;

const WAIT: Duration = Duration::from_secs(10);

fn sink(path: &Path, limits: SinkLimits) -> (LogSink, Counter) {
    let dropped = Counter::default();
    let destination = Destination::File(path.to_owned());
    (LogSink::open(destination, limits, counters(&dropped)).unwrap(), dropped)
}

fn counters(dropped: &Counter) -> LogCounters {
    LogCounters { dropped: dropped.clone(), ..LogCounters::default() }
}

fn say(sink: &LogSink, text: &str) {
    sink.write(|line| {
        line.extend_from_slice(text.as_bytes());
        line.push(b'\n');
    });
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

#[test]
fn lines_are_appended_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("access.log");
    fs::write(&path, "before\n").unwrap();
    let (sink, dropped) = sink(&path, SinkLimits::default());
    say(&sink, "one");
    say(&sink, "two");
    assert!(sink.flush(WAIT));
    assert_eq!(read(&path), "before\none\ntwo\n");
    assert_eq!(dropped.value(), 0);
}

#[test]
fn the_end_of_a_sink_writes_what_is_queued() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("access.log");
    let (sink, dropped) = sink(&path, SinkLimits::default());
    for number in 0..5_000 {
        say(&sink, &number.to_string());
    }
    drop(sink);
    assert_eq!(read(&path).lines().count(), 5_000);
    assert_eq!(dropped.value(), 0);
}

#[test]
fn a_full_queue_drops_lines_and_counts_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("access.log");
    let limits = SinkLimits { queue_lines: 100, ..SinkLimits::default() };
    let (sink, dropped) = sink(&path, limits);
    for number in 0..100_000 {
        say(&sink, &number.to_string());
    }
    assert!(sink.flush(WAIT));
    let written = read(&path).lines().count() as u64;
    assert!(dropped.value() > 0);
    assert_eq!(written + dropped.value(), 100_000);
}

#[test]
fn a_line_larger_than_the_queue_is_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("access.log");
    let (sink, dropped) = sink(&path, SinkLimits { queue_bytes: 10, ..SinkLimits::default() });
    say(&sink, "0123456789");
    say(&sink, "ok");
    assert!(sink.flush(WAIT));
    assert_eq!(read(&path), "ok\n");
    assert_eq!(dropped.value(), 1);
}

#[test]
fn lines_of_several_threads_stay_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("access.log");
    let limits = SinkLimits { queue_lines: 1_000_000, ..SinkLimits::default() };
    let (sink, _) = sink(&path, limits);
    let text = "x".repeat(300);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..1_000).for_each(|_| say(&sink, &text)));
        }
    });
    drop(sink);
    let written = read(&path);
    assert_eq!(written.lines().count(), 4_000);
    assert!(written.lines().all(|line| line == text));
}

#[test]
fn a_renamed_file_is_left_and_a_new_one_begun() {
    let folder = tempfile::tempdir().unwrap();
    let (path, moved) = (folder.path().join("access.log"), folder.path().join("access.log.old"));
    let (sink, _) = sink(&path, SinkLimits::default());
    say(&sink, "one");
    assert!(sink.flush(WAIT));
    fs::rename(&path, &moved).unwrap();
    sink.reopen();
    say(&sink, "two");
    assert!(sink.flush(WAIT));
    assert_eq!(read(&moved), "one\n");
    assert_eq!(read(&path), "two\n");

    fs::remove_file(&path).unwrap();
    thread::sleep(Duration::from_millis(1_050));
    say(&sink, "three");
    assert!(sink.flush(WAIT));
    assert_eq!(read(&path), "three\n");
}

fn rotation(bytes: u64) -> Option<Rotate> {
    Some(Rotate { size: portcullis_config::ByteSize::from_bytes(bytes), keep: 2 })
}

#[test]
fn files_rotate_by_size_between_lines() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("access.log");
    let limits = SinkLimits { rotate: rotation(10), ..SinkLimits::default() };
    let (sink, dropped) = sink(&path, limits);
    for number in 0..10 {
        say(&sink, &format!("{number}___"));
    }
    say(&sink, "longer than ten");
    say(&sink, "end");
    assert!(sink.flush(WAIT));
    let numbered = |number| folder.path().join(format!("access.log.{number}"));
    assert_eq!(read(&path), "end\n");
    assert_eq!(read(&numbered(1)), "longer than ten\n");
    assert_eq!(read(&numbered(2)), "8___\n9___\n");
    assert!(!numbered(3).exists());
    assert_eq!(dropped.value(), 0);
}

#[test]
fn lines_that_cannot_be_written_are_counted() {
    let dropped = Counter::default();
    let full = Destination::File("/dev/full".into());
    let sink = LogSink::open(full, SinkLimits::default(), counters(&dropped)).unwrap();
    say(&sink, "one");
    say(&sink, "two");
    assert!(sink.flush(WAIT));
    assert_eq!(dropped.value(), 2);
}

#[test]
fn a_file_that_cannot_be_opened_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("absent").join("access.log");
    let destination = Destination::File(path);
    assert!(LogSink::open(destination, SinkLimits::default(), LogCounters::default()).is_err());
}

#[test]
fn a_line_may_be_written_while_another_is_built() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("access.log");
    let (sink, _) = sink(&path, SinkLimits::default());
    sink.write(|line| {
        say(&sink, "inner");
        line.extend_from_slice(b"outer\n");
    });
    assert!(sink.flush(WAIT));
    assert_eq!(read(&path), "inner\nouter\n");
}

#[test]
fn a_record_of_several_lines_is_never_torn_apart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.log");
    let written = Counter::default();
    let counters = LogCounters { written: written.clone(), ..LogCounters::default() };
    let limits = SinkLimits { rotate: rotation(25), ..SinkLimits::default() };
    let sink = LogSink::open(Destination::File(path.clone()), limits, counters).unwrap();
    for number in 0..5 {
        say(&sink, &format!("--{number}-A--\n--Z--"));
    }
    assert!(sink.flush(WAIT));
    let numbered = |number| read(&folder.path().join(format!("audit.log.{number}")));
    assert_eq!(read(&path), "--4-A--\n--Z--\n");
    assert_eq!(numbered(1), "--3-A--\n--Z--\n");
    assert_eq!(numbered(2), "--2-A--\n--Z--\n");
    assert_eq!(written.value(), 5);
}
