use std::fs;
use std::io::Write;
use std::os::unix::fs::symlink;
use std::time::Duration;

use super::*;

async fn told(source: &mut FileSource) -> Option<Change> {
    tokio::time::timeout(Duration::from_millis(3000), source.changed())
        .await
        .ok()
        .map(Result::unwrap)
}

async fn quiet(source: &mut FileSource) -> bool {
    tokio::time::timeout(Duration::from_millis(200), source.changed()).await.is_err()
}

/// What is done to a folder that holds `gateway.yaml`, and whether that is a change.
type Case = (&'static str, fn(&Path), bool);

const CASES: [Case; 13] = [
    ("written in place", |f| fs::write(f.join("gateway.yaml"), "b").unwrap(), true),
    (
        "renamed over",
        |f| {
            fs::write(f.join("new"), "b").unwrap();
            fs::rename(f.join("new"), f.join("gateway.yaml")).unwrap();
        },
        true,
    ),
    (
        "saved as vim does",
        |f| {
            fs::rename(f.join("gateway.yaml"), f.join("gateway.yaml~")).unwrap();
            fs::write(f.join("gateway.yaml"), "b").unwrap();
            fs::remove_file(f.join("gateway.yaml~")).unwrap();
        },
        true,
    ),
    (
        "appended",
        |f| {
            fs::OpenOptions::new()
                .append(true)
                .open(f.join("gateway.yaml"))
                .unwrap()
                .write_all(b"b")
                .unwrap();
        },
        true,
    ),
    ("removed", |f| fs::remove_file(f.join("gateway.yaml")).unwrap(), true),
    ("another document", |f| fs::write(f.join("more.yml"), "b").unwrap(), true),
    ("a link to a document", |f| symlink("gateway.yaml", f.join("link.yaml")).unwrap(), true),
    (
        "a second name",
        |f| fs::hard_link(f.join("gateway.yaml"), f.join("name.yaml")).unwrap(),
        true,
    ),
    ("a rule file", |f| fs::write(f.join("own.conf"), "b").unwrap(), true),
    ("a log", |f| fs::write(f.join("waf.log"), "b").unwrap(), false),
    ("an editor's own file", |f| fs::write(f.join(".gateway.yaml.swp"), "b").unwrap(), false),
    ("read", |f| drop(fs::read(f.join("gateway.yaml")).unwrap()), false),
    ("a folder beside", |f| fs::create_dir(f.join("sub")).unwrap(), false),
];

#[tokio::test]
async fn what_is_a_change() {
    for (name, act, expected) in CASES {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("gateway.yaml"), "a").unwrap();
        fs::write(folder.path().join("own.conf"), "a").unwrap();
        let mut source = FileSource::new(folder.path()).unwrap();
        source.follow(&[folder.path().join("own.conf")]).unwrap();
        act(folder.path());
        match expected {
            true => assert!(told(&mut source).await.is_some(), "{name}"),
            false => assert!(quiet(&mut source).await, "{name}"),
        }
        assert!(quiet(&mut source).await, "{name}: told twice");
    }
}

#[tokio::test]
async fn one_document_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("gateway.yaml");
    fs::write(&file, "a").unwrap();
    let mut source = FileSource::new(&file).unwrap();
    fs::write(folder.path().join("other.yaml"), "b").unwrap();
    assert!(quiet(&mut source).await);
    fs::write(&file, "b").unwrap();
    let before = Instant::now();
    let change = told(&mut source).await.unwrap();
    assert!(change.closed_at <= before + Duration::from_millis(50));
}

#[tokio::test]
async fn config_map_is_swapped() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("..1")).unwrap();
    fs::write(at("..1/gateway.yaml"), "a").unwrap();
    symlink("..1", at("..data")).unwrap();
    symlink("..data/gateway.yaml", at("gateway.yaml")).unwrap();
    for path in [folder.path().to_owned(), at("gateway.yaml")] {
        let mut source = FileSource::new(&path).unwrap();
        source.follow(&[at("gateway.yaml")]).unwrap();
        for swap in 0..3 {
            let next = format!("..{}", std::process::id() + swap + 2);
            fs::create_dir(at(&next)).unwrap();
            fs::write(at(&next).join("gateway.yaml"), "b").unwrap();
            let old = fs::read_link(at("..data")).unwrap();
            symlink(&next, at("..data_tmp")).unwrap();
            fs::rename(at("..data_tmp"), at("..data")).unwrap();
            fs::remove_dir_all(folder.path().join(old)).unwrap();
            assert!(told(&mut source).await.is_some(), "{} {swap}", path.display());
            source.follow(&[at("gateway.yaml")]).unwrap();
        }
        for left in fs::read_dir(folder.path()).unwrap().flatten() {
            assert!(left.file_name() != "..1");
        }
        // The next round begins from the last folder again.
        while told_soon(&mut source).await {}
    }
}

async fn told_soon(source: &mut FileSource) -> bool {
    !quiet(source).await
}

#[tokio::test]
async fn whole_folder_is_replaced() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("config");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("gateway.yaml"), "a").unwrap();
    let mut source = FileSource::new(&folder).unwrap();
    fs::rename(&folder, parent.path().join("old")).unwrap();
    fs::create_dir(&folder).unwrap();
    assert!(told(&mut source).await.is_some());
    source.follow(&[]).unwrap();
    fs::write(folder.join("gateway.yaml"), "b").unwrap();
    assert!(told(&mut source).await.is_some());
    fs::write(parent.path().join("old/gateway.yaml"), "c").unwrap();
    assert!(quiet(&mut source).await);
}

#[tokio::test]
async fn what_is_missing_may_appear() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("gateway.yaml"), "a").unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let file = elsewhere.path().join("deep/shop.pem");
    let mut source = FileSource::new(folder.path()).unwrap();
    assert!(source.follow(std::slice::from_ref(&file)).unwrap());
    assert!(!source.follow(std::slice::from_ref(&file)).unwrap());
    fs::create_dir(file.parent().unwrap()).unwrap();
    assert!(told(&mut source).await.is_some());
    assert!(source.follow(std::slice::from_ref(&file)).unwrap());
    fs::write(&file, "pem").unwrap();
    assert!(told(&mut source).await.is_some());
}

#[tokio::test]
async fn rules_of_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("crs/rules")).unwrap();
    fs::write(folder.path().join("gateway.yaml"), "a").unwrap();
    let mut source = FileSource::new(&folder.path().join("gateway.yaml")).unwrap();
    source.follow(&[folder.path().join("crs")]).unwrap();
    fs::write(folder.path().join("crs/rules/942.conf"), "a").unwrap();
    assert!(told(&mut source).await.is_some());
}

#[tokio::test]
async fn a_file_that_is_being_written_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("gateway.yaml");
    fs::write(&file, "whole").unwrap();
    let mut source = FileSource::new(folder.path()).unwrap();
    let mut half = fs::File::create(&file).unwrap();
    half.write_all(b"half").unwrap();
    fs::write(folder.path().join("other.yaml"), "b").unwrap();
    assert!(quiet(&mut source).await, "half a file was told");
    let other = folder.path().join("other.yaml");
    assert_eq!(source.written().await.unwrap(), HashSet::from([file.clone(), other]));
    assert_eq!(source.written().await.unwrap(), HashSet::from([file]));
    half.write_all(b" and half").unwrap();
    drop(half);
    assert!(told(&mut source).await.is_some());
    assert_eq!(source.written().await.unwrap(), HashSet::new());
}

#[tokio::test]
async fn changes_without_end_are_told_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("gateway.yaml");
    fs::write(&file, "a").unwrap();
    let mut source = FileSource::new(&file).unwrap();
    let writer = tokio::task::spawn_blocking(move || {
        for n in 0..200 {
            fs::write(&file, n.to_string()).unwrap();
            std::thread::sleep(Duration::from_millis(5));
        }
    });
    let mut changes = 0;
    while !writer.is_finished() {
        changes += u32::from(told(&mut source).await.is_some());
    }
    writer.await.unwrap();
    assert!((2..=30).contains(&changes), "{changes}");
}
